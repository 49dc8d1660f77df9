"""Bollinger bands: a mean of the last closes, and their standard deviation."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import reduce
from math import sqrt
from operator import add

import numpy as np

from domain.indicators.period import checked_period
from domain.indicators.series import FloatArray, ending


class Bollinger:
    """Mean (`middle`) and population standard deviation (`deviation`) of the last `period` prices, in their unit.

    The bands are middle -/+ n * deviation. Both are None before bar `period`. Each is summed anew, from the oldest
    price to the newest, so that no rounding error is carried along. Source: John Bollinger, "Bollinger on Bollinger
    Bands" (2001). ValueError for a period below 2.
    """

    __slots__ = ("_period", "_prices", "deviation", "middle")

    def __init__(self, period: int) -> None:
        self._period = checked_period(period)
        self._prices: deque[float] = deque(maxlen=period)
        self.middle: float | None = None
        self.deviation: float | None = None

    def update(self, price: float) -> float | None:
        """Takes the next bar's price; returns the mean, None before bar `period`."""
        prices, period = self._prices, self._period
        prices.append(price)
        if len(prices) < period:
            return None
        self.middle = middle = reduce(add, prices) / period
        # Not `sum`, which compensates for rounding errors from Python 3.12 on.
        squares = [(one - middle) * (one - middle) for one in prices]
        self.deviation = sqrt(reduce(add, squares) / period)
        return middle


@dataclass(frozen=True, slots=True)
class BollingerSeries:
    """Mean and standard deviation of a whole tape, each of shape (n,)."""

    middle: FloatArray
    deviation: FloatArray


def bollinger(prices: FloatArray, period: int) -> BollingerSeries:
    """One pass of `Bollinger` over prices of shape (n,): one vectorised addition for each bar of the period."""
    known = max(0, len(prices) - checked_period(period) + 1)
    middle = reduce(add, (prices[bar : bar + known] for bar in range(period))) / period
    squares = ((prices[bar : bar + known] - middle) ** 2 for bar in range(period))
    deviation = np.sqrt(reduce(add, squares) / period)
    return BollingerSeries(ending(middle, len(prices)), ending(deviation, len(prices)))
