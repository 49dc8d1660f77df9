"""Whether this machine's clock agrees with the exchange's, as far as queries of the exchange's clock can show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from msgspec import Struct

from domain.errors import Refused

MOST_SKEW = timedelta(seconds=1)
_QUERIES = 5
_WHOLE = 100
"""From here on seconds are shown without decimals."""


class ClockReading(Struct, frozen=True, gc=False):
    """One query of the exchange's clock, which was `ahead` of this machine's, give or take half of the `round_trip`."""

    ahead: timedelta
    round_trip: timedelta

    @property
    def bound(self) -> timedelta:
        """How far the difference may be from `ahead`."""
        return self.round_trip / 2

    @property
    def fits(self) -> bool:
        """Whether the clocks differ by at most `MOST_SKEW`, as far as this query shows."""
        return abs(self.ahead) <= MOST_SKEW


def check_clock(read: Callable[[], ClockReading], whose: str = "the exchange's") -> None:
    """Queries a clock, by default the exchange's, until a query shows that the clocks agree, five times at most.

    The query with the shortest round trip counts: on a machine or a connection under load, others show the load. Raises
    Refused with the difference, its bound and the round trip.
    """
    best: ClockReading | None = None
    for reading in _readings(read):
        best = reading if best is None else min(best, reading, key=lambda one: one.round_trip)
        if best.fits:
            return
    assert best is not None
    raise Refused(_sentence(best, whose))


def _readings(read: Callable[[], ClockReading]) -> Iterator[ClockReading]:
    for _ in range(_QUERIES):
        yield read()


def _sentence(best: ClockReading, whose: str) -> str:
    side = "behind" if best.ahead > timedelta(0) else "ahead of"
    found = (
        f"this machine's clock is {_seconds(abs(best.ahead))} {side} {whose}, give or take "
        f"{_seconds(best.bound)} (the quickest of {_QUERIES} queries took {_seconds(best.round_trip)}); at most "
        f"{_seconds(MOST_SKEW)} is allowed"
    )
    if abs(best.ahead) - best.bound > MOST_SKEW:
        return f"{found}: set the clock right, as by NTP"
    return f"{found}: the queries are too slow to compare the clocks; try again when machine and connection are idle"


def _seconds(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"{seconds:,.0f} s" if seconds >= _WHOLE else f"{seconds:.3g} s"
