"""The score of a signal: what a model expects of the trade that would follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct


class Contribution(Struct, frozen=True, gc=False):
    """How far one feature moved the confidence, in probability: positive raises it. `value` None: it was missing."""

    feature: str
    value: float | None
    effect: float


class Score(Struct, frozen=True, gc=False, kw_only=True):
    """What a model expects of a trade. All figures are rounded to 6 places.

    `confidence` is the calibrated probability that the trade gains after fees, `risk` the calibrated probability that
    its stop is hit first (both in 0..1). `expected_return` is the mean net return as a fraction of the price of entry
    (0.01 is 1 %). `stands_on` names the members of the ensemble that were computed, in order of the file. `reasons` are
    the three largest contributions to the confidence, the largest first.
    """

    confidence: float
    risk: float
    expected_return: float
    stands_on: tuple[str, ...]
    reasons: tuple[Contribution, ...]


class Model(Protocol):
    """A model that was read from its file. It is pure: equal values give equal scores."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file's bytes, in hexadecimal; it identifies the model."""
        ...

    @property
    def feature_set(self) -> str:
        """The feature set that the model reads, with its version, as `core.1`."""
        ...

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features that the model reads, in the order of the set."""
        ...

    @property
    def earlier(self) -> int:
        """How many rows of the instrument's signals before the scored one the model reads; 0 for trees alone."""
        ...

    def score(self, values: Sequence[float | None], earlier: Sequence[Sequence[float | None]] = ()) -> Score:
        """The score of one row, in the order of `features`; None is a missing value.

        `earlier` are the rows of the instrument's signals before it, oldest first; the last ones are read. Raises
        InvalidInput for a row of another length or a value that is not finite.
        """
        ...
