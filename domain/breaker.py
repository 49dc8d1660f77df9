"""A circuit breaker: after several calls without a response, calls that add exposure wait until one call was answered.

There is one breaker for each kind of call to an exchange. CLOSED lets every call pass. `FAILURES` failed calls within
`WINDOW` open it. OPEN holds back what adds exposure. After `PAUSE` the breaker is HALF_OPEN and one call is its trial:
an answer closes the breaker, a failure opens it again. The state is folded from events alone, so a replay and a
restarted engine find the same breaker.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

FAILURES = 5
WINDOW = timedelta(seconds=30)
PAUSE = timedelta(seconds=60)


class Service(StrEnum):
    """The kinds of calls to an exchange: orders with their cancels and amendments, queries, and market data."""

    ORDERS = "ORDERS"
    QUERIES = "QUERIES"
    MARKET_DATA = "MARKET_DATA"


class Mode(StrEnum):
    """CLOSED: every call passes. OPEN: calls that add exposure wait. HALF_OPEN: the next call is the trial."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class CallFailed(Struct, frozen=True, gc=False):
    """A call had no usable response at `at` (UTC): the exchange was not reached, or the outcome is unknown.

    A structured refusal is a response and is no failure.
    """

    service: Service
    at: datetime
    reason: str


class BreakerOpened(Struct, frozen=True, gc=False):
    """The breaker opened at `at` (UTC), because of `failures` failed calls; `reason` is that of the last one."""

    service: Service
    at: datetime
    failures: int
    reason: str


class BreakerHalfOpened(Struct, frozen=True, gc=False):
    """The pause of the open breaker was over at `at` (UTC): the next call is its trial."""

    service: Service
    at: datetime


class BreakerClosed(Struct, frozen=True, gc=False):
    """The trial was answered at `at` (UTC): every call passes again."""

    service: Service
    at: datetime


BreakerEvent = CallFailed | BreakerOpened | BreakerHalfOpened | BreakerClosed


class Breaker(Struct, frozen=True, gc=False):
    """One breaker. `since` is when its mode began, None before the first change.

    `failed` are the times of the failures that count, ascending, none of which is older than `WINDOW` at the last one.
    """

    mode: Mode = Mode.CLOSED
    since: datetime | None = None
    failed: tuple[datetime, ...] = ()

    def is_due(self, at: datetime) -> bool:
        """Whether the breaker is open and its pause is over at `at`."""
        return self.mode is Mode.OPEN and self.since is not None and at >= self.since + PAUSE


UNBROKEN = Breaker()


def failures_at(state: Breaker, at: datetime) -> tuple[datetime, ...]:
    """The failures that count with one more at `at`: those of the last `WINDOW`."""
    return (*(one for one in state.failed if one > at - WINDOW), at)


def evolve(state: Breaker, event: BreakerEvent) -> Breaker:
    """The state after the event."""
    match event:
        case CallFailed():
            return Breaker(state.mode, state.since, failures_at(state, event.at))
        case BreakerOpened():
            return Breaker(Mode.OPEN, event.at)
        case BreakerHalfOpened():
            return Breaker(Mode.HALF_OPEN, event.at)
        case BreakerClosed():
            return Breaker(Mode.CLOSED, event.at)
        case _:
            assert_never(event)
