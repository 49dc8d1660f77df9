"""On noise the rule of `whence models auto` promotes nothing, however often models are trained again: one error budget
over all trainings of a history.

A history trains a model 20 times from the rows before, every 12 days, and each model becomes a challenger as the pass
makes it one. The test of the trial is tried alone: every gate passes here. `WHENCE_NOISE_SEEDS=50` tries so many
histories of each kind of noise. At most 5 % of the histories may promote any model; with the histories of the suite
that is none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from commands.request import PromoteModel, RetireModel
from domain.drift.settings import DriftSettings
from domain.learning.auto_settings import AUTO
from domain.learning.settings import TrainingSettings
from domain.log import Recorded
from domain.model import ModelEvent, ModelPromoted, ModelRegistered, ModelRetired, ModelRole
from domain.models.ensemble import Ensemble
from domain.models.file import ModelFile, Verdict, read_file, read_model
from domain.scored import ScoreOutcome, SignalScored
from domain.settings import Settings
from domain.streams import model_stream
from infra.learning.auto_plan import AutoPlan, as_challenger
from infra.learning.dataset import Dataset
from infra.learning.training import trained
from projections.model_scores import ModelBook
from projections.scored_trades import ScoredTrades, TradeClosed
from tests.domain.history import ACCOUNT, History
from tests.infra.learning.rows import noise, planted_in_a_line, wandering

HISTORIES = int(os.environ.get("WHENCE_NOISE_SEEDS", "1"))
TRAININGS: Final = 20
ROWS: Final = 1_260
"""Rows of 240 days: some 5 a day."""
FIRST: Final = 220
"""The rows before the first training."""
MOST: Final = 400
"""A training reads the last rows alone, so that 1,000 of them are cheap."""
CHEAP = TrainingSettings(trees=4, tests=1)
NO_DRIFT = DriftSettings(rows=0, delta=0)


class Passes:
    """The passes of `whence models auto` over one history, without its log: what they request is in force at once."""

    def __init__(self, rows: Dataset) -> None:
        self.rows, self.history = rows, History()
        self.book, self.scored = ModelBook(), ScoredTrades()
        self.files = dict[str, ModelFile]()
        self.models = dict[str, Ensemble]()
        self.promoted = list[str]()

    def train(self, ordinal: int, until: int) -> None:
        """The training of this ordinal, from labels that are known before the row `until`, becomes a challenger."""
        at = self._at(until)
        known = np.flatnonzero(self.rows.resolved_at < self.rows.signal_at[until])[-MOST:]
        data = trained(_part(self.rows, known), CHEAP, ordinal).data
        file, model = read_file(data), read_model(data)
        self.files[model.sha256] = msgspec.structs.replace(file, verdict=Verdict(passed=True, reasons=()))
        self.models[model.sha256] = model
        self._record(_registered(model.sha256, file), at)
        self._request(as_challenger(model.sha256, "due"), at)

    def trade(self, begin: int, end: int) -> None:
        """Every signal of these rows is traded, and scored by the models in force."""
        for place in range(begin, end):
            values = [None if np.isnan(one) else float(one) for one in self.rows.x[place]]
            scores = tuple(
                _score(self.models[one.sha256], role, values) for role, one in self.scored.in_force.scoring
            )
            self.scored.steps.append(
                TradeClosed(
                    self._at(place),
                    _time(int(self.rows.resolved_at[place])),
                    scores,
                    bool(self.rows.net[place] > 0),
                )
            )

    def decide(self, place: int) -> None:
        """The pass at the time of this row."""
        now = self._at(place)
        plan = AutoPlan(self.book, self.scored, self.files.__getitem__, NO_DRIFT, AUTO, Settings())
        for request in plan.requests(now):
            assert isinstance(request, PromoteModel | RetireModel)
            self._request(request, now)

    def _request(self, request: PromoteModel | RetireModel, at: datetime) -> None:
        if isinstance(request, RetireModel):
            retired = ModelRetired(name="main", sha256=request.sha256, reason=request.reason, rule="patience")
            self._record(retired, at)
            return
        if request.role is ModelRole.CHAMPION:
            self.promoted.append(request.sha256)
        self._record(
            ModelPromoted(
                name="main",
                sha256=request.sha256,
                role=request.role,
                reason=request.reason,
                rule=request.rule or "",
            ),
            at,
        )

    def _record(self, event: ModelEvent, at: datetime) -> None:
        self.history.record(model_stream(ACCOUNT, "main"), event, at=at)
        envelopes = self.history.envelopes
        recorded = [Recorded(len(envelopes), envelopes[-1])]
        self.book.take_all(recorded)
        self.scored.take_all(recorded)

    def _at(self, place: int) -> datetime:
        return _time(int(self.rows.signal_at[place]))


def _registered(sha256: str, file: ModelFile) -> ModelRegistered:
    return ModelRegistered(
        name="main",
        sha256=sha256,
        feature_set=file.feature_set,
        data_from=_time(file.data.first_signal_at),
        data_until=_time(file.data.last_signal_at),
        labels=file.data.rows,
        seed=file.seed,
        metrics={},
        reason="schedule: due",
        passed_gate=True,
    )


def _score(model: Ensemble, role: ModelRole, values: Sequence[float | None]) -> SignalScored:
    found = model.score(values)
    return SignalScored(
        model=model.sha256,
        name="main",
        role=role,
        feature_set=model.feature_set,
        values=tuple(values),
        outcome=ScoreOutcome.OK,
        confidence=found.confidence,
        risk=found.risk,
        expected_return=found.expected_return,
    )


def _part(rows: Dataset, known: NDArray[np.intp]) -> Dataset:
    places: list[int] = known.tolist()
    return Dataset(
        feature_set=rows.feature_set,
        features=rows.features,
        x=rows.x[places],
        signal_at=rows.signal_at[places],
        resolved_at=rows.resolved_at[places],
        net=rows.net[places],
        stopped=rows.stopped[places],
        strategies=[rows.strategies[one] for one in places],
        instruments=[rows.instruments[one] for one in places],
        labels=[rows.labels[one] for one in places],
    )


def _time(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def passed(rows: Dataset, trainings: int = TRAININGS) -> Passes:
    """The history of these rows: trained, traded and looked at in turn."""
    found, step = Passes(rows), (ROWS - FIRST) // TRAININGS
    for ordinal in range(1, trainings + 1):
        begin = FIRST + (ordinal - 1) * step
        found.train(ordinal, begin)
        found.trade(begin, begin + step)
        found.decide(begin + step - 1)
    return found


@pytest.mark.timeout(120 * HISTORIES + 120)
@pytest.mark.parametrize("kind", [noise, wandering])
def test_of_histories_of_noise_with_20_trainings_at_most_five_of_a_hundred_promote_a_model(
    kind: Callable[..., Dataset],
) -> None:
    found = [passed(kind(seed, rows=ROWS)) for seed in range(HISTORIES)]
    assert all(len(one.files) == TRAININGS for one in found)
    assert sum(bool(one.promoted) for one in found) <= 0.05 * HISTORIES


def test_a_model_with_skill_is_promoted_within_the_same_budget() -> None:
    found = passed(planted_in_a_line(1, rows=ROWS), trainings=6)
    first, *_ = found.promoted
    assert list(found.files).index(first) == 0
