"""The relative strength index."""

from __future__ import annotations

import numpy as np

from domain.indicators.series import FloatArray, ending
from domain.indicators.wilder import WilderMean, wilder_mean


class Rsi:
    """Wilder's RSI, 0..100: 100 * gains / (gains + losses), both Wilder means of the changes of the close.

    First value after `period` changes. It is 0 if the close has never changed, as in TA-Lib.
    Source: Wilder (1978). ValueError for a period below 2.
    """

    __slots__ = ("_gains", "_losses", "_previous", "value")

    def __init__(self, period: int) -> None:
        self._gains = WilderMean(period)
        self._losses = WilderMean(period)
        self._previous: float | None = None
        self.value: float | None = None

    def update(self, close: float) -> float | None:
        """Takes the next bar's close; returns the index, None before `period` changes."""
        previous, self._previous = self._previous, close
        if previous is None:
            return None
        change = close - previous
        gains = self._gains.update(max(0.0, change))
        losses = self._losses.update(max(0.0, -change))
        if gains is None or losses is None:
            return None
        moved = gains + losses
        self.value = value = 100.0 * (gains / moved) if moved else 0.0
        return value


def rsi(closes: FloatArray, period: int) -> FloatArray:
    """One pass of `Rsi` over closes of shape (n,)."""
    change = np.diff(closes)
    gains = wilder_mean(np.where(change > 0.0, change, 0.0), period)
    losses = wilder_mean(np.where(change < 0.0, -change, 0.0), period)
    moved = gains + losses
    share = np.divide(gains, moved, out=np.zeros_like(moved), where=moved != 0.0)
    return ending(100.0 * share, len(closes))
