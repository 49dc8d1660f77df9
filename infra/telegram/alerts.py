"""The alerts of a log, read from the API after the cursor, on their way to the recipients.

An event is an alert by its type (`TYPES`), or because the read model `alerts` has it. Of alerts with one account, kind
and subject only the first is sent until it is acknowledged, and it is sent again every `alerts.repeat_minutes`, as with
the other places of `[alerts]`. A notice without an event, such as that of late read models, is sent while it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from adapters.alerts.notice import subject_of
from adapters.telegram.level import Level
from infra.telegram.state import Witness

TYPES: Final[Mapping[str, Level]] = {
    "SignalDetected": Level.LOW,
    "PositionOpened": Level.MEDIUM,
    "PositionIncreased": Level.LOW,
    "PositionReduced": Level.LOW,
    "PositionClosed": Level.MEDIUM,
}
"""The events that are alerts by their type, beside those of the read model `alerts`."""
LEVELS: Final[Mapping[str, Level]] = {
    "CRITICAL": Level.HIGH,
    "WARNING": Level.MEDIUM,
    "INFO": Level.LOW,
}
"""The level of an alert by the severity that `[alerts]` has for it."""
PAGE = 200
QUERY: Final = f"""query ($after: Ordinal!, $types: [String!]!, $witness: Ordinal!, $before: Ordinal!) {{
  accounts {{ account openedBy }}
  projections {{ name kind status ordinal }}
  log: events(where: {{types: ["LogOpened"]}}, direction: ASC, first: 1) {{ edges {{ node {{ json }} }} }}
  witness: events(where: {{afterOrdinal: $before, uptoOrdinal: $witness}}, first: 1) {{ edges {{ node {{ id }} }} }}
  events(where: {{afterOrdinal: $after, types: $types}}, direction: ASC, first: {PAGE}) {{
    edges {{ node {{ ordinal id type line account stream occurredAt json }} }}
  }}
  alerts(where: {{afterOrdinal: $after}}, direction: ASC, first: {PAGE}) {{
    edges {{ node {{ ordinal severity kind line account stream at event {{ id type line json }} }} }}
  }}
  notices {{ id ordinal account severity kind subject line at count event {{ id type line json }} }}
}}"""


_SIMILAR: Final = ("strategy", "instrument", "direction", "intent")
_READ: Final = ("journal", "alerts")
"""The read models of `events` and `alerts`. They are built apart, so that each may be behind the other."""


@dataclass(frozen=True, slots=True)
class Found:
    """An alert as the log has it. `ordinal` is None for a notice without an event. `kind` is the kind of alert, or the
    event's type; `is_notice` states whether a person acknowledges it. `line` is the API's sentence, `event` what it is
    of, None without an event. `count` is how many alerts an open notice stands for, which is sent again; 0 for an alert
    that is sent for the first time. Signals with one text in `similar` are repeats of each other; `suppressed` is how
    many of them were left out before this one."""

    id: str
    ordinal: int | None
    level: Level
    kind: str
    line: str
    account: str
    at: datetime
    badge: str
    is_notice: bool
    event: Mapping[str, Any] | None = None
    count: int = 0
    similar: str = ""
    suppressed: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the API found: the alerts in the order of the log, the ordinal up to which the log was looked
    at, how many repeats were suppressed by level, the ids of the notices without an event that stand, all open notices,
    each as the alert that reminds of it, and the events that were looked at."""

    alerts: tuple[Found, ...]
    upto: int
    suppressed: Mapping[Level, int]
    standing: frozenset[str]
    open: tuple[Found, ...]
    witnesses: tuple[Witness, ...]


def head_of(data: Mapping[str, Any]) -> int:
    """The ordinal up to which both read models that alerts are found in have the log; 0 while one is not built."""
    heads: dict[str, int] = {
        one["name"]: one["ordinal"]
        for one in data["projections"]
        if one["kind"] == "TODAY" and one["status"] == "LIVE"
    }
    return min(heads.get(name, 0) for name in _READ)


def newest_of(data: Mapping[str, Any]) -> int:
    """The ordinal of the last event that any read model has."""
    return max((int(one["ordinal"]) for one in data["projections"]), default=0)


def witness_of(data: Mapping[str, Any]) -> str | None:
    """The id of the event at the ordinal that was compared; None where the read models have none."""
    found = data["witness"]["edges"]
    return str(found[0]["node"]["id"]) if found else None


def log_of(data: Mapping[str, Any]) -> str | None:
    """The id of the log; None while the read models do not have its first event."""
    found = data["log"]["edges"]
    return str(found[0]["node"]["json"]["log_id"]) if found else None


def look_at(data: Mapping[str, Any], after: int, badge: str) -> Look:
    """The alerts in a response to `QUERY`."""
    events = [edge["node"] for edge in data["events"]["edges"]]
    alerts = [edge["node"] for edge in data["alerts"]["edges"]]
    whole = [page[-1]["ordinal"] for page in (events, alerts) if len(page) == PAGE]
    last = max((one["ordinal"] for one in (*events, *alerts)), default=after)
    upto = max(after, min([last, head_of(data), *whole]))
    suppressed = dict.fromkeys(Level, 0)
    found = {one["ordinal"]: _of_event(one, badge) for one in events if one["ordinal"] <= upto}
    for one in alerts:
        if one["ordinal"] > upto:
            continue
        found.pop(one["ordinal"], None)
        if _repeats(one, data["notices"]):
            suppressed[LEVELS[one["severity"]]] += 1
        else:
            found[one["ordinal"]] = _of_alert(one, badge)
    faults = tuple(_of_notice(one, badge) for one in data["notices"] if one["ordinal"] is None)
    in_order = tuple(found[ordinal] for ordinal in sorted(found))
    open_ = tuple(replace(_of_notice(one, badge), count=one["count"]) for one in data["notices"])
    standing = frozenset(one.id for one in faults)
    return Look((*in_order, *faults), upto, suppressed, standing, open_, _witnesses(events, alerts, upto))


def _witnesses(
    events: Iterable[Mapping[str, Any]], alerts: Iterable[Mapping[str, Any]], upto: int
) -> tuple[Witness, ...]:
    found = {one["ordinal"]: one["id"] for one in events}
    found |= {one["ordinal"]: one["event"]["id"] for one in alerts if one["event"]}
    return tuple(Witness(ordinal, found[ordinal]) for ordinal in sorted(found) if ordinal <= upto)


def _repeats(alert: Mapping[str, Any], notices: Iterable[Mapping[str, Any]]) -> bool:
    subject = subject_of(alert["kind"], alert["stream"], datetime.fromisoformat(alert["at"]))
    key = (alert["account"], alert["kind"], subject)
    return any(
        one["ordinal"] is not None
        and one["ordinal"] < alert["ordinal"]
        and (one["account"], one["kind"], one["subject"]) == key
        for one in notices
    )


def _of_event(event: Mapping[str, Any], badge: str) -> Found:
    return Found(
        id=event["id"],
        ordinal=event["ordinal"],
        level=TYPES[event["type"]],
        kind=event["type"],
        line=event["line"],
        account=event["account"],
        at=datetime.fromisoformat(event["occurredAt"]),
        badge=badge,
        is_notice=False,
        event=event,
        similar=_similar(event),
    )


def _similar(event: Mapping[str, Any]) -> str:
    """What a signal has in common with its repeats; empty for other events."""
    if event["type"] != "SignalDetected":
        return ""
    return "/".join([event["account"], *(str(event["json"][name]) for name in _SIMILAR)])


def _of_alert(alert: Mapping[str, Any], badge: str) -> Found:
    event = alert["event"]
    identifier = event["id"] if event else f"{alert['stream']}:{alert['ordinal']}"
    return _acknowledged(alert, badge, identifier, alert["ordinal"])


def _of_notice(notice: Mapping[str, Any], badge: str) -> Found:
    return _acknowledged(notice, badge, notice["id"], None)


def _acknowledged(row: Mapping[str, Any], badge: str, identifier: str, ordinal: int | None) -> Found:
    """The alert of a row that a person acknowledges."""
    return Found(
        id=identifier,
        ordinal=ordinal,
        level=LEVELS[row["severity"]],
        kind=row["kind"],
        line=row["line"],
        account=row["account"],
        at=datetime.fromisoformat(row["at"]),
        badge=badge,
        is_notice=True,
        event=row["event"],
    )


class Ledger:
    """Which alerts still have to arrive where, and so the cursor: the ordinal up to which every alert has arrived."""

    def __init__(self, after: int, arrived: Mapping[int, Iterable[int]]) -> None:
        """`arrived` has, by chat, the ordinals after the cursor whose alerts arrived before a restart."""
        self.looked = after
        self._owed: dict[int, set[int]] = {}
        self._arrived = {chat: set(ordinals) for chat, ordinals in arrived.items()}

    def owe(self, ordinal: int, chats: Iterable[int]) -> list[int]:
        """The chats in which the alert of this event has to arrive: those in which it has not."""
        missing = [chat for chat in chats if ordinal not in self._arrived.get(chat, ())]
        if missing:
            self._owed[ordinal] = set(missing)
        return missing

    def arrived(self, chat: int, ordinals: Iterable[int]) -> None:
        """The alerts are finished in the chat."""
        for ordinal in ordinals:
            owed = self._owed.get(ordinal)
            if owed is None:
                continue
            owed.discard(chat)
            self._arrived.setdefault(chat, set()).add(ordinal)
            if not owed:
                del self._owed[ordinal]

    def move(self, old: int, new: int) -> None:
        """The chat has another id."""
        self._arrived[new] = self._arrived.pop(old, set())
        for owed in self._owed.values():
            if old in owed:
                owed.remove(old)
                owed.add(new)

    @property
    def cursor(self) -> int:
        """The ordinal up to which every alert has arrived."""
        return min(self._owed, default=self.looked + 1) - 1

    def behind(self) -> dict[int, list[int]]:
        """By chat, the ordinals after the cursor whose alerts arrived; what is before it is forgotten."""
        cursor = self.cursor
        kept = {chat: {one for one in found if one > cursor} for chat, found in self._arrived.items()}
        self._arrived = {chat: found for chat, found in kept.items() if found}
        return {chat: sorted(found) for chat, found in self._arrived.items()}
