"""A venue with a past: 2,400 minutes of BTCUSDT before its start, ten of which are missing."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

from adapters.simulated.venue.candles import Bar
from tests.adapters.simulated.server.serving import START, RunningVenue, running_venue

MINUTE = 60_000
MINUTES = 2_400
FIRST = START // MINUTE * MINUTE - MINUTES * MINUTE
MISSING = range(100, 110)


def bars() -> Sequence[Bar]:
    """Each with prices and a volume of its own."""
    return [_bar(number) for number in range(MINUTES) if number not in MISSING]


def lines() -> Iterator[str]:
    """What a file of these candles holds after its header."""
    for bar in bars():
        figures = (bar.open, bar.high, bar.low, bar.close, bar.volume)
        yield ",".join([str(bar.start), *map(str, figures)])


@contextmanager
def venue_with_a_past() -> Generator[RunningVenue]:
    with running_venue() as venue:
        venue.do(lambda one: one.venue.markets["BTCUSDT"].candles.prepend(bars()))
        yield venue


def _bar(number: int) -> Bar:
    price, volume = Decimal(50_000) + Decimal(number) / 10, Decimal(number + 1) / 1000
    return Bar(FIRST + number * MINUTE, price, price + 3, price - 2, price + 1, volume, price * volume)
