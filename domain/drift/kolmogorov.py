"""The two-sample test of Kolmogorov and Smirnov: whether two samples have one distribution.

The statistic is the greatest distance of the two empirical distribution functions (Smirnov, 1939). Its p-value is
asymptotic: Q(x) = 2 * sum over k >= 1 of (-1)^(k - 1) * exp(-2 k² x²) (Kolmogorov, 1933), at
x = (sqrt(e) + 0.12 + 0.11 / sqrt(e)) * D for e = n m / (n + m), the correction of Stephens (1970), "Use of the
Kolmogorov-Smirnov, Cramér-von Mises and Related Statistics Without Extensive Tables".
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from domain.drift.reference import Floats

_SMALL: Final = 0.2
"""Below it the probability is 1 to the last bit, and the series needs too many terms."""


def distance(reference: Floats, values: Floats) -> float:
    """The greatest distance of the distribution functions, 0..1, of two samples that are not empty.

    NaN is a missing value. It counts as less than every number, so that a change of the missing share is a distance.
    """
    one, other = _sorted(reference), _sorted(values)
    points = np.concatenate((one, other))
    below = np.searchsorted(one, points, side="right") / len(one)
    same = np.searchsorted(other, points, side="right") / len(other)
    return float(np.max(np.abs(below - same)))


def _sorted(values: Floats) -> Floats:
    return np.sort(np.where(np.isnan(values), -np.inf, values))


def p_value(statistic: float, one: float, other: float) -> float:
    """The probability, 0..1, of this distance or a greater one for samples of these sizes with one distribution.

    The size of a sample of correlated values is the number of independent ones that tell as much, above 0.
    """
    root = math.sqrt(one * other / (one + other))
    return tail((root + 0.12 + 0.11 / root) * statistic)


def tail(scaled: float) -> float:
    """Q(x), the probability that the limit of Kolmogorov's distribution is `scaled` or more."""
    if scaled < _SMALL:
        return 1.0
    total, sign = 0.0, 2.0
    for k in range(1, 101):
        term = sign * math.exp(-2.0 * (k * scaled) ** 2)
        total += term
        if abs(term) <= 1e-17 * abs(total):
            break
        sign = -sign
    return min(1.0, max(0.0, total))
