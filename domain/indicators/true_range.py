"""The true range: how far the price went since the last close, gaps included."""

from __future__ import annotations

import numpy as np

from domain.indicators.series import FloatArray


def true_range(high: float, low: float, previous_close: float) -> float:
    """The greatest of high - low, |high - previous close| and |low - previous close|, in the unit of the prices.

    Computed as max(high, previous close) - min(low, previous close), which is the same number. Source: Wilder (1978).
    """
    return max(high, previous_close) - min(low, previous_close)


def true_ranges(highs: FloatArray, lows: FloatArray, closes: FloatArray) -> FloatArray:
    """The true range of every bar but the first, which has no close before it: (n,) arrays in, (n - 1,) out."""
    previous = closes[:-1]
    return np.maximum(highs[1:], previous) - np.minimum(lows[1:], previous)
