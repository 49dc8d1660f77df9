"""Predictors without a model, beside which every figure of a model stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from infra.learning.dataset import Dataset, Floats
from infra.learning.library import learners
from infra.learning.members import Rows


class Past(NamedTuple):
    """The rows before a test, by index, and their weights."""

    dataset: Dataset
    rows: Rows
    weights: Floats


Baseline = Callable[[Past, Rows], Floats]
"""The probabilities of rows of the same dataset, from the rows before."""


def always(_past: Past, wanted: Rows) -> Floats:
    """Every trade gains."""
    return np.ones(len(wanted))


def never(_past: Past, wanted: Rows) -> Floats:
    """No trade gains."""
    return np.zeros(len(wanted))


def base_rate(past: Past, wanted: Rows) -> Floats:
    """The share of the trades before that gained."""
    return np.full(len(wanted), float((past.dataset.net[past.rows] > 0).mean()))


def logistic(past: Past, wanted: Rows) -> Floats:
    """Logistic regression on the standardised features; a missing value is the median of the rows before."""
    dataset = past.dataset
    y = dataset.net[past.rows] > 0
    if not 0 < y.sum() < len(y):
        return base_rate(past, wanted)
    x, later = _filled(dataset.x[past.rows], dataset.x[wanted])
    spread = x.std(axis=0)
    scale: Any = np.where(spread > 0, spread, 1.0)
    model = learners("linear_model").LogisticRegression(max_iter=1_000)
    model.fit((x - x.mean(axis=0)) / scale, y, sample_weight=past.weights)
    return np.asarray(model.predict_proba((later - x.mean(axis=0)) / scale)[:, 1])


def _filled(before: Floats, later: Floats) -> tuple[Floats, Floats]:
    has_values = ~np.isnan(before).all(axis=0)
    medians = np.zeros(before.shape[1])
    medians[has_values] = np.nanmedian(before[:, has_values], axis=0)
    return np.where(np.isnan(before), medians, before), np.where(np.isnan(later), medians, later)


BASELINES: Final[Mapping[str, Baseline]] = {
    "always": always,
    "never": never,
    "base rate": base_rate,
    "logistic": logistic,
}
