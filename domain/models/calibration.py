"""The map from a predicted probability to one that agrees with outcomes that the model had not seen."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from domain.errors import InvalidInput
from domain.models.trees import probability

_EDGE = 1e-12
"""Probabilities are kept so far from 0 and 1 before their log-odds are taken."""


class Isotonic(Struct, frozen=True, tag="ISOTONIC", tag_field="method", forbid_unknown_fields=True):
    """Linear between points with rising `x` and `y`, constant beyond them (Zadrozny and Elkan, 2002)."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    @property
    def is_level(self) -> bool:
        """Whether all predictions have the same calibrated probability."""
        return self.y[0] == self.y[-1]

    def calibrated(self, predicted: float) -> float:
        """The calibrated probability."""
        above = bisect_right(self.x, predicted)
        if above == 0:
            return self.y[0]
        if above == len(self.x):
            return self.y[-1]
        low, high = self.x[above - 1], self.x[above]
        share = (predicted - low) / (high - low)
        return self.y[above - 1] + share * (self.y[above] - self.y[above - 1])

    def check(self) -> None:
        """Raises InvalidInput where the points are no rising map of probabilities."""
        if not self.x or len(self.x) != len(self.y):
            raise InvalidInput(f"there are {len(self.x)} x and {len(self.y)} y")
        if any(a >= b for a, b in pairwise(self.x)):
            raise InvalidInput("x does not rise")
        if not _rises_within_one(self.y):
            raise InvalidInput("y does not rise from 0 to 1")


class Platt(Struct, frozen=True, tag="PLATT", tag_field="method", forbid_unknown_fields=True):
    """The probability of `slope` x log-odds + `intercept` (Platt, 1999)."""

    slope: float
    intercept: float

    @property
    def is_level(self) -> bool:
        """Whether all predictions have the same calibrated probability."""
        return self.slope == 0

    def calibrated(self, predicted: float) -> float:
        """The calibrated probability."""
        return probability(self.slope * log_odds(predicted) + self.intercept)

    def check(self) -> None:
        """Raises InvalidInput for a map that falls: a higher prediction would be a lower probability."""
        if not 0 <= self.slope < math.inf or not math.isfinite(self.intercept):
            raise InvalidInput(
                f"slope is {self.slope} and intercept {self.intercept}; slope must be 0 or more"
            )


Calibration = Isotonic | Platt


def log_odds(predicted: float) -> float:
    """ln(p / (1 - p))."""
    kept = min(max(predicted, _EDGE), 1 - _EDGE)
    return math.log(kept / (1 - kept))


def _rises_within_one(values: Sequence[float]) -> bool:
    return all(a <= b for a, b in pairwise(values)) and values[0] >= 0 and values[-1] <= 1
