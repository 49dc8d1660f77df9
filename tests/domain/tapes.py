"""Tapes for tests: recorded candles and seeded random walks."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from domain.candle import Candle
from domain.indicators import FloatArray
from domain.instrument import instrument_id

FIVE_MINUTES = timedelta(minutes=5)
BYBIT_5M = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
_START = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Prices:
    """Highs, lows and closes of a tape, each of shape (n,)."""

    highs: FloatArray
    lows: FloatArray
    closes: FloatArray


@cache
def bybit_5m(market_data: Path, symbol: str) -> Sequence[Candle]:
    """A recorded Bybit tape of 25,920 five-minute candles."""
    path = market_data / "bybit_klines" / f"{symbol}_5m.csv"
    with path.open(newline="") as file:
        return tuple(_candle(instrument_id(symbol), row) for row in csv.DictReader(file))


def closes_of(path: Path) -> FloatArray:
    """The closes of any recorded candle file."""
    with path.open(newline="") as file:
        return np.array([float(row["close"]) for row in csv.DictReader(file)])


def prices_of(candles: Sequence[Candle]) -> Prices:
    """The prices that indicators read, as floats."""
    highs, lows, closes = (
        np.array([float(getattr(candle, name)) for candle in candles]) for name in ("high", "low", "close")
    )
    return Prices(highs, lows, closes)


def walk(seed: int, length: int, *, start: float = 100.0, swing: float = 0.004) -> Sequence[Candle]:
    """A seeded random walk of five-minute candles, 4 decimals; `swing` is one bar's standard deviation."""
    draw = random.Random(seed)
    closes = [start]
    for _ in range(length):
        closes.append(max(0.01, closes[-1] * (1 + draw.gauss(0.0, swing))))
    return candles_between(closes, draw, swing)


def traded(candles: Sequence[Candle], seed: int) -> Sequence[Candle]:
    """The candles with seeded volumes, of which a few are many times the others."""
    draw = random.Random(seed)
    return tuple(
        replace(candle, volume=Decimal(f"{draw.lognormvariate(3.0, 1.0):.3f}")) for candle in candles
    )


def candles_between(closes: Sequence[float], draw: random.Random, swing: float) -> Sequence[Candle]:
    """Candles that open at one close and close at the next, with wicks of up to `swing`."""
    steps = enumerate(pairwise(closes))
    return tuple(_walked(number, before, after, draw, swing) for number, (before, after) in steps)


def _walked(number: int, before: float, after: float, draw: random.Random, swing: float) -> Candle:
    high = max(before, after) * (1 + draw.random() * swing)
    low = min(before, after) * (1 - draw.random() * swing)
    opened, top, bottom, close = (Decimal(f"{price:.4f}") for price in (before, high, low, after))
    return Candle(
        instrument=instrument_id("WALKUSDT"),
        interval=FIVE_MINUTES,
        open_time=_START + number * FIVE_MINUTES,
        open=opened,
        high=top,
        low=bottom,
        close=close,
        volume=Decimal(1),
    )


def _candle(instrument: str, row: dict[str, str]) -> Candle:
    return Candle(
        instrument=instrument,
        interval=FIVE_MINUTES,
        open_time=datetime.fromisoformat(row["timestamp"]),
        open=Decimal(row["open"]),
        high=Decimal(row["high"]),
        low=Decimal(row["low"]),
        close=Decimal(row["close"]),
        volume=Decimal(row["volume"]),
    )
