"""The efficiency ratio: how much of the price's way was progress."""

from __future__ import annotations

from collections import deque
from math import fsum

import numpy as np

from domain.indicators.period import checked_period
from domain.indicators.series import FloatArray


class EfficiencyRatio:
    """Kaufman's efficiency ratio, 0..1: |close - close `period` bars ago| / the sum of the |changes| since.

    1 is a straight way, 0 a way that leads nowhere; it is 0 if the close has not changed. First value after `period`
    changes. The sum is rounded once (`math.fsum`), so the ratio depends on nothing but the closes of its window.
    Source: Perry J. Kaufman, "Smarter Trading" (1995). ValueError for a period below 2.
    """

    __slots__ = ("_changes", "_closes")

    def __init__(self, period: int) -> None:
        self._changes: deque[float] = deque(maxlen=checked_period(period))
        self._closes: deque[float] = deque(maxlen=period + 1)

    @property
    def value(self) -> float | None:
        """The ratio at the last bar, None before `period` changes; computed when it is read."""
        closes = self._closes
        if len(closes) != closes.maxlen:
            return None
        return _ratio(closes[-1] - closes[0], fsum(self._changes))

    def update(self, close: float) -> None:
        """Takes the next bar's close."""
        if self._closes:
            self._changes.append(abs(close - self._closes[-1]))
        self._closes.append(close)


def efficiency_ratio(closes: FloatArray, period: int) -> FloatArray:
    """One pass of `EfficiencyRatio` over closes of shape (n,)."""
    prices = closes.tolist()
    changes = np.abs(np.diff(closes)).tolist()
    ratios = np.full(len(prices), np.nan)
    for bar in range(checked_period(period), len(prices)):
        ratios[bar] = _ratio(prices[bar] - prices[bar - period], fsum(changes[bar - period : bar]))
    return ratios


def _ratio(progress: float, way: float) -> float:
    return min(1.0, abs(progress) / way) if way else 0.0
