"""The two-sample Kolmogorov-Smirnov test, held against scipy."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from domain.drift.kolmogorov import distance, p_value, tail

STATS: Any = import_module("scipy.stats")
"""scipy has no types."""


@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0])
def test_the_statistic_is_that_of_scipy_also_with_ties(shift: float) -> None:
    random = np.random.default_rng(5)
    for size, other in ((3, 7), (50, 200), (256, 256)):
        one = np.round(random.standard_normal(size), 1)
        two = np.round(random.standard_normal(other) + shift, 1)
        assert distance(one, two) == pytest.approx(STATS.ks_2samp(one, two).statistic, abs=1e-15)


def test_the_tail_is_that_of_the_limit_distribution() -> None:
    for scaled in np.linspace(0.2, 6, 59):
        assert tail(float(scaled)) == pytest.approx(STATS.kstwobign.sf(scaled), rel=1e-9, abs=1e-15)
    assert tail(0.0) == tail(0.19) == 1.0


@pytest.mark.parametrize(("one", "two"), [(40, 60), (256, 200)])
def test_the_p_value_is_near_the_exact_one(one: int, two: int) -> None:
    random = np.random.default_rng(6)
    for shift in (0.0, 0.1, 0.2, 0.4):
        first, second = random.standard_normal(one), random.standard_normal(two) + shift
        exact = STATS.ks_2samp(first, second, method="exact")
        assert p_value(distance(first, second), one, two) == pytest.approx(exact.pvalue, abs=0.02)


def test_a_missing_value_counts_as_less_than_every_number() -> None:
    one, two = np.asarray([1.0, 2.0, 3.0, 4.0]), np.asarray([np.nan, np.nan, 3.0, 4.0])
    assert distance(one, two) == 0.5
    assert distance(one, np.asarray([np.nan])) == 1.0
    assert distance(two, two) == 0.0
