"""A market that candles describe: trades along the way from open to close, and quotes around each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from adapters.simulated.steps import to_lot
from adapters.simulated.venue.candles import Bar
from adapters.simulated.venue.played import Event, Printed, Quoted, Snapshot
from domain.candle import Candle
from domain.direction import Side
from domain.instrument import Instrument

LEVELS = 25
"""Quoted levels on each side, a tick apart."""

_POINTS = Decimal(4)
_SHARE = Decimal(20)


def path(candles: Iterable[Candle], rules: Instrument) -> Iterator[Event]:
    """The events of candles in order.

    A candle is four trades of a quarter of its volume: open, the extreme on the way against its close, the other
    extreme, close; at its beginning, a quarter, a half and the end of its interval. Around each trade every level shows
    a twentieth of the volume. A candle without volume only quotes.
    """
    last = None
    for candle in candles:
        for at, price in _points(candle):
            if candle.volume:
                side = Side.SELL if last is not None and price < last else Side.BUY
                yield Printed(at, side, price, _lots(candle.volume / _POINTS, rules))
            yield _quotes(at, price, _lots(candle.volume / _SHARE, rules), rules)
            last = price


def bar_of(candle: Candle) -> Bar:
    """A candle of the past, for the venue's own candles."""
    turnover = candle.volume * candle.close if candle.turnover is None else candle.turnover
    prices = candle.open, candle.high, candle.low, candle.close
    return Bar(_ms(candle), *prices, candle.volume, turnover)


def _points(candle: Candle) -> list[tuple[int, Decimal]]:
    rises = candle.close >= candle.open
    extremes = (candle.low, candle.high) if rises else (candle.high, candle.low)
    begins, length = _ms(candle), int(candle.interval.total_seconds() * 1000)
    times = (begins, begins + length // 4, begins + length // 2, begins + length - 1)
    return list(zip(times, (candle.open, *extremes, candle.close), strict=True))


def _quotes(at: int, price: Decimal, size: Decimal, rules: Instrument) -> Snapshot:
    steps = [rules.tick * number for number in range(1, LEVELS + 1)]
    bids = [Quoted(at, Side.BUY, price - step, size) for step in steps if price > step]
    return Snapshot(at, [*bids, *(Quoted(at, Side.SELL, price + step, size) for step in steps)])


def _lots(quantity: Decimal, rules: Instrument) -> Decimal:
    return max(to_lot(quantity, rules.lot), rules.min_quantity)


def _ms(candle: Candle) -> int:
    return int(candle.open_time.timestamp() * 1000)
