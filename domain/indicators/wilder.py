"""Wilder's smoothing: a running mean that his other indicators use."""

from __future__ import annotations

from domain.indicators.period import checked_period
from domain.indicators.series import FloatArray, recursion


class WilderMean:
    """(previous * (period - 1) + figure) / period, seeded with the mean of the first `period` figures.

    In the unit of its figures. Source: Wilder (1978). ValueError for a period below 2.
    """

    __slots__ = ("_kept", "_missing", "_period", "_total", "value")

    def __init__(self, period: int) -> None:
        self._period = self._missing = checked_period(period)
        self._kept = period - 1
        self._total = 0.0
        self.value: float | None = None

    def update(self, figure: float) -> float | None:
        """Takes the next bar's figure; returns the mean, None before the seed is complete."""
        previous = self.value
        if previous is None:
            return self._gather(figure)
        self.value = value = (previous * self._kept + figure) / self._period
        return value

    def _gather(self, figure: float) -> float | None:
        self._total += figure
        self._missing -= 1
        if self._missing == 0:
            self.value = self._total / self._period
        return self.value


def wilder_mean(figures: FloatArray, period: int) -> FloatArray:
    """One pass of `WilderMean` over figures of shape (n,)."""
    kept = checked_period(period) - 1
    return recursion(figures, period, lambda previous, figure: (previous * kept + figure) / period)
