"""A tape's figures as series, for strategies that scan it in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import numpy as np

from domain.candle import Candle
from domain.indicators import FloatArray


def series_of(candles: Sequence[Candle], *names: str) -> list[FloatArray]:
    """For each name of a candle's field, such as `high`, its floats: of shape (n,), oldest first."""
    return [
        np.fromiter((float(field(candle)) for candle in candles), np.float64, len(candles))
        for field in map(attrgetter, names)
    ]
