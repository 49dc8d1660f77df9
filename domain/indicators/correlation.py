"""The correlation of two series."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt


def correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Pearson's correlation of two series of one length, -1..1; None where one of them does not vary.

    The sums are rounded once (`math.fsum`), so the result depends on no order of addition. ValueError for different
    lengths and for fewer than 2 values.
    """
    count = len(one)
    if count != len(other) or count < 2:
        raise ValueError(f"two series of at least 2 values are correlated, not of {count} and {len(other)}")
    first, second = _centred(one), _centred(other)
    spread = sqrt(_product(first, first)) * sqrt(_product(second, second))
    return max(-1.0, min(1.0, _product(first, second) / spread)) if spread else None


def _centred(values: Sequence[float]) -> list[float]:
    mean = fsum(values) / len(values)
    return [value - mean for value in values]


def _product(one: Sequence[float], other: Sequence[float]) -> float:
    return fsum([x * y for x, y in zip(one, other, strict=True)])
