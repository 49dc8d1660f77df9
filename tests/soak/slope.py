"""The slope of a series with its confidence interval, and whether it is flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LIMIT = 0.01
"""The growth in an hour, as a fraction of the level, from which on a process counts as growing."""

_LEAST = 12
_Z = 1.96
"""The quantile of the normal distribution for an interval of 95 %."""
_HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class Slope:
    """The growth in an hour as a fraction of the mean level, and the bounds of its confidence interval of 95 %."""

    growth: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """`flat` where the whole interval is below the limit, `grows` where it is above, else `unknown`."""
        if self.high < LIMIT:
            return "flat"
        return "grows" if self.low > LIMIT else "unknown"


def slope(seconds: Sequence[float], values: Sequence[float]) -> Slope:
    """Ordinary least squares. Memory moves in steps, so neighbouring residuals are alike: the interval counts
    `n (1 - r) / (1 + r)` independent samples, with the autocorrelation `r` of the residuals at lag 1 (Bayley and
    Hammersley, 1946).

    Raises ValueError for fewer than twelve samples, series of different lengths, and a mean that is not above 0.
    """
    times, levels = np.asarray(seconds, dtype=float), np.asarray(values, dtype=float)
    if len(times) != len(levels) or len(times) < _LEAST:
        raise ValueError(f"{len(times)} times and {len(levels)} values: at least {_LEAST} samples are needed")
    mean = float(levels.mean())
    if mean <= 0:
        raise ValueError(f"a mean of {mean:g} has no growth in percent")
    away = times - times.mean()
    spread = float(away @ away)
    rise = float(away @ (levels - mean)) / spread
    residuals = levels - mean - rise * away
    squares = float(residuals @ residuals)
    alike = float(residuals[:-1] @ residuals[1:]) / squares if squares > 0 else 0.0
    alike = min(max(alike, 0.0), 0.99)
    inflation = (1 + alike) / (1 - alike)
    error = (squares / (len(times) - 2) / spread * inflation) ** 0.5
    to_growth = _HOUR / mean
    return Slope(rise * to_growth, (rise - _Z * error) * to_growth, (rise + _Z * error) * to_growth)
