"""The running hash of the candles that were played, and the bytes of one candle that it covers.

Algorithm `sha256-hourly/1`: the hash after an hour is the SHA-256 of the 32 bytes of the hash before that hour,
followed by the bytes of the candles that closed within it, in the order in which they were played. The hash before the
first hour is empty. Hours without candles do not change the hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from math import nan
from struct import Struct
from zlib import crc32

from domain.candle import Candle

ALGORITHM = "sha256-hourly/1"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIGURES = Struct(">qq9d").pack


def candle_bytes(candle: Candle) -> bytes:
    """The candle's canonical bytes.

    They are its instrument (UTF-8), open time and interval in microseconds (eight bytes each, big-endian), then open,
    high, low, close, volume, turnover, bid, ask and funding rate as IEEE 754 doubles (big-endian), NaN for a missing
    figure. `1.50` and `1.5` therefore give the same bytes, and so do figures that differ beyond 15 significant digits.
    """
    turnover, bid, ask, rate = candle.turnover, candle.bid, candle.ask, candle.funding_rate
    return candle.instrument.encode() + _FIGURES(
        (candle.open_time - _EPOCH) // _MICROSECOND,
        _micros(candle.interval),
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        candle.volume,
        nan if turnover is None else turnover,
        nan if bid is None else bid,
        nan if ask is None else ask,
        nan if rate is None else rate,
    )


@lru_cache(maxsize=64)
def _micros(interval: timedelta) -> int:
    """Cached, because a market has candles of few different intervals."""
    return interval // _MICROSECOND


def hash_after(before: bytes, candles: Iterable[bytes]) -> bytes:
    """The running hash (32 bytes) after an hour with these candles' bytes; `before` is the hash before that hour."""
    return sha256(before + b"".join(candles)).digest()


def checksum(candle: bytes) -> int:
    """The CRC-32 of one candle's bytes. It finds the changed candle within an hour; it proves nothing."""
    return crc32(candle)
