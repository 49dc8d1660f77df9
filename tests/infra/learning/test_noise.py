"""The gate finds no skill where there is none, and finds it where it is planted.

`WHENCE_NOISE_SEEDS=100` tries so many seeds of each kind of noise. The share of false promotions must be at most 5 %;
with three seeds of each kind that is none.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from domain.learning.settings import TrainingSettings
from infra.learning.dataset import Dataset
from infra.learning.library import one_thread
from infra.learning.training import TREES
from infra.learning.validation import Validation, validated
from tests.infra.learning.rows import leaking, noise, planted, shuffled, wandering

SEEDS = int(os.environ.get("WHENCE_NOISE_SEEDS", "3"))
CHEAP = TrainingSettings(trees=8, tests=3)


def _validation(data: Dataset, seed: int) -> Validation:
    with one_thread():
        found = validated(data, TREES, CHEAP, seed, lambda _name, _done, _all: None)
    assert found is not None
    return found


@pytest.mark.timeout(60 * SEEDS + 240)
@pytest.mark.parametrize("rows", [noise, shuffled, wandering])
def test_noise_passes_the_gate_in_at_most_five_of_a_hundred_seeds(rows: Callable[[int], Dataset]) -> None:
    found = [_validation(rows(seed), seed) for seed in range(SEEDS)]
    beyond_luck = sum(one.gain is not None and one.gain.low > 0 for one in found)
    assert sum(one.verdict.passed for one in found) <= 0.05 * SEEDS
    assert beyond_luck <= 0.05 * SEEDS


def test_a_planted_signal_that_no_line_parts_passes_the_gate() -> None:
    found = _validation(planted(1), 1)
    assert found.verdict.passed, found.verdict.reasons
    assert found.model.auc is not None
    assert found.model.auc > 0.7
    assert not found.warnings


def test_a_feature_that_knows_its_label_shows_as_impossible_skill() -> None:
    found = _validation(leaking(1), 1)
    assert found.model.auc is not None
    assert found.model.auc > 0.95
    assert "look for a feature that knows its label" in found.warnings[0]
