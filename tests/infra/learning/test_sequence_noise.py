"""The gate finds no skill of an ensemble with the LSTM where there is none, and finds a signal that only it can see.

`make torch` runs one seed of each kind of noise; `WHENCE_NOISE_SEEDS=100` tries so many of each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import pytest

from domain.learning.gate import LEAST_FOR_A_SEQUENCE
from domain.learning.sequence_settings import SequenceSettings
from domain.learning.settings import TrainingSettings
from domain.models.members import SEQUENCE
from infra.learning.dataset import Dataset
from infra.learning.library import one_thread
from infra.learning.pytorch import is_installed
from infra.learning.training import TREES
from infra.learning.validation import Validation, validated
from tests.infra.learning.rows import noise, planted_in_sequence, shuffled, wandering

SEEDS = int(os.environ.get("WHENCE_NOISE_SEEDS", "1"))
CHEAP = TrainingSettings(
    trees=8,
    tests=2,
    sequence=SequenceSettings(rows=4, hidden=8, batch=128, epochs=12, patience=3, learning_rate=0.01),
)
pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(not is_installed(), reason="the extra torch is not installed: `make torch`"),
]


def _validation(data: Dataset, seed: int, kinds: Sequence[str] = (SEQUENCE, *TREES)) -> Validation:
    with one_thread():
        found = validated(data, kinds, CHEAP, seed, lambda _name, _done, _all: None)
    assert found is not None
    return found


@pytest.mark.timeout(60 * SEEDS + 240)
@pytest.mark.parametrize("rows", [noise, shuffled, wandering])
def test_noise_passes_the_gate_in_at_most_five_of_a_hundred_seeds(rows: Callable[..., Dataset]) -> None:
    found = [_validation(rows(seed, LEAST_FOR_A_SEQUENCE), seed) for seed in range(SEEDS)]
    beyond_luck = sum(one.gain is not None and one.gain.low > 0 for one in found)
    assert sum(one.verdict.passed for one in found) <= 0.05 * SEEDS
    assert beyond_luck <= 0.05 * SEEDS


@pytest.mark.timeout(300)
def test_a_signal_in_the_row_before_passes_the_gate_only_with_the_sequence_member() -> None:
    data = planted_in_sequence(1)
    found = _validation(data, 1)
    assert found.verdict.passed, found.verdict.reasons
    assert found.model.auc is not None
    assert found.model.auc > 0.8
    without = _validation(data, 1, TREES)
    assert not without.verdict.passed
    assert without.model.auc == pytest.approx(0.5, abs=0.05)
