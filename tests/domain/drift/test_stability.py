"""The population stability index, held against scipy's relative entropy."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from domain.drift.reference import reference_of
from domain.drift.stability import divergence, stability_index

STATS: Any = import_module("scipy.stats")
"""scipy has no types."""


def test_the_index_is_the_sum_of_both_relative_entropies() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        expected, actual = (random.integers(0, 60, 11).astype(np.float64) for _ in range(2))
        one, other = expected + 0.5, actual + 0.5
        assert divergence(expected, actual) == pytest.approx(
            STATS.entropy(one, other) + STATS.entropy(other, one), rel=1e-12
        )


def test_without_drift_the_mean_of_the_index_is_that_of_its_source() -> None:
    """(bins - 1) * (1/n + 1/m) with ten bins and a missing one that stays empty, so nine degrees of freedom."""
    random = np.random.default_rng(2)
    found: list[float] = []
    for _ in range(400):
        reference = reference_of(["one"], random.standard_normal((2_000, 1))).features[0]
        found.append(
            stability_index(reference.edges, reference.counts, np.asarray(random.standard_normal(500)))
        )
    assert np.mean(found) == pytest.approx(9 * (1 / 500 + 1 / 2_000), rel=0.1)


def test_a_shift_by_a_deviation_is_large_and_no_shift_is_small() -> None:
    random = np.random.default_rng(3)
    reference = reference_of(["one"], random.standard_normal((5_000, 1))).features[0]
    values = np.asarray(random.standard_normal(500))
    assert stability_index(reference.edges, reference.counts, values) < 0.1
    assert stability_index(reference.edges, reference.counts, values + 1) > 0.5


def test_values_that_go_missing_raise_the_index() -> None:
    random = np.random.default_rng(4)
    reference = reference_of(["one"], random.standard_normal((1_000, 1))).features[0]
    values = np.asarray(random.standard_normal(300))
    values[::3] = np.nan
    assert stability_index(reference.edges, reference.counts, values) > 0.25


def test_a_feature_with_one_value_has_one_edge_and_finds_any_other_value() -> None:
    reference = reference_of(["one"], np.full((400, 1), 7.0)).features[0]
    assert reference.edges == (7.0,)
    assert stability_index(reference.edges, reference.counts, np.full(200, 7.0)) < 0.01
    assert stability_index(reference.edges, reference.counts, np.full(200, 7.5)) > 1
