"""Follows the alerts of the log, and has them sent to their recipients at least once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from adapters.metrics.telegram import Outcome, TelegramMetrics
from adapters.telegram.alert import Alert
from adapters.telegram.content import Content
from adapters.telegram.sender import Sender
from adapters.telegram.settings import ChatSettings, UserSettings
from commands.roles import Role
from infra.telegram.alert_content import alert_of, digest_of, restored_alert
from infra.telegram.alerts import QUERY, TYPES, Found, Ledger, head_of, log_of, look_at, newest_of, witness_of
from infra.telegram.api import Api, ApiFault
from infra.telegram.cooldowns import Cooldowns
from infra.telegram.reminders import Reminders
from infra.telegram.state import Cursor, StateFile, current
from infra.telegram.witnesses import Witnesses
from infra.telegram.words import words_of

_log = logging.getLogger(__name__)
_SECONDS = 1.0
"""Between two looks at the log."""
_MOST_WAITING = 20_000
"""With more waiting alerts the log is not read further: they would only fill memory."""


class Alerting:
    """One partition's log. The cursor and what arrived behind it are in the state's file."""

    def __init__(
        self,
        api: Api,
        file: StateFile,
        recipients: Sequence[UserSettings | ChatSettings],
        metrics: TelegramMetrics,
        partition: int,
        reminders: Reminders,
        cooldowns: Cooldowns,
    ) -> None:
        self._api, self._file, self._recipients, self._metrics = api, file, recipients, metrics
        self._partition, self._log_id = partition, ""
        self._reminders, self._cooldowns = reminders, cooldowns
        self._witnesses = Witnesses(file)
        self._ledger: Ledger | None = None
        self._faults: dict[str, set[int]] = {}

    async def run(self, sender: Sender) -> None:
        """Looks for alerts until it is cancelled."""
        reported = ""
        while True:
            try:
                is_whole, fault = sender.waiting >= _MOST_WAITING or await self.step(sender), ""
            except ApiFault as found:
                is_whole, fault = True, str(found)
            if fault and fault != reported:
                _log.warning("alerts wait: %s", fault)
            reported = fault
            if is_whole:
                await asyncio.sleep(_SECONDS)

    async def step(self, sender: Sender) -> bool:
        """Looks once; returns whether nothing more is known to wait in the log. Raises ApiFault.

        Where the read models are behind the cursor, they are being built, and alerts wait for them.
        """
        cursor = self._file.state.cursor
        after = self._ledger.looked if self._ledger else 0 if cursor is None else cursor.ordinal
        data = await self._api.execute(QUERY, self._variables(after), Role.VIEWER, None)
        log_id = log_of(data)
        if log_id is None:
            return True
        ledger = self._ledger if log_id == self._log_id else None
        ledger = ledger or self._began(log_id, cursor, data)
        if ledger.looked != after:
            return False
        if (restored := self._witnesses.compared(witness_of(data), head_of(data))) is not None:
            self._restored(restored, sender)
        if restored is not None or self._witnesses.is_searching:
            return False
        look = look_at(data, after)
        for found in look.alerts:
            self._add(found, ledger, sender)
        for found in self._reminders.due(look.open):
            self._send(found, self._chats(found), sender)
        for level, count in look.suppressed.items():
            self._metrics.alert(level.name, Outcome.SUPPRESSED, count)
        self._cooldowns.decided(look.upto)
        self._witnesses.remember(look.witnesses)
        self._forget_faults(look.standing)
        is_whole = look.upto == ledger.looked
        ledger.looked = look.upto
        self._save()
        return is_whole

    def arrived(self, chat: int, alerts: Sequence[Alert], outcome: Outcome = Outcome.ARRIVED) -> None:
        """The alerts are finished in the chat."""
        for alert in alerts:
            self._metrics.alert(alert.level.name, outcome)
            if alert.place is None:
                self._fault_arrived(chat, alert.id)
                self._reminders.arrived(alert.id)
        if self._ledger is not None:
            self._ledger.arrived(chat, [alert.place for alert in alerts if alert.place is not None])
        if alerts:
            self._save()

    def moved(self, old: int, new: int) -> None:
        """A group has another id."""
        self._file.state.moved[old] = new
        if self._ledger is not None:
            self._ledger.move(old, new)
        self._save()

    def digest(self, chat: int, alerts: Sequence[Alert], doubtful: AbstractSet[str]) -> tuple[Content, int]:
        """See `adapters.telegram.alert.Digest`."""
        state = self._file.state
        recipient = next(one for one in self._recipients if current(state.moved, one.id) == chat)
        return digest_of(words_of(state.language_of(recipient)), alerts, doubtful)

    def _began(self, log_id: str, cursor: Cursor | None, data: Mapping[str, Any]) -> Ledger:
        state, self._log_id = self._file.state, log_id
        is_known = cursor is not None and (cursor.log_id, cursor.partition) == (log_id, self._partition)
        if cursor is not None and not is_known:
            _log.warning("alerts were sent up to event %d of another log: they begin anew", cursor.ordinal)
            state.arrived, state.faults = {}, []
            self._cooldowns.begin_anew()
            self._witnesses.begin_anew()
        if cursor is not None and is_known and cursor.ordinal > head_of(data):
            _log.warning("alerts after event %d wait until the read models have it", cursor.ordinal)
        self._ledger = Ledger(cursor.ordinal if cursor and is_known else newest_of(data), state.arrived)
        self._save()
        return self._ledger

    def _variables(self, after: int) -> Mapping[str, object]:
        witness = self._witnesses.next
        at = 0 if witness is None else witness.ordinal
        return {"after": after, "types": list(TYPES), "witness": at, "before": max(at - 1, 0)}

    def _restored(self, after: int, sender: Sender) -> None:
        """Begins anew after this event, and states that to every recipient."""
        state = self._file.state
        _log.warning(
            "the log was restored and has other events after event %d: alerts begin anew there", after
        )
        state.arrived, state.faults = {}, []
        self._cooldowns.begin_anew()
        self._ledger = Ledger(after, {})
        self._save()
        for one in self._recipients:
            words = words_of(state.language_of(one))
            sender.add(current(state.moved, one.id), restored_alert(self._log_id, after, words))

    def _add(self, found: Found, ledger: Ledger, sender: Sender) -> None:
        judged = self._cooldowns.judged(found)
        if judged is None:
            self._metrics.alert(found.level.name, Outcome.SUPPRESSED)
            return
        found = judged
        chats = self._chats(found)
        missing = (
            self._owe_fault(found.id, chats) if found.ordinal is None else ledger.owe(found.ordinal, chats)
        )
        self._send(found, {chat: chats[chat] for chat in missing}, sender)

    def _chats(self, found: Found) -> Mapping[int, UserSettings | ChatSettings]:
        """The chats that receive alerts of its level."""
        moved = self._file.state.moved
        return {
            current(moved, one.id): one
            for one in self._recipients
            if one.alerts is not None and found.level >= one.alerts
        }

    def _send(self, found: Found, chats: Mapping[int, UserSettings | ChatSettings], sender: Sender) -> None:
        for chat, one in chats.items():
            words = words_of(self._file.state.language_of(one))
            alert = alert_of(found, words, may_acknowledge=one.role >= Role.TRADER)
            sender.add(chat, alert)

    def _owe_fault(self, fault: str, chats: Mapping[int, UserSettings | ChatSettings]) -> list[int]:
        if fault in self._faults or fault in self._file.state.faults or not chats:
            return []
        self._faults[fault] = set(chats)
        return list(chats)

    def _fault_arrived(self, chat: int, fault: str) -> None:
        owed = self._faults.get(fault)
        if owed is None:
            return
        owed.discard(chat)
        if not owed:
            del self._faults[fault]
            self._file.state.faults.append(fault)

    def _forget_faults(self, standing: AbstractSet[str]) -> None:
        state = self._file.state
        state.faults = [one for one in state.faults if one in standing]

    def _save(self) -> None:
        """Writes the state where it has changed."""
        ledger, state = self._ledger, self._file.state
        if ledger is None:
            return
        found = (Cursor(self._log_id, self._partition, ledger.cursor), ledger.behind())
        state.cursor, state.arrived = found
        self._cooldowns.forget(ledger.cursor)
        self._file.save()
