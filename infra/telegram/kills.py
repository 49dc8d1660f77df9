"""The kill switches that were tapped and are not carried out yet.

Each is in the state's file before its tap is confirmed to Telegram, and is tried again until its outcome is known.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from adapters.telegram.polling import NotTakenUp
from infra.telegram.api import Api
from infra.telegram.mutations import TRIP_KILL_SWITCH, Done, NotDone, Open, send
from infra.telegram.people import People
from infra.telegram.state import Kill, StateFile

_log = logging.getLogger(__name__)
_WAITS: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds until the next attempt after each one without an outcome; the last one applies to all later attempts."""
Outcome = Callable[[Kill, Done | NotDone | Open], Awaitable[None]]
"""Reports what became of a kill switch; Open is reported once, after the first attempt."""


class Kills:
    """The pending kill switches, in the order of their taps."""

    def __init__(self, api: Api, file: StateFile, people: People, outcome: Outcome) -> None:
        self._api, self._file, self._people, self._outcome = api, file, people, outcome
        self._added = asyncio.Event()
        self._delayed: set[Kill] = set()
        self._attempted = set(file.state.kills)
        """Those that may have arrived at the engine: an attempt had no outcome, here or before a restart."""
        self._not_kept: set[str] = set()

    def add(self, kill: Kill) -> None:
        """Writes it to the state's file. Where that cannot be written, it is tried all the same, and NotTakenUp is
        raised, so that its tap arrives again as long as its outcome is open."""
        pending = self._file.state.kills
        if kill.tap in self._not_kept and kill not in pending:
            self._not_kept.remove(kill.tap)
            return
        if not self.is_pending(kill):
            pending.append(kill)
            self._added.set()
        try:
            self._file.keep()
        except OSError as fault:
            self._not_kept.add(kill.tap)
            raise NotTakenUp(f"the state's file cannot be written: {fault.strerror}") from None

    def is_pending(self, kill: Kill) -> bool:
        """Whether the outcome of the user's kill switch with this key, for this account, is open."""
        own = (kill.key, kill.user, kill.account)
        return any((one.key, one.user, one.account) == own for one in self._file.state.kills)

    async def run(self) -> None:
        """Carries the pending ones out until it is cancelled."""
        failed = 0
        while True:
            self._added.clear()
            failed = 0 if await self.attempt() else failed + 1
            wait = _WAITS[min(failed, len(_WAITS)) - 1] if failed else None
            try:
                async with asyncio.timeout(wait):
                    await self._added.wait()
            except TimeoutError:
                continue

    async def attempt(self) -> bool:
        """Tries each pending one once; returns whether none is pending any more."""
        for kill in list(self._file.state.kills):
            await self._try(kill)
        return not self._file.state.kills

    async def _try(self, kill: Kill) -> None:
        person = self._people.person(kill.user, kill.chat)
        if person is None:
            _log.error(
                "the kill switch of user %d is not tripped: the user is not listed any more", kill.user
            )
            self._end(kill)
            return
        given = {
            "key": f"telegram-{kill.key}",
            "account": kill.account or None,
            "reason": "by Telegram",
        }
        became = await send(self._api, TRIP_KILL_SWITCH, given, person)
        if isinstance(became, NotDone) and became.of_caller and kill in self._attempted:
            became = Open(became.reason)
        if isinstance(became, Open):
            self._attempted.add(kill)
            _log.warning("the kill switch is not tripped yet: %s", became.reason)
            if kill in self._delayed:
                return
            self._delayed.add(kill)
        else:
            self._end(kill)
        await self._outcome(kill, became)

    def _end(self, kill: Kill) -> None:
        self._delayed.discard(kill)
        self._attempted.discard(kill)
        self._file.state.kills.remove(kill)
        self._file.save()
