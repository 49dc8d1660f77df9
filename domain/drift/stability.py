"""The population stability index: how far the shares of bins are from those of training.

PSI = sum over the bins of (actual - expected) * ln(actual / expected). It is the symmetric Kullback-Leibler divergence
of the two shares (Kullback and Leibler, 1951; Jeffreys, 1946). Siddiqi (2006), "Credit Risk Scorecards", names it PSI
and calls 0.1 to 0.25 a small shift and more a large one. Without drift its expectation is about
(bins - 1) * (1/n + 1/m) for n values against m of training (Yurdakul, 2018, "Statistical Properties of Population
Stability Index"), so it means little for a few dozen values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.drift.reference import Floats, bin_counts

_SPARED = 0.5
"""Added to the count of each bin, so that an empty one has no infinite index (Jeffreys' prior of a share)."""


def stability_index(edges: Sequence[float], expected: Sequence[float], values: Floats) -> float:
    """The PSI of `values`, 0 or more; NaN is a missing value and has the last bin.

    `edges` divide the bins and rise; `expected` are the counts of training in the bins, the last of missing values.
    """
    return divergence(np.asarray(expected, dtype=np.float64), bin_counts(edges, values))


def divergence(expected: Floats, actual: Floats) -> float:
    """The PSI of two rows of counts, each with half a count more in every bin."""
    one, other = _shares(expected), _shares(actual)
    return float(np.sum((other - one) * np.log(other / one)))


def expected_index(bins: int, one: float, other: float) -> float:
    """The PSI of two samples of these sizes with one distribution, on average: (bins - 1) * (1/one + 1/other)."""
    return (bins - 1) * (1 / one + 1 / other)


def _shares(counts: Floats) -> Floats:
    spared = counts + _SPARED
    return np.asarray(spared / spared.sum(), dtype=np.float64)
