"""Fits the map from predictions to probabilities on rows that trained nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from domain.models.calibration import Calibration, Isotonic, Platt, log_odds
from infra.learning.dataset import Flags, Floats
from infra.learning.library import learners

LEAST_FOR_ISOTONIC: Final = 1_000
"""Below so many labels the steps of an isotonic map follow single outcomes."""


def calibration(predicted: Floats, happened: Flags, weights: Floats) -> Calibration:
    """Isotonic from 1,000 labels on, else Platt's; none of one outcome, or of no row, changes a prediction."""
    if not 0 < int(happened.sum()) < len(happened):
        return Platt(1.0, 0.0)
    fit = _isotonic if len(happened) >= LEAST_FOR_ISOTONIC else _platt
    return fit(predicted, happened, weights)


def calibrated(found: Calibration, predicted: Floats) -> Floats:
    """The calibrated probabilities of several predictions."""
    values: Sequence[float] = predicted.tolist()
    return np.array([found.calibrated(one) for one in values], dtype=np.float64)


def _isotonic(predicted: Floats, happened: Flags, weights: Floats) -> Isotonic:
    """Probabilities stay 1 / (n + 2) away from 0 and 1: n equal outcomes prove no certainty."""
    edge = 1 / (len(happened) + 2)
    model = learners("isotonic").IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
    model.fit(predicted, happened.astype(np.float64), sample_weight=weights)
    return Isotonic(tuple(model.X_thresholds_.tolist()), tuple(model.y_thresholds_.tolist()))


def _platt(predicted: Floats, happened: Flags, weights: Floats) -> Platt:
    """A logistic regression on log-odds. A falling map would invert the model; the base rate takes its place."""
    values: Sequence[float] = predicted.tolist()
    x = np.array([[log_odds(one)] for one in values])
    model = learners("linear_model").LogisticRegression(C=1e6, max_iter=1_000)
    model.fit(x, happened, sample_weight=weights)
    slope, intercept = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope > 0:
        return Platt(slope, intercept)
    return Platt(0.0, log_odds(float(np.average(happened, weights=weights))))
