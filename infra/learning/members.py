"""Trains the members of an ensemble, by their kind. A new kind is one line in `TRAINERS`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from msgspec import Raw

from domain.learning.settings import TrainingSettings
from domain.models.members import BOOSTING, FOREST
from domain.models.tree_member import TreeHeads
from domain.models.trees import Link, TreeArrays, probability
from infra.learning.dataset import Dataset, Flags, Floats
from infra.learning.flattened import constant, of_boosting, of_forest
from infra.learning.levels import rounded
from infra.learning.library import learners

Rows = np.typing.NDArray[np.intp]


class HeadArrays(NamedTuple):
    """The heads of several rows before calibration (`domain/models/member.py`)."""

    win: Floats
    stopped: Floats
    net: Floats


class TrainedMember(NamedTuple):
    """A trained member: its content in a model file, and what it predicts of rows of a dataset, given by index."""

    content: Raw
    predict: Callable[[Dataset, Rows], HeadArrays]


class Lesson(NamedTuple):
    """What trains a member: rows of the dataset by index, a weight for each, the settings and the seed."""

    dataset: Dataset
    rows: Rows
    weights: Floats
    settings: TrainingSettings
    seed: int


Trainer = Callable[[Lesson], TrainedMember]


class _Head(NamedTuple):
    arrays: TreeArrays
    predict: Callable[[Floats], Floats]


def boosting(lesson: Lesson) -> TrainedMember:
    """HistGradientBoosting: three heads on the same rows."""
    settings = lesson.settings
    given = {
        "max_iter": settings.trees,
        "learning_rate": settings.learning_rate,
        "max_depth": settings.depth,
        "max_leaf_nodes": settings.leaves,
        "min_samples_leaf": settings.least_rows,
        "l2_regularization": 1.0,
        "early_stopping": False,
        "random_state": lesson.seed,
    }
    ensemble = learners("ensemble")

    def classifier(x: Floats, y: Flags, weights: Floats) -> _Head:
        model = ensemble.HistGradientBoostingClassifier(**given).fit(rounded(x), y, sample_weight=weights)
        return _Head(of_boosting(model, Link.LOGIT), _second_column(model))

    def regressor(x: Floats, y: Floats, weights: Floats) -> _Head:
        model = ensemble.HistGradientBoostingRegressor(**given).fit(rounded(x), y, sample_weight=weights)
        return _Head(of_boosting(model, Link.IDENTITY), model.predict)

    return _trained(lesson, classifier, regressor)


def forest(lesson: Lesson) -> TrainedMember:
    """RandomForest: three heads on the same rows. Its trees see at most `forest_rows` rows each."""
    settings = lesson.settings
    given: dict[str, Any] = {
        "n_estimators": settings.trees,
        "max_depth": settings.depth,
        "max_leaf_nodes": settings.leaves,
        "min_samples_leaf": settings.least_rows,
        "max_features": "sqrt",
        "max_samples": settings.forest_rows if settings.forest_rows < len(lesson.rows) else None,
        "random_state": lesson.seed,
        "n_jobs": 1,
    }
    ensemble = learners("ensemble")

    def classifier(x: Floats, y: Flags, weights: Floats) -> _Head:
        model = ensemble.RandomForestClassifier(**given).fit(x, y, sample_weight=weights)
        return _Head(of_forest(model, Link.MEAN, 1), _second_column(model))

    def regressor(x: Floats, y: Floats, weights: Floats) -> _Head:
        model = ensemble.RandomForestRegressor(**given).fit(x, y, sample_weight=weights)
        return _Head(of_forest(model, Link.MEAN, 0), model.predict)

    return _trained(lesson, classifier, regressor)


TRAINERS: Final[Mapping[str, Trainer]] = {BOOSTING: boosting, FOREST: forest}


def _trained(
    lesson: Lesson,
    classifier: Callable[[Floats, Flags, Floats], _Head],
    regressor: Callable[[Floats, Floats, Floats], _Head],
) -> TrainedMember:
    data, rows, weights = lesson.dataset, lesson.rows, lesson.weights
    x, net = data.x[rows], data.net[rows]
    win, stopped = (
        classifier(x, y, weights) if 0 < y.sum() < len(y) else _certain(y)
        for y in (net > 0, data.stopped[rows])
    )
    mean = regressor(x, net, weights)
    heads = TreeHeads(win=win.arrays, stopped=stopped.arrays, net=mean.arrays)

    def predict(dataset: Dataset, wanted: Rows) -> HeadArrays:
        later = dataset.x[wanted]
        return HeadArrays(win.predict(later), stopped.predict(later), mean.predict(later))

    return TrainedMember(Raw(msgspec.json.encode(heads, order="sorted")), predict)


def _certain(y: Flags) -> _Head:
    """The head where all rows have one outcome: Laplace's rule of succession, as log-odds."""
    happened = int(y.sum())
    odds = math.log((happened + 1) / (len(y) - happened + 1))

    def predict(x: Floats) -> Floats:
        return np.full(len(x), probability(odds))

    return _Head(constant(Link.LOGIT, odds), predict)


def _second_column(model: Any) -> Callable[[Floats], Floats]:
    """The probability of the second class, True."""

    def predict(x: Floats) -> Floats:
        return np.asarray(model.predict_proba(x)[:, 1])

    return predict
