"""Training of the LSTM by PyTorch; `make torch` runs it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from domain.errors import InvalidInput, MissingParts
from domain.learning.sequence_settings import SequenceSettings
from domain.learning.settings import TrainingSettings
from domain.models.sequence_member import SequenceMember
from infra.learning import pytorch as installed
from infra.learning.dataset import Dataset, Flags, LabelSource
from infra.learning.histories import histories
from infra.learning.members import Lesson
from infra.learning.pytorch import pytorch
from infra.learning.sequence_trainer import lstm
from infra.learning.sequence_training import TrainedSequence, train_sequence

ROWS = 1_200
QUICK = SequenceSettings(rows=4, hidden=8, batch=64, epochs=12, patience=4, learning_rate=0.02)
needs_torch = [
    pytest.mark.torch,
    pytest.mark.skipif(not installed.is_installed(), reason="the extra torch is not installed: `make torch`"),
]


def _dataset(seed: int = 1) -> Dataset:
    """Two instruments. A trade gains where the first feature of this row and of the instrument's last one are high."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((ROWS, 3))
    x[random.random(x.shape) < 0.05] = np.nan
    first = np.nan_to_num(x[:, 0])
    before = np.concatenate(([0.0, 0.0], first[:-2]))
    gains: Flags = random.random(ROWS) < 1 / (1 + np.exp(-2 * (first + before)))
    at = np.arange(ROWS, dtype=np.int64) * 3_600_000_000
    return Dataset(
        feature_set="test.1",
        features=("one", "two", "three"),
        x=x,
        signal_at=at,
        resolved_at=at + 7_200_000_000,
        net=np.where(gains, 0.01, -0.01),
        stopped=~gains,
        strategies=["trend"] * ROWS,
        instruments=["A", "B"] * (ROWS // 2),
        labels=[LabelSource.BARRIER] * ROWS,
    )


DATA = _dataset()
ALL = np.arange(ROWS)


def _trained(seed: int = 3, settings: SequenceSettings = QUICK) -> TrainedSequence:
    return train_sequence(DATA, ALL[:1_000], np.ones(1_000), settings, seed)


class TestWithPyTorch:
    pytestmark = needs_torch

    def test_equal_rows_and_seed_give_equal_weights_and_another_seed_others(self) -> None:
        short = replace(QUICK, epochs=2)
        one, same, other = (_trained(seed, short) for seed in (3, 3, 4))
        assert one.content == same.content
        assert one.passes == same.passes
        assert one.content.inputs != other.content.inputs

    def test_it_finds_a_signal_in_the_row_before(self) -> None:
        """Without the row before, the best possible accuracy is about 0.7."""
        lesson = Lesson(DATA, ALL[:1_000], np.ones(1_000), TrainingSettings(sequence=QUICK), 3)
        found = lstm(lesson).predict(DATA, ALL[1_000:])
        right = (found.win > 0.5) == (DATA.net[1_000:] > 0)
        assert right.mean() > 0.74
        assert found.stopped == pytest.approx(1 - found.win, abs=0.25)
        assert np.corrcoef(found.net, found.win)[0, 1] > 0.9

    def test_many_rows_at_once_have_the_heads_of_each_alone(self) -> None:
        trained = lstm(Lesson(DATA, ALL[:1_000], np.ones(1_000), TrainingSettings(sequence=QUICK), 3))
        found = trained.predict(DATA, ALL[:20])
        member = SequenceMember(_trained().content, 3)
        for at, places in enumerate(histories(DATA.instruments, DATA.signal_at, 4)[:20]):
            *earlier, row = DATA.x[places[places >= 0]].tolist()
            assert member.predict(row, earlier).win == pytest.approx(found.win[at], abs=1e-12)

    def test_the_walk_of_a_trained_model_is_that_of_pytorch(self) -> None:
        content = _trained().content
        assert _by_pytorch(content, DATA.x[:4].tolist()) == pytest.approx(
            SequenceMember(content, 3).predict(DATA.x[3].tolist(), DATA.x[:3].tolist()).win, abs=1e-9, rel=0
        )

    def test_training_ends_when_the_held_out_rows_gain_nothing_and_the_best_pass_counts(self) -> None:
        found = _trained(settings=replace(QUICK, epochs=200, patience=2, learning_rate=0.05))
        held_out = [one.held_out for one in found.passes]
        assert len(held_out) < 200
        assert held_out[found.best] == min(held_out)
        assert len(held_out) - 1 - found.best == 2

    def test_accumulated_batches_are_one_step(self) -> None:
        """Two batches of 64 and one of 128 have the same gradient, so nearly the same first pass."""
        two = _trained(settings=replace(QUICK, epochs=1, batch=64, accumulate=2))
        one = _trained(settings=replace(QUICK, epochs=1, batch=128))
        assert two.passes[0].trained == pytest.approx(one.passes[0].trained, rel=1e-4)
        assert two.passes[0].held_out == pytest.approx(one.passes[0].held_out, rel=1e-4)

    def test_progress_is_stated_for_each_pass(self) -> None:
        stated: list[tuple[str, int, int]] = []

        def state(name: str, done: int, steps: int) -> None:
            stated.append((name, done, steps))

        train_sequence(DATA, ALL, np.ones(ROWS), replace(QUICK, epochs=2), 3, state)
        assert stated == [("sequence", 0, 2), ("sequence", 1, 2), ("sequence", 2, 2)]


def _by_pytorch(content: Any, rows: list[list[float]]) -> float:
    """The head `win` by PyTorch in 64 bits."""
    torch = pytorch()
    lstm_ = torch.nn.LSTM(len(content.mean), len(content.bias) // 4, batch_first=True).double()
    values = {
        "weight_ih_l0": content.inputs,
        "weight_hh_l0": content.recurrent,
        "bias_ih_l0": content.bias,
        "bias_hh_l0": [0.0] * len(content.bias),
    }
    lstm_.load_state_dict({name: torch.tensor(one, dtype=torch.float64) for name, one in values.items()})
    x = (np.asarray(rows) - content.mean) / content.scale
    x = np.nan_to_num(np.clip(x, -content.limit, content.limit), nan=0.0)
    _, (last, _) = lstm_(torch.tensor(x[None]))
    logit = last[-1, 0] @ torch.tensor(content.heads[0], dtype=torch.float64) + content.head_bias[0]
    return 1 / (1 + math.exp(-float(logit.detach())))


def test_too_few_rows_are_refused_with_both_counts() -> None:
    with pytest.raises(InvalidInput, match="50 rows to train and 50 to hold out, not 170 and 30"):
        train_sequence(DATA, ALL[:200], np.ones(200), QUICK, 1)


def test_rows_that_were_not_resolved_before_the_held_out_ones_are_refused() -> None:
    late = replace(DATA, resolved_at=DATA.signal_at + 10**15)
    with pytest.raises(InvalidInput, match="only 0 rows were resolved"):
        train_sequence(late, ALL, np.ones(ROWS), QUICK, 1)


def test_without_pytorch_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_name: str) -> None:
        return None

    monkeypatch.setattr(installed, "find_spec", absent)
    with pytest.raises(MissingParts, match="make torch"):
        train_sequence(DATA, ALL, np.ones(ROWS), QUICK, 1)
