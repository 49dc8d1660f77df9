"""Pushes of Bybit as they are recorded: candles and trades in the texts of the exchange.

Source: Bybit v5 documentation, "Kline" and "Trade" of the WebSocket stream.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from adapters.bybit.market_frame import Frame
from adapters.market_recordings.tap import CandleTexts, MarketTap
from domain.errors import InvalidInput

_Ms = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_BUY, _SELL = "Buy", "Sell"


class _Candle(Struct, frozen=True, gc=False):
    start: _Ms
    open: str
    high: str
    low: str
    close: str
    volume: str
    confirm: bool


class _Trade(Struct, frozen=True, gc=False):
    T: _Ms
    s: str
    S: str
    v: str
    p: str
    i: str


_CANDLES = msgspec.json.Decoder(list[_Candle])
_TRADES = msgspec.json.Decoder(list[_Trade])


def record_candles(push: Frame, instrument: str, interval: timedelta, tap: MarketTap) -> None:
    """Passes the candles of the push to the tap. Raises msgspec.DecodeError for a push of another kind."""
    for one in _CANDLES.decode(push.data):
        texts = CandleTexts(one.open, one.high, one.low, one.close, one.volume)
        tap.candle(instrument, round(interval.total_seconds()), one.start, texts, is_closed=one.confirm)


def record_trades(push: Frame, instrument: str, symbol: str, tap: MarketTap) -> None:
    """Passes the trades of the push to the tap. Raises msgspec.DecodeError for a push of another kind, and InvalidInput
    for a trade of another symbol, or of neither side.
    """
    for one in _TRADES.decode(push.data):
        if one.s != symbol or one.S not in (_BUY, _SELL):
            raise InvalidInput(f"this is no trade of {symbol}")
        tap.trade(instrument, one.i, one.p, one.v, is_buy=one.S == _BUY, matched_ms=one.T)
