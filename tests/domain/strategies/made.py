"""Candles made by hand, for tests of one rule of a strategy."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from domain.candle import Candle
from tests.domain.tapes import walk

_FORM = walk(0, 400)


def candle(
    number: int, close: float, *, high: float | None = None, low: float | None = None, volume: float = 10.0
) -> Candle:
    """Candle `number` of a tape; high and low are the close where they are left out."""
    return replace(
        _FORM[number],
        open=Decimal(str(close)),
        high=Decimal(str(close if high is None else high)),
        low=Decimal(str(close if low is None else low)),
        close=Decimal(str(close)),
        volume=Decimal(str(volume)),
    )


def closing(closes: Sequence[float], *, wick: float = 0.0) -> list[Candle]:
    """Candles with these closes; each goes `wick` above and below its close."""
    return [candle(number, close, high=close + wick, low=close - wick) for number, close in enumerate(closes)]
