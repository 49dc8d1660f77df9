"""Hand-made logs whose events have given streams, chains and causes; all events have the same content."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from domain.account import DayOpened
from domain.events import Event
from domain.log import Envelope, Meta, Recorded, event_id

LOG_ID = UUID("0d0c2e6a-7f0b-5c49-9a53-6a3d4b1f2e10")
_AT = datetime(2025, 4, 3, tzinfo=UTC)

_EVENT = DayOpened("2025-04-03", Decimal(1))


class HandMade:
    """A log whose events are written with a given chain and cause."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []

    def write(self, stream: str, chain: str, cause: str, event: Event = _EVENT) -> str:
        """Appends the event and returns its id; `cause` is an outside fact or the id of an earlier event."""
        version = 1 + sum(one.envelope.meta.stream == stream for one in self.events)
        found = event_id(LOG_ID, stream, version)
        meta = Meta(
            event_id=found,
            stream=stream,
            version=version,
            correlation_id=chain,
            causation_id=cause,
            occurred_at=_AT,
            recorded_at=_AT,
            account="main",
            actor="engine",
            source="paper",
            schema_version=1,
        )
        self.events.append(Recorded(len(self.events) + 1, Envelope(meta, event)))
        return str(found)

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        return iter(self.events[after:upto])


def requests_of_two_keys() -> HandMade:
    """The events of two requests, where one key is the beginning of the other, and of a third request whose key has no
    fingerprint, as in old logs."""
    log = HandMade()
    for number, key in enumerate(("k1/0123456789abcdef", "k10/0123456789abcdef", "k2"), start=1):
        log.write(f"order-main-{number}-x1", f"chain{number}", f"command:{key}")
    return log


def two_chains() -> HandMade:
    """Two chains that share a position (the first opens it, the second closes it), and two chains that share
    nothing."""
    log = HandMade()
    log.write("account-main", "daychain00000", "clock:2025-04-03T00:00:00Z")  # 1
    signal = log.write("signal-main-aaa", "aaa", "candle:a")  # 2
    decision = log.write("signal-main-aaa", "aaa", signal)  # 3
    log.write("order-main-aaa-e1", "aaa", decision)  # 4
    log.write("order-main-aaa-s1", "aaa", decision)  # 5
    fill = log.write("order-main-aaa-e1", "aaa", "exchange:SIM:1")  # 6
    opened = log.write("position-main-BTC-LONG-1", "aaa", fill)  # 7
    log.write("account-main", "aaa", opened)  # 8
    other = log.write("signal-main-bbb", "bbb", "candle:b")  # 9
    log.write("order-main-bbb-x1", "bbb", other)  # 10
    out = log.write("order-main-bbb-x1", "bbb", "exchange:SIM:2")  # 11
    log.write("position-main-BTC-LONG-1", "bbb", out)  # 12
    log.write("order-main-aaa-s1", "aaa", "exchange:SIM:3")  # 13
    third = log.write("signal-main-ccc", "ccc", "candle:c")  # 14
    log.write("signal-main-ccc", "ccc", third)  # 15
    return log
