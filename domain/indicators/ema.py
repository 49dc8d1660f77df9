"""The exponential moving average."""

from __future__ import annotations

from domain.indicators.period import checked_period
from domain.indicators.series import FloatArray, recursion


class Ema:
    """EMA in the unit of its prices: previous + 2 / (period + 1) * (price - previous).

    The first value is the mean of the first `seed_bars` prices: `period` of them by default, as in TA-Lib;
    `seed_bars=1` starts at the first price, as many engines do. ValueError for a period below 2 or a seed below 1.
    """

    __slots__ = ("_alpha", "_missing", "_seed_bars", "_total", "value")

    def __init__(self, period: int, *, seed_bars: int | None = None) -> None:
        self._alpha = _alpha(period)
        self._missing = self._seed_bars = _checked_seed(period, seed_bars)
        self._total = 0.0
        self.value: float | None = None

    def update(self, price: float) -> float | None:
        """Takes the next bar's price; returns the average, None before the seed is complete."""
        previous = self.value
        if previous is None:
            return self._gather(price)
        self.value = value = previous + self._alpha * (price - previous)
        return value

    def _gather(self, price: float) -> float | None:
        self._total += price
        self._missing -= 1
        if self._missing == 0:
            self.value = self._total / self._seed_bars
        return self.value


def ema(prices: FloatArray, period: int, *, seed_bars: int | None = None) -> FloatArray:
    """One pass of `Ema` over prices of shape (n,)."""
    alpha = _alpha(period)
    return recursion(
        prices,
        _checked_seed(period, seed_bars),
        lambda previous, price: previous + alpha * (price - previous),
    )


def _alpha(period: int) -> float:
    return 2.0 / (checked_period(period) + 1)


def _checked_seed(period: int, seed_bars: int | None) -> int:
    if seed_bars is None:
        return period
    if seed_bars < 1:
        raise ValueError(f"an average is seeded with at least 1 bar, not {seed_bars}")
    return seed_bars
