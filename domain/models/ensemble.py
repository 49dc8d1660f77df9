"""A model of several members: their weighted mean, calibrated, with the reasons of its confidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from domain.errors import InvalidInput
from domain.models.calibration import Calibration
from domain.models.member import Floats, Member
from domain.models.score import Contribution, Score

PLACES: Final = 6
"""The decimal places of the figures of a score."""
REASONS: Final = 3


class Part(NamedTuple):
    """A member with its kind and its weight before division by the sum of the weights."""

    kind: str
    weight: float
    member: Member


class Predicted(NamedTuple):
    """The weighted means of the members' heads before calibration, and the effects of the features on `win`."""

    win: float
    stopped: float
    net: float
    effects: Floats


class Ensemble:
    """A model (`domain/models/score.py`). Weights are divided by the sum over the members that the file holds."""

    def __init__(
        self,
        *,
        sha256: str,
        feature_set: str,
        features: tuple[str, ...],
        parts: Sequence[Part],
        win: Calibration,
        stopped: Calibration,
    ) -> None:
        self._sha256, self._feature_set, self._features = sha256, feature_set, features
        total = math.fsum(part.weight for part in parts)
        self._members = tuple((part.weight / total, part.member) for part in parts)
        self._stands_on = tuple(part.kind for part in parts)
        self._win, self._stopped = win, stopped

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file's bytes, in hexadecimal."""
        return self._sha256

    @property
    def feature_set(self) -> str:
        """The feature set that the model reads, with its version."""
        return self._feature_set

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features, in the order of the set."""
        return self._features

    @property
    def stands_on(self) -> tuple[str, ...]:
        """The kinds of the members, in the order of the file."""
        return self._stands_on

    @property
    def earlier(self) -> int:
        """How many rows of the instrument before the signal's own the members read."""
        return max(member.earlier for _, member in self._members)

    def score(self, values: Sequence[float | None], earlier: Sequence[Sequence[float | None]] = ()) -> Score:
        """The score of one row, in the order of `features`; None is a missing value.

        `earlier` are the rows of the instrument's signals before it, oldest first; the last ones are read. Raises
        InvalidInput for a row of another length, a value that is not finite, and a prediction that is not.
        """
        predicted = self.predict(self._row(values), [self._row(one) for one in self._last(earlier)])
        if not all(map(math.isfinite, (predicted.win, predicted.stopped, predicted.net))):
            raise InvalidInput(f"the members predict {predicted[:3]}, and no number may be infinite or NaN")
        return Score(
            confidence=round(self._win.calibrated(predicted.win), PLACES),
            risk=round(self._stopped.calibrated(predicted.stopped), PLACES),
            expected_return=round(predicted.net, PLACES),
            stands_on=self._stands_on,
            reasons=self._reasons(values, predicted),
        )

    def _last(self, earlier: Sequence[Sequence[float | None]]) -> Sequence[Sequence[float | None]]:
        return earlier[max(0, len(earlier) - self.earlier) :]

    def predict(self, row: Sequence[float], earlier: Sequence[Sequence[float]] = ()) -> Predicted:
        """The heads before calibration, of a row and those before it, with NaN where a value is missing."""
        win = stopped = net = 0.0
        effects = np.zeros(len(self._features))
        for weight, member in self._members:
            heads = member.predict(row, earlier)
            win += weight * heads.win
            stopped += weight * heads.stopped
            net += weight * heads.net
            effects += weight * heads.effects
        return Predicted(win, stopped, net, effects)

    def _row(self, values: Sequence[float | None]) -> list[float]:
        if len(values) != len(self._features):
            raise InvalidInput(
                f"the row has {len(values)} values; {self._feature_set} of the model has {len(self._features)}"
            )
        row = [math.nan if value is None else value for value in values]
        for place, value in enumerate(values):
            if value is not None and not math.isfinite(value):
                raise InvalidInput(
                    f"the value of {self._features[place]} is {value}; it must be finite or None"
                )
        return row

    def _reasons(self, values: Sequence[float | None], predicted: Predicted) -> tuple[Contribution, ...]:
        """Each effect is the change of the calibrated probability if the feature had not moved the prediction."""
        confidence = self._win.calibrated(predicted.win)
        effects: list[float] = predicted.effects.tolist()
        largest = sorted(range(len(effects)), key=lambda place: -abs(effects[place]))[:REASONS]
        found = [
            Contribution(
                self._features[place],
                values[place],
                round(confidence - self._win.calibrated(_within(predicted.win - effect)), PLACES),
            )
            for place in largest
            if (effect := effects[place])
        ]
        return tuple(sorted(found, key=lambda one: -abs(one.effect)))


def _within(probability: float) -> float:
    return min(max(probability, 0.0), 1.0)
