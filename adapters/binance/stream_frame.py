"""The messages of Binance's combined streams: deltas of books, best prices and trades.

Source: Binance documentation, "WebSocket Streams" of spot and USD-M futures.
"""

from __future__ import annotations

from math import isfinite
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from adapters.binance.depth_frame import DepthUpdate
from adapters.market_recordings.tap import CandleTexts, MarketTap
from domain.book.depth import PublicTrade
from domain.book.frame import Row
from domain.errors import InvalidInput

_Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Combined(Struct, frozen=True, gc=False):
    """A message of a combined stream, and the name of the stream that it is of."""

    stream: str
    data: msgspec.Raw


class BestPrices(Struct, frozen=True, gc=False, kw_only=True):
    """Best bid and ask after an update of the book, in the texts of the exchange. `matched_ms` is 0 on spot, which
    states no time.
    """

    update: int
    matched_ms: int
    bid: Row
    ask: Row


class _Ticker(Struct, frozen=True, gc=False):
    u: _Count
    s: str
    b: str
    B: str
    a: str
    A: str
    T: _Count = 0


class _Trade(Struct, frozen=True, gc=False, kw_only=True):
    """`m`: the buyer is the maker. `t` is the trade's id, `a` that of an aggregated trade."""

    s: str
    p: str
    q: str
    T: _Count
    m: bool
    t: _Count = 0
    a: _Count = 0


class _Kline(Struct, frozen=True, gc=False):
    t: _Count
    o: str
    h: str
    l: str  # noqa: E741 - Binance's name
    c: str
    v: str
    x: bool


class _KlinePush(Struct, frozen=True, gc=False):
    s: str
    k: _Kline


_COMBINED = msgspec.json.Decoder(Combined)
_DEPTH = msgspec.json.Decoder(DepthUpdate)
_TICKER = msgspec.json.Decoder(_Ticker)
_TRADE = msgspec.json.Decoder(_Trade)
_KLINE = msgspec.json.Decoder(_KlinePush)


def combined(text: str | bytes) -> Combined:
    """Raises msgspec.DecodeError or RecursionError for what is no message of a combined stream."""
    return _COMBINED.decode(text)


def depth_update(data: msgspec.Raw, symbol: str) -> DepthUpdate:
    """A delta. Raises what `combined` raises, and InvalidInput for another symbol."""
    found = _DEPTH.decode(data)
    _check_symbol(found.s, symbol)
    return found


def best_prices(data: msgspec.Raw, symbol: str) -> BestPrices:
    """Raises what `depth_update` raises."""
    found = _TICKER.decode(data)
    _check_symbol(found.s, symbol)
    return BestPrices(update=found.u, matched_ms=found.T, bid=(found.b, found.B), ask=(found.a, found.A))


def trade(data: msgspec.Raw, symbol: str, instrument: str) -> PublicTrade:
    """A trade, or an aggregated one. Raises what `depth_update` raises, and InvalidInput for a price or size of
    none."""
    found = _TRADE.decode(data)
    _check_symbol(found.s, symbol)
    return PublicTrade(
        instrument=instrument,
        id=str(found.t or found.a),
        price=_positive(found.p),
        size=_positive(found.q),
        is_buy=not found.m,
        matched_ms=found.T,
    )


def record_trade(data: msgspec.Raw, instrument: str, tap: MarketTap) -> None:
    """Passes the trade to the tap, in the texts of the exchange. It was read by `trade` before."""
    found = _TRADE.decode(data)
    tap.trade(instrument, str(found.t or found.a), found.p, found.q, is_buy=not found.m, matched_ms=found.T)


def record_candle(data: msgspec.Raw, symbol: str, instrument: str, tap: MarketTap) -> None:
    """Passes the candle of a minute to the tap. Raises what `depth_update` raises."""
    found = _KLINE.decode(data)
    _check_symbol(found.s, symbol)
    one = found.k
    tap.candle(instrument, 60, one.t, CandleTexts(one.o, one.h, one.l, one.c, one.v), is_closed=one.x)


def _check_symbol(found: str, symbol: str) -> None:
    if found != symbol:
        raise InvalidInput(f"this is of {found[:40]!r}, not of {symbol}")


def _positive(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        raise InvalidInput(f"{text[:40]!r} is not a number") from None
    if not isfinite(found) or found <= 0:
        raise InvalidInput(f"{text[:40]!r} is not a price or size above 0")
    return found
