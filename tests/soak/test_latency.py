"""The arithmetic of latencies: quantiles within buckets, and halves that differ by more than their minutes do."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.soak.latency import drift, quantile


def _minute(slow: float, count: float = 100.0) -> dict[str, float]:
    """A minute of so many observations, of which this share took 10 to 100 ms and the rest less."""
    return {"0.01": count * (1 - slow), "0.1": count, "+Inf": count}


@pytest.mark.parametrize(("part", "expected"), [(0.45, 0.005), (0.9, 0.01), (0.95, 0.055), (1.0, 0.1)])
def test_a_quantile_is_interpolated_within_its_bucket(part: float, expected: float) -> None:
    assert quantile(_minute(0.1), part) == pytest.approx(expected)


def test_a_quantile_beyond_the_last_bound_is_that_bound() -> None:
    assert quantile({"0.1": 50.0, "+Inf": 100.0}, 0.99) == 0.1


def test_there_is_no_quantile_where_nothing_was_observed() -> None:
    assert math.isnan(quantile(_minute(0.1, 0.0), 0.5))
    assert math.isnan(quantile({}, 0.5))


def test_a_second_half_with_more_slow_observations_grows() -> None:
    assert drift([_minute(0.02)] * 20 + [_minute(0.2)] * 20, 0.95).verdict == "grows"


def test_equal_halves_are_flat() -> None:
    found = drift([_minute(0.1)] * 40, 0.95)
    assert (found.ratio, found.low, found.high, found.verdict) == (1.0, 1.0, 1.0, "flat")


def test_halves_whose_minutes_differ_among_themselves_are_unknown() -> None:
    random = np.random.default_rng(11)
    minutes = [_minute(float(one)) for one in random.choice([0.0, 0.4], 40)]
    assert drift(minutes, 0.8).verdict == "unknown"


def test_a_half_without_observations_is_unknown() -> None:
    found = drift([_minute(0.1, 0.0)] * 10 + [_minute(0.1)] * 10, 0.5)
    assert math.isnan(found.ratio)
    assert found.verdict == "unknown"
