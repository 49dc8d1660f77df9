"""The public pushes of Bybit: topics `kline`, `publicTrade` and `orderbook`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from adapters.bybit.fields import at_ms, in_ms
from domain.book.depth import PublicTrade
from domain.candle import Candle
from domain.candle_bounds import bounded
from domain.direction import Side
from domain.errors import InvalidInput
from domain.instrument import symbol_of
from domain.market import Level, Trade

_LATEST = 253_402_300_799_999
Ms = Annotated[int, Meta(ge=0, le=_LATEST)]
"""Milliseconds since 1970."""

_FIGURE = re.compile(r"[0-9]{1,30}(\.[0-9]{1,30})?")
_SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}
Row = tuple[str, str]


class Frame(Struct, frozen=True, gc=False):
    """A push; one without a `type` is a snapshot. `ts` is when Bybit made it."""

    topic: str
    ts: Ms
    data: msgspec.Raw
    type: str = "snapshot"


class _Kline(Struct, frozen=True, gc=False):
    start: Ms
    open: str
    high: str
    low: str
    close: str
    volume: str
    turnover: str
    confirm: bool


class _PublicTrade(Struct, frozen=True, gc=False):
    T: Ms
    s: str
    S: str
    v: str
    p: str
    i: str


class BookData(Struct, frozen=True, gc=False):
    """Bids, asks, and the number of the update."""

    s: str
    b: list[Row]
    a: list[Row]
    u: Annotated[int, Meta(ge=0, le=2**63 - 1)]


_FRAME = msgspec.json.Decoder(Frame)
_KLINES = msgspec.json.Decoder(list[_Kline])
_TRADES = msgspec.json.Decoder(list[_PublicTrade])
_BOOK = msgspec.json.Decoder(BookData)


def frame(text: str) -> Frame:
    """The push. Raises msgspec.DecodeError or RecursionError for what is none."""
    return _FRAME.decode(text)


def figure(text: str) -> Decimal:
    """A price, size or volume of at least 0. Raises InvalidInput for another text."""
    if _FIGURE.fullmatch(text) is None:
        raise InvalidInput(f"{text[:40]!r} is not a number of at least 0")
    return Decimal(text)


def price(text: str) -> Decimal:
    """A figure above 0. Raises InvalidInput for another text."""
    found = figure(text)
    if not found:
        raise InvalidInput("a price is 0")
    return found


def closed_candles(push: Frame, instrument: str, interval: timedelta) -> list[Candle]:
    """The candles that the push confirms. Raises what `frame` raises, and InvalidInput for no candle."""
    return [
        candle(
            instrument,
            interval,
            one.start,
            (one.open, one.high, one.low, one.close, one.volume, one.turnover),
        )
        for one in _KLINES.decode(push.data)
        if one.confirm
    ]


def candle(instrument: str, interval: timedelta, start: int, figures: Sequence[str]) -> Candle:
    """A candle of open, high, low, close, volume and turnover. Raises InvalidInput where no market is so."""
    opened, high, low, close = map(price, figures[:4])
    if not low <= min(opened, close) <= max(opened, close) <= high:
        raise InvalidInput("the prices of a candle are not between its low and its high")
    if start % (interval // timedelta(milliseconds=1)):
        raise InvalidInput(f"no candle of {interval} opens at {at_ms(start)}")
    volume, turnover = map(figure, figures[4:])
    made = Candle(
        instrument=instrument,
        interval=interval,
        open_time=at_ms(start),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        turnover=turnover,
    )
    return bounded(made)


def trades(push: Frame, instrument: str, symbol: str) -> list[Trade]:
    """The trades of the push. Raises what `frame` raises, and InvalidInput for no trade of this symbol."""
    return [_trade(one, instrument, symbol) for one in _TRADES.decode(push.data)]


def _trade(one: _PublicTrade, instrument: str, symbol: str) -> Trade:
    side = _SIDES.get(one.S)
    if side is None or one.s != symbol or not one.i:
        raise InvalidInput(f"this is no trade of {symbol}")
    return Trade(
        instrument=instrument,
        at=at_ms(one.T),
        trade_id=one.i,
        side=side,
        price=price(one.p),
        quantity=price(one.v),
    )


def public_trades(push: Frame, instrument: str) -> list[PublicTrade]:
    """The trades of the push for the analysis of flow. Raises what `trades` raises."""
    return [
        PublicTrade(
            instrument=instrument,
            id=one.trade_id,
            price=float(one.price),
            size=float(one.quantity),
            is_buy=one.side is Side.BUY,
            matched_ms=in_ms(one.at),
        )
        for one in trades(push, instrument, symbol_of(instrument))
    ]


def book_data(push: Frame, symbol: str) -> BookData:
    """The levels of the push. Raises what `frame` raises, and InvalidInput for another symbol."""
    data = _BOOK.decode(push.data)
    if data.s != symbol:
        raise InvalidInput(f"this is no book of {symbol}")
    return data


def levels(rows: Sequence[Row]) -> tuple[Level, ...]:
    """Raises InvalidInput for levels that no book has, and for a price that is named twice."""
    found = tuple([Level(price(at), figure(size)) for at, size in rows])
    if len({one.price for one in found}) < len(found):
        raise InvalidInput("a price is named twice")
    return found
