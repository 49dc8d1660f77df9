"""A candle as JSON: decimals as text, the time in ISO 8601, the interval as `5m`, with the format's version.

A record with unknown members, or of another version, is refused: a price with a misspelled name must not be ignored.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from adapters.versioned_record import read_versioned
from domain.candle import Candle, interval_name
from domain.candle_bounds import bounded
from domain.errors import InvalidInput
from domain.instrument import is_instrument_id
from domain.interval import interval_of
from domain.number import is_bounded

VERSION = 1
_PRICES = ("open", "high", "low", "close", "bid", "ask")
_AMOUNTS = ("volume", "turnover")


class CandleRecord(
    msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The members of the JSON object; see `domain.candle.Candle`."""

    version: int
    instrument: str
    interval: str
    open_time: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    funding_rate: Decimal | None = None


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(CandleRecord)


def candle_bytes(candle: Candle) -> bytes:
    """The candle as JSON."""
    return _ENCODER.encode(
        CandleRecord(
            version=VERSION,
            instrument=candle.instrument,
            interval=interval_name(candle.interval),
            open_time=candle.open_time,
            open=candle.open,
            high=candle.high,
            low=candle.low,
            close=candle.close,
            volume=candle.volume,
            turnover=candle.turnover,
            bid=candle.bid,
            ask=candle.ask,
            funding_rate=candle.funding_rate,
        )
    )


def read_candle(written: bytes) -> Candle:
    """The candle in `written`. Raises InvalidInput where it is no closed candle of this version."""
    read = read_versioned(_DECODER, written, VERSION, "candle")
    interval = interval_of(read.interval)
    if interval is None:
        raise InvalidInput(f"interval: {read.interval[:20]!r} is no interval that divides a day, like 5m")
    if not is_instrument_id(read.instrument):
        raise InvalidInput("instrument: it is no instrument like BTCUSDT-LINEAR.BYBIT")
    _check_figures(read)
    made = Candle(
        instrument=read.instrument,
        interval=interval,
        open_time=_opened(read.open_time, interval),
        open=read.open,
        high=read.high,
        low=read.low,
        close=read.close,
        volume=read.volume,
        turnover=read.turnover,
        bid=read.bid,
        ask=read.ask,
        funding_rate=read.funding_rate,
    )
    return bounded(made)


def _opened(time: datetime, interval: timedelta) -> datetime:
    """The time in UTC, if the candle closes within the calendar."""
    if time.tzinfo is None:
        raise InvalidInput("open_time: it has no time zone")
    try:
        opened = time.astimezone(UTC)
        return opened + interval - interval
    except OverflowError:
        raise InvalidInput("open_time: the candle opens or closes outside the years 1 to 9999") from None


def _check_figures(read: CandleRecord) -> None:
    for name in (*_PRICES, *_AMOUNTS, "funding_rate"):
        value: Decimal | None = getattr(read, name)
        if value is not None and not is_bounded(value):
            raise InvalidInput(f"{name}: it is not a number with at most 100 digits")
    for name in _PRICES:
        price: Decimal | None = getattr(read, name)
        if price is not None and price <= 0:
            raise InvalidInput(f"{name}: a price is above 0")
    for name in _AMOUNTS:
        amount: Decimal | None = getattr(read, name)
        if amount is not None and amount < 0:
            raise InvalidInput(f"{name}: it is below 0")
    if not read.low <= min(read.open, read.close) <= max(read.open, read.close) <= read.high:
        raise InvalidInput("open and close are not between low and high")
