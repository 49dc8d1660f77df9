"""A series: one float for each bar, oldest first; nan for a bar without a value."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from operator import add

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def recursion(values: FloatArray, seed_bars: int, step: Callable[[float, float], float]) -> FloatArray:
    """The mean of the first `seed_bars` values, then `step(previous, value)`; nan before the seed.

    Shape in and out: (n,).
    """
    if len(values) < seed_bars:
        return np.full(len(values), np.nan)
    seed = total(values[:seed_bars]) / seed_bars
    smoothed = accumulate(values[seed_bars:].tolist(), step, initial=seed)
    return ending(np.fromiter(smoothed, np.float64), len(values))


def total(values: FloatArray) -> float:
    """The sum from left to right. `numpy.sum` adds in another order, and `sum` may compensate for rounding errors."""
    *_, last = accumulate(values.tolist(), add, initial=0.0)
    return last


def ending(tail: FloatArray, length: int) -> FloatArray:
    """A series of `length` bars that ends with `tail` and is nan before it."""
    return np.concatenate([np.full(length - len(tail), np.nan), tail])
