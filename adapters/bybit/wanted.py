"""What a feed is to receive, and the topics of Bybit that carry it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import product

from adapters.wanted import Wanted as AnyWanted
from domain.errors import InvalidInput
from domain.instrument import check_instrument_id, instrument_id, symbol_of

_MINUTES = (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)
INTERVALS: Mapping[timedelta, str] = {
    **{timedelta(minutes=minutes): str(minutes) for minutes in _MINUTES},
    timedelta(days=1): "D",
}
"""Bybit's names of the intervals that begin at multiples of their length since 1970."""

DEPTHS = (50, 200)
QUOTE_DEPTH = 1


class Wanted(AnyWanted, frozen=True, kw_only=True):
    """See `adapters.wanted.Wanted`. Also raises InvalidInput for an instrument, interval or depth that Bybit lacks."""

    def __post_init__(self) -> None:
        for instrument in self.instruments:
            symbol_at_bybit(instrument)
        for interval in self.candles:
            interval_at_bybit(interval)
        if self.book not in (0, *DEPTHS):
            raise InvalidInput(f"a book has a depth of 50 or 200, not {self.book}")
        super().__post_init__()


def symbol_at_bybit(instrument: str) -> str:
    """`BTCUSDT` of `BTCUSDT-LINEAR.BYBIT`. Raises InvalidInput for what is no linear contract of Bybit."""
    check_instrument_id(instrument)
    symbol = symbol_of(instrument)
    if instrument != instrument_id(symbol):
        raise InvalidInput(f"{instrument} is no linear contract of Bybit")
    return symbol


def interval_at_bybit(interval: timedelta) -> str:
    """`5` of five minutes. Raises InvalidInput for an interval that Bybit does not have."""
    name = INTERVALS.get(interval)
    if name is None:
        raise InvalidInput(f"Bybit has no candles of {interval}")
    return name


def kline_topic(instrument: str, interval: timedelta) -> str:
    return f"kline.{interval_at_bybit(interval)}.{symbol_at_bybit(instrument)}"


def trade_topic(instrument: str) -> str:
    return f"publicTrade.{symbol_at_bybit(instrument)}"


def book_topic(instrument: str, depth: int) -> str:
    return f"orderbook.{depth}.{symbol_at_bybit(instrument)}"


def topics(wanted: Wanted, instruments: tuple[str, ...]) -> tuple[str, ...]:
    """The topics of these instruments."""
    depths = [depth for depth in (QUOTE_DEPTH * wanted.quotes, wanted.book) if depth]
    return (
        *(kline_topic(*one) for one in product(instruments, wanted.candles)),
        *(trade_topic(one) for one in instruments if wanted.trades),
        *(book_topic(*one) for one in product(instruments, depths)),
    )
