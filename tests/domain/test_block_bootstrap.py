"""The interval of a mean by the circular block bootstrap, held against enumeration and against known distributions."""

# pyright: reportPrivateUsage=false
# The length of the blocks is computed here a second time, from the formulas of its source.

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from domain import block_bootstrap
from domain.block_bootstrap import block_length, mean_interval

SIX = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0]


def _autoregressive(seed: int, size: int, weight: float) -> list[float]:
    """x[t] = weight · x[t - 1] + normal noise of deviation 1; the mean is 0."""
    random, found = np.random.default_rng(seed), [0.0]
    for noise in random.standard_normal(size + 50):
        found.append(weight * found[-1] + float(noise))
    return found[-size:]


@pytest.mark.parametrize("block", [1, 2, 3, 4, 6])
def test_the_resampled_means_have_the_distribution_of_all_possible_resamples(block: int) -> None:
    """All draws of blocks are equally likely; the last block of a resample is cut (four values and two)."""
    n, blocks = len(SIX), math.ceil(len(SIX) / block)
    circle = [*SIX, *SIX]
    means = [
        sum([value for start in starts for value in circle[start : start + block]][:n]) / n
        for starts in product(range(n), repeat=blocks)
    ]
    found = block_bootstrap._means(np.asarray(SIX), block, np.random.default_rng(1))
    assert found.mean() == pytest.approx(np.mean(means), abs=4 * float(np.std(means)) / 100)
    assert found.std() == pytest.approx(np.std(means), rel=0.03, abs=1e-9)
    assert set(np.round(found, 9)) <= set(np.round(means, 9))
    assert np.quantile(found, (0.1, 0.9)) == pytest.approx(np.quantile(means, (0.1, 0.9)), abs=0.35)


def _length_by_formula(values: Sequence[float]) -> int:
    """Politis and White (2004), section 3, with D = 4/3 g(0)² of the correction (2009), written as sums."""
    n, mean = len(values), sum(values) / len(values)
    parts = [value - mean for value in values]

    def covariance(lag: int) -> float:
        return sum(parts[at] * parts[at + lag] for at in range(n - lag)) / n

    bound, run = 2 * math.sqrt(math.log10(n) / n), max(5, math.ceil(math.sqrt(math.log10(n))))
    most = math.ceil(math.sqrt(n)) + run
    small = [abs(covariance(lag) / covariance(0)) < bound for lag in range(1, most + 1)]
    last = next((lag for lag in range(most - run + 1) if all(small[lag : lag + run])), None)
    width = most if last is None else min(2 * max(last, 1), most)

    def weight(lag: int) -> float:
        return 1.0 if lag / width <= 0.5 else 2 * (1 - lag / width)

    both = [lag for lag in range(-width, width + 1) if lag]
    g = sum(weight(abs(lag)) * abs(lag) * covariance(abs(lag)) for lag in both)
    spectrum = covariance(0) + sum(weight(abs(lag)) * covariance(abs(lag)) for lag in both)
    optimal = math.cbrt(2 * g * g / (4 / 3 * spectrum**2)) * math.cbrt(n)
    return max(1, min(math.ceil(optimal), math.ceil(min(3 * math.sqrt(n), n / 3))))


@pytest.mark.parametrize("weight", [-0.4, 0.0, 0.5, 0.9])
@pytest.mark.parametrize("size", [30, 90, 400])
def test_the_length_of_the_blocks_is_that_of_the_formulas(size: int, weight: float) -> None:
    for seed in range(5):
        values = _autoregressive(seed, size, weight)
        assert block_length(np.asarray(values)) == _length_by_formula(values)


def test_blocks_are_longer_where_values_depend_more_on_those_before() -> None:
    lengths = [
        np.mean([block_length(np.asarray(_autoregressive(seed, 400, weight))) for seed in range(20)])
        for weight in (0.0, 0.5, 0.9)
    ]
    assert lengths == sorted(lengths)
    assert lengths[2] > 3 * lengths[0]


@pytest.mark.parametrize(
    ("size", "weight", "least", "most"),
    [(30, 0.0, 0.91, 0.97), (120, 0.0, 0.92, 0.98), (120, 0.3, 0.88, 0.96)],
)
def test_the_interval_holds_the_mean_as_often_as_it_claims(
    monkeypatch: pytest.MonkeyPatch, size: int, weight: float, least: float, most: float
) -> None:
    """The mean is 0 by construction. 600 series: the share has a standard error of 0.009."""
    monkeypatch.setattr(block_bootstrap, "RESAMPLES", 500)
    found = [mean_interval(_autoregressive(seed, size, weight), seed) for seed in range(600)]
    assert least < sum(one.low <= 0 <= one.high for one in found) / len(found) < most


def test_independent_values_have_the_interval_of_students_t() -> None:
    """For 60 normal values the t interval is exact: mean ± 2.001 s / √60."""
    series = (_autoregressive(seed, 60, 0.0) for seed in range(20))
    values = next(one for one in series if block_length(np.asarray(one)) == 1)
    found, mean = mean_interval(values), float(np.mean(values))
    half = 2.0010 * float(np.std(values, ddof=1)) / math.sqrt(60)
    assert (found.low, found.high) == pytest.approx((mean - half, mean + half), abs=0.06 * half)


def test_the_same_values_have_the_same_interval_and_equal_values_have_no_width() -> None:
    values = _autoregressive(1, 40, 0.2)
    assert mean_interval(values) == mean_interval(values)
    assert mean_interval([0.25] * 30) == (0.25, 0.25, 1)


def test_two_values_have_no_interval() -> None:
    with pytest.raises(ValueError, match="an interval of 2 values is not known"):
        mean_interval([1.0, 2.0])
