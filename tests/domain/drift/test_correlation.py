"""How many rows that follow each other tell as much as one independent row."""

from __future__ import annotations

import math

import numpy as np
import pytest

from domain.drift.correlation import Floats, correlation_time

DECILES = tuple(float(one) for one in (-1.2816, -0.8416, -0.5244, -0.2533, 0, 0.2533, 0.5244, 0.8416, 1.2816))


def _autoregression(correlation: float, rows: int = 20_000) -> Floats:
    noise = np.random.default_rng(7).standard_normal(rows) * math.sqrt(1 - correlation**2)
    for at in range(1, rows):
        noise[at] += correlation * noise[at - 1]
    return noise


def _of_the_median(correlation: float) -> float:
    """1 + 2 * sum of the correlations of the signs, 2/pi * arcsin(correlation^k): Sheppard (1899)."""
    return 1 + 2 * sum(2 / math.pi * math.asin(correlation**k) for k in range(1, 400))


@pytest.mark.parametrize("correlation", [0.3, 0.7, 0.9])
def test_the_time_of_a_normal_autoregression_is_that_of_its_median(correlation: float) -> None:
    found = correlation_time(DECILES, _autoregression(correlation))
    assert found == pytest.approx(_of_the_median(correlation), rel=0.15)


def test_independent_rows_have_a_time_of_one_row() -> None:
    assert correlation_time(DECILES, _autoregression(0.0)) == pytest.approx(1, abs=0.1)


def test_the_time_depends_on_the_order_of_the_values_and_not_on_their_distances() -> None:
    values = _autoregression(0.7)
    stretched = tuple(math.exp(3 * one) for one in DECILES)
    assert correlation_time(stretched, np.exp(3 * values)) == correlation_time(DECILES, values)
    assert correlation_time(DECILES, np.random.default_rng(1).permutation(values)) < 1.2


def test_values_that_are_missing_for_long_have_the_time_of_their_absence() -> None:
    values = _autoregression(0.0)
    values[np.repeat(np.random.default_rng(2).random(400) < 0.5, 50)] = np.nan
    assert correlation_time(DECILES, values) == pytest.approx(50, rel=0.3)


@pytest.mark.parametrize("values", [[3.0] * 500, [np.nan] * 500, [1.0], [-1.0, 1.0] * 250])
def test_values_that_do_not_vary_or_only_alternate_have_a_time_of_one_row(values: list[float]) -> None:
    assert correlation_time((0.0,), np.asarray(values)) == 1
