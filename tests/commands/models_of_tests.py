"""A model of tests: pure like one from a file, with figures that follow from its first feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from statistics import fmean

from commands.features import Readers
from commands.request import PromoteModel, RegisterModel, ReportDrift
from commands.scorer import LoadedModel
from domain.candle import Candle
from domain.errors import ModelMissing
from domain.features.feature_set import FeatureRow
from domain.model import ModelRole
from domain.models.score import Contribution, Score
from domain.portfolio import Portfolio
from domain.signal import SignalDetected
from tests.domain.history import NOW

SET = "test.1"
FIRST, SECOND = "a" * 64, "b" * 64


@dataclass(frozen=True)
class FakeModel:
    """Its confidence is the first value plus `shift`, the mean over the rows read; it raises for a value above 1."""

    sha256: str
    shift: float = 0.0
    feature_set: str = SET
    features: tuple[str, ...] = ("gain", "volume")

    earlier: int = 0

    def score(self, values: Sequence[float | None], earlier: Sequence[Sequence[float | None]] = ()) -> Score:
        gain = values[0] or 0.0
        if gain > 1:
            raise ZeroDivisionError("a secret of the model")
        read = [gain, *(row[0] or 0.0 for row in earlier[max(0, len(earlier) - self.earlier) :])]
        return Score(
            confidence=round(fmean(read) + self.shift, 6),
            risk=0.2,
            expected_return=0.002,
            stands_on=("boosting",),
            reasons=(Contribution("gain", values[0], 0.1), Contribution("volume", values[1], -0.05)),
        )


@dataclass
class FakeReading:
    """Counts candles; its rows have the confidence of the signal, and the second value is missing."""

    taken: int = 0

    def take(self, candle: Candle) -> None:
        self.taken += candle.volume >= 0

    def row(self, signal: SignalDetected, at: datetime, portfolio: Portfolio) -> FeatureRow:
        return FeatureRow(SET, (signal.inputs.get("gain", signal.confidence), None))


READERS: Readers = {SET: FakeReading}


def models_of(*models: FakeModel, needed: tuple[int, ...] = ()) -> Mapping[str, LoadedModel]:
    return {one.sha256: LoadedModel(one, needed) for one in models}


class Folder:
    """Models by their SHA-256, as `ModelFolder` returns them."""

    def __init__(self, *models: FakeModel, needed: tuple[int, ...] = ()) -> None:
        self.models = dict(models_of(*models, needed=needed))

    def model_of(self, digest: str) -> LoadedModel:
        found = self.models.get(digest)
        if found is None:
            raise ModelMissing(f"{digest} is not in the folder")
        return found


def registration(sha256: str = FIRST, name: str = "main") -> RegisterModel:
    return RegisterModel(
        name=name,
        sha256=sha256,
        feature_set=SET,
        data_from=NOW,
        data_until=NOW,
        labels=1_000,
        seed=7,
        reason="trained today",
        metrics={"brier": 0.2},
        passed_gate=True,
    )


def promotion(sha256: str = FIRST, role: ModelRole = ModelRole.CHAMPION) -> PromoteModel:
    return PromoteModel(sha256=sha256, role=role, reason="better beyond luck")


def a_drift() -> ReportDrift:
    return ReportDrift(
        sha256=FIRST,
        subject="adx",
        test="PSI",
        statistic=0.3,
        limit=0.25,
        count=500,
        begin=NOW,
        end=NOW,
        reason="the hourly test",
    )


def clock(*milliseconds: float) -> SteppedClock:
    """A clock that advances by these steps in turn, then not at all."""
    return SteppedClock(milliseconds)


class SteppedClock:
    """Each reading is one step later than the one before."""

    def __init__(self, steps: Sequence[float]) -> None:
        self._steps, self._now, self._number = steps, 0.0, count()

    def __call__(self) -> float:
        number = next(self._number)
        if number and number <= len(self._steps):
            self._now += self._steps[number - 1] / 1000
        return self._now
