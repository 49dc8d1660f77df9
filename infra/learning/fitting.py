"""Fits an ensemble on one part of a dataset: members, their weights, and the calibration of their mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from domain.learning.folds import Part
from domain.learning.settings import TrainingSettings
from domain.learning.uniqueness import uniqueness
from domain.models.calibration import Calibration
from domain.models.members import WEIGHTS
from infra.learning.calibrating import calibrated, calibration
from infra.learning.dataset import Dataset, Floats
from infra.learning.members import TRAINERS, HeadArrays, Lesson, Rows, TrainedMember


class Scores(NamedTuple):
    """The scores of several rows (`domain/models/score.py`)."""

    confidence: Floats
    risk: Floats
    expected_return: Floats


class Fitted(NamedTuple):
    """An ensemble, with its members by kind."""

    members: Mapping[str, TrainedMember]
    win: Calibration
    stopped: Calibration

    def score(self, dataset: Dataset, rows: Rows) -> Scores:
        """The scores of rows of the dataset, given by index."""
        found = mean(self.members, dataset, rows)
        return Scores(calibrated(self.win, found.win), calibrated(self.stopped, found.stopped), found.net)


def fitted(
    dataset: Dataset, part: Part, kinds: Sequence[str], settings: TrainingSettings, seed: int
) -> Fitted:
    """The ensemble of a part. Labels are weighted by their uniqueness among the rows of the part."""
    lesson = Lesson(dataset, part.train, weights_of(dataset, part.train), settings, seed)
    members = {kind: TRAINERS[kind](lesson) for kind in kinds}
    rows = part.calibrate
    found, weights = mean(members, dataset, rows), weights_of(dataset, rows)
    return Fitted(
        members,
        calibration(found.win, dataset.net[rows] > 0, weights),
        calibration(found.stopped, dataset.stopped[rows], weights),
    )


def weights_of(dataset: Dataset, rows: Rows) -> Floats:
    """The weight of each row: the uniqueness of its label among these rows."""
    return uniqueness(dataset.signal_at[rows], dataset.resolved_at[rows])


def mean(members: Mapping[str, TrainedMember], dataset: Dataset, rows: Rows) -> HeadArrays:
    """The weighted mean of the members' heads, before calibration."""
    if not len(rows):
        return HeadArrays(*(np.zeros(0) for _ in range(3)))
    total = math.fsum(WEIGHTS[kind] for kind in members)
    found: list[Floats] = [np.zeros(len(rows)) for _ in range(3)]
    for kind, member in members.items():
        for place, values in enumerate(member.predict(dataset, rows)):
            found[place] += WEIGHTS[kind] / total * values
    return HeadArrays(*found)
