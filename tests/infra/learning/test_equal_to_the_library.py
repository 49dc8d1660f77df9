"""Our walk of trees gives scikit-learn's answer to the last bit; our figures are scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np
import pytest

from domain.learning.figures import auc, log_loss, squared_errors
from domain.learning.settings import TrainingSettings
from domain.models.calibration import Isotonic, Platt
from domain.models.tree_member import TreeHeads, boosting, forest
from domain.models.trees import Trees, doubled
from infra.learning.calibrating import calibration
from infra.learning.dataset import Floats
from infra.learning.library import learners, one_thread
from infra.learning.members import TRAINERS, Lesson, TrainedMember
from tests.infra.learning.rows import dataset, planted

ROWS = 20_000
READERS = {"boosting": boosting, "forest": forest}
SETTINGS = TrainingSettings(trees=12, depth=6, leaves=24, least_rows=5)


def _trained(kind: str, rows: int = 1_500) -> TrainedMember:
    data = planted(3, rows)
    with one_thread():
        return TRAINERS[kind](Lesson(data, np.arange(rows), np.linspace(0.2, 1, rows), SETTINGS, 5))


def _hostile(kind: str) -> Floats:
    """Rows with missing values, values at and beside thresholds, huge, tiny and negative zero values."""
    random = np.random.default_rng(9)
    x = random.normal(size=(ROWS, 8))
    heads = msgspec.json.decode(_trained(kind).content, type=TreeHeads)
    exact = [one for one in heads.win.threshold if one is not None]
    beside = [np.nextafter(one, toward) for one in exact for toward in (-np.inf, np.inf)]
    single = [float(np.float32(one)) for one in exact]
    special = np.array([*exact, *beside, *single, 0.0, -0.0, 1e-320, 1e30, -1e30, np.nan])
    wanted = random.random(x.shape) < 0.4
    x[wanted] = random.choice(special, int(wanted.sum()))
    return x


@pytest.mark.parametrize("kind", ["boosting", "forest"])
def test_the_walk_equals_the_library_to_the_last_bit_on_hostile_rows(kind: str) -> None:
    member = _trained(kind)
    x = _hostile(kind)
    theirs = member.predict(dataset(x, np.zeros(ROWS)), np.arange(ROWS))
    ours = READERS[kind](member.content, 8)
    found = [ours.predict(row) for row in x.tolist()]
    for head in ("win", "stopped", "net"):
        assert [getattr(one, head) for one in found] == getattr(theirs, head).tolist(), head
    assert len(set(theirs.win.tolist())) > 100


@pytest.mark.parametrize("kind", ["boosting", "forest"])
def test_effects_and_the_middle_are_the_sum_of_the_trees(kind: str) -> None:
    heads = msgspec.json.decode(_trained(kind).content, type=TreeHeads)
    trees = Trees(heads.win, 8)
    member = READERS[kind](_trained(kind).content, 8)
    for row in _hostile(kind)[:500].tolist():
        walked = doubled(row)
        prediction, effects = trees.explained(walked)
        assert prediction == trees.predict(walked)
        assert trees.linked(trees.middle + float(effects.sum())) == pytest.approx(prediction, abs=1e-12)
        predicted = member.predict(row)
        moved = predicted.win - trees.linked(trees.middle)
        assert float(predicted.effects.sum()) == pytest.approx(moved, abs=1e-12)


def test_a_feature_without_any_value_in_training_is_walked_as_the_library_does() -> None:
    data = planted(4, 800)
    x = data.x.copy()
    x[:, 5] = np.nan
    for kind, reader in READERS.items():
        with one_thread():
            member = TRAINERS[kind](Lesson(dataset(x, data.net), np.arange(800), np.ones(800), SETTINGS, 1))
        later = data.x
        theirs = member.predict(dataset(later, data.net), np.arange(800))
        ours = reader(member.content, 8)
        assert [ours.predict(row).win for row in later.tolist()] == theirs.win.tolist()


def test_a_head_whose_outcomes_are_all_equal_has_the_rate_of_succession() -> None:
    data = planted(4, 400)
    with one_thread():
        member = TRAINERS["forest"](
            Lesson(dataset(data.x, np.abs(data.net)), np.arange(400), np.ones(400), SETTINGS, 1)
        )
    assert forest(member.content, 8).predict(data.x[0].tolist()).win == pytest.approx(401 / 402, abs=1e-12)


def test_brier_log_loss_and_auc_are_those_of_the_library() -> None:
    random = np.random.default_rng(2)
    predicted = np.round(random.random(5_000), 2)  # ties, zeros and ones
    happened = random.random(5_000) < predicted
    metrics = learners("metrics")
    ours: Mapping[str, Callable[[], float | None]] = {
        "brier_score_loss": lambda: float(squared_errors(predicted, happened).mean()),
        "log_loss": lambda: log_loss(predicted, happened),
        "roc_auc_score": lambda: auc(predicted, happened),
    }
    for name, ours_of in ours.items():
        assert ours_of() == pytest.approx(getattr(metrics, name)(happened, predicted), rel=1e-12), name


def test_isotonic_points_give_the_values_of_the_library() -> None:
    random = np.random.default_rng(6)
    predicted = random.random(1_200)
    happened = random.random(1_200) < predicted**2
    weights = random.random(1_200)
    found = calibration(predicted, happened, weights)
    assert isinstance(found, Isotonic)
    found.check()
    model: Any = learners("isotonic").IsotonicRegression(
        y_min=1 / 1_202, y_max=1 - 1 / 1_202, out_of_bounds="clip"
    )
    model.fit(predicted, happened.astype(float), sample_weight=weights)
    later = np.concatenate((random.random(2_000), predicted, [0.0, 1.0]))
    assert [found.calibrated(one) for one in later.tolist()] == pytest.approx(
        model.predict(later).tolist(), abs=1e-12
    )


def test_few_labels_are_calibrated_by_platts_map_which_never_falls() -> None:
    random = np.random.default_rng(6)
    predicted = random.random(400)
    rising = calibration(predicted, random.random(400) < predicted, np.ones(400))
    falling = calibration(predicted, random.random(400) > predicted, np.ones(400))
    assert isinstance(rising, Platt)
    assert rising.calibrated(0.9) > 0.7 > 0.3 > rising.calibrated(0.1)
    assert isinstance(falling, Platt)
    assert falling.slope == 0
    assert falling.calibrated(0.9) == pytest.approx(0.5, abs=0.06)
