"""How much more was traded than before, and how far a figure exceeds its limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum


def times_average(volumes: Sequence[float], recent: int) -> float:
    """The mean of the last `recent` volumes by the mean of those before them; 0 if there was no volume before."""
    split = len(volumes) - recent
    before = fsum(volumes[:split]) / split
    return fsum(volumes[split:]) / recent / before if before else 0.0


def excess(figure: float, limit: float) -> float:
    """0..1: 0.5 where the figure is at its limit, 1 from twice the limit on; 1 for a limit of 0."""
    return max(0.0, min(1.0, figure / (2.0 * limit))) if limit else 1.0


def ending_at(figures: Sequence[float], bar: int, length: int) -> Callable[[], Sequence[float]]:
    """The `length` figures that end at this bar, cut when they are needed."""
    return lambda: figures[bar + 1 - length : bar + 1]
