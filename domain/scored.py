"""A recorded score: what a model returned for a signal, or why it returned nothing."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from domain.model import ModelRole
from domain.models.score import Contribution


class ScoreOutcome(StrEnum):
    """OK: the model returned a score. LATE: it came after the limit. FAILED: the model or its file raised an error.

    FEATURES_MISSING: the features of the model's set could not be computed.
    """

    OK = "OK"
    LATE = "LATE"
    FAILED = "FAILED"
    FEATURES_MISSING = "FEATURES_MISSING"


class SignalScored(Struct, frozen=True, gc=False, kw_only=True):
    """What one model expects of the trade of a signal; `model` is the SHA-256 of its file, `name` its line.

    `values` are the features that it read, in the order of `feature_set`, None where a value is missing; empty where
    there are none. `confidence`, `risk`, `expected_return`, `stands_on` and `reasons` are those of
    `domain.models.score.Score`; they are set where the outcome is OK. `detail` states what is missing or late, or names
    the class of the error; an error's text may hold a secret, and is not recorded.
    """

    model: str
    name: str
    role: ModelRole
    feature_set: str
    values: tuple[float | None, ...]
    outcome: ScoreOutcome
    detail: str = ""
    confidence: float | None = None
    risk: float | None = None
    expected_return: float | None = None
    stands_on: tuple[str, ...] = ()
    reasons: tuple[Contribution, ...] = ()
