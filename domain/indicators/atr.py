"""The average true range."""

from __future__ import annotations

from domain.indicators.series import FloatArray, ending
from domain.indicators.true_range import true_range, true_ranges
from domain.indicators.wilder import WilderMean, wilder_mean


class Atr:
    """Wilder's ATR: the Wilder mean of the true range, in the unit of the prices.

    First value at bar `period + 1`, since the first bar has no true range. Source: Wilder (1978). ValueError for
    a period below 2.
    """

    __slots__ = ("_mean", "_previous", "value")

    def __init__(self, period: int) -> None:
        self._mean = WilderMean(period)
        self._previous: float | None = None
        self.value: float | None = None

    def update(self, high: float, low: float, close: float) -> float | None:
        """Takes the next bar; returns the average, None before bar `period + 1`."""
        previous, self._previous = self._previous, close
        if previous is not None:
            self.value = self._mean.update(true_range(high, low, previous))
        return self.value


def atr(highs: FloatArray, lows: FloatArray, closes: FloatArray, period: int) -> FloatArray:
    """One pass of `Atr` over prices of shape (n,) each."""
    return ending(wilder_mean(true_ranges(highs, lows, closes), period), len(closes))
