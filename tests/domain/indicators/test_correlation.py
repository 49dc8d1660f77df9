"""The correlation of two series: equal to numpy's and to the standard library's."""

from __future__ import annotations

import random
import statistics

import numpy as np
import pytest

from domain.indicators import correlation


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("count", [2, 3, 10, 100, 1_000])
def test_a_correlation_equals_that_of_numpy_and_of_statistics(seed: int, count: int) -> None:
    draw = random.Random(seed)
    one = [draw.gauss(0.0, 0.01) for _ in range(count)]
    other = [value * draw.uniform(-1.0, 1.0) + draw.gauss(0.0, 0.01) for value in one]
    found = correlation(one, other)
    assert found == pytest.approx(float(np.corrcoef(one, other)[0, 1]), abs=1e-12)
    assert found == pytest.approx(statistics.correlation(one, other), abs=1e-12)


def test_series_in_proportion_have_a_correlation_of_one_or_minus_one() -> None:
    series = [0.01, -0.02, 0.005, 0.03]
    assert correlation(series, [3 * value for value in series]) == pytest.approx(1.0, abs=1e-15)
    assert correlation(series, [-value for value in series]) == pytest.approx(-1.0, abs=1e-15)


def test_the_order_of_the_pairs_does_not_change_the_result() -> None:
    draw = random.Random(5)
    pairs = [(draw.gauss(0, 1e-3), draw.gauss(0, 1e3)) for _ in range(500)]
    found = correlation([x for x, _ in pairs], [y for _, y in pairs])
    draw.shuffle(pairs)
    assert correlation([x for x, _ in pairs], [y for _, y in pairs]) == found


def test_a_series_that_does_not_vary_has_no_correlation() -> None:
    assert correlation([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]) is None


@pytest.mark.parametrize(("one", "other"), [([1.0], [1.0]), ([1.0, 2.0], [1.0]), ([], [])])
def test_series_of_different_lengths_or_of_one_value_are_refused(
    one: list[float], other: list[float]
) -> None:
    with pytest.raises(ValueError, match="two series of at least 2 values"):
        correlation(one, other)
