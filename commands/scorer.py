"""The port to the models: what the engine wants scored, and who returns the scores.

The engine computes the features and calls the scorer; it decides nothing by a clock. Live, the scorer measures its own
time, and the tape of inputs holds what it returned, so that a replay returns the same. On tapes nothing is late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from msgspec import Struct

from domain.features.feature_set import FeatureRow
from domain.model import ModelInForce, ModelRole
from domain.models.score import Model
from domain.scored import ScoreOutcome, SignalScored

Scores = Mapping[str, tuple[SignalScored, ...]]
"""By the id of the signal: what the models in force returned for it, the champion's first."""

NO_SCORES: Scores = {}

Earlier = Sequence[tuple[float | None, ...]]
"""Feature rows of one instrument, oldest first."""


class ScoreWanted(Struct, frozen=True, gc=False):
    """One entry, and the models that score it. `rows` has, by feature set, its features; none for a set without.

    `earlier` has, by feature set, the rows of the instrument's scored signals before it, oldest first.
    """

    signal_id: str
    models: tuple[tuple[ModelRole, ModelInForce], ...]
    rows: Mapping[str, FeatureRow]
    earlier: Mapping[str, Earlier] = MappingProxyType({})


class ScoresOf(Struct, frozen=True, gc=False):
    """What the models in force returned for one signal."""

    signal_id: str
    scores: tuple[SignalScored, ...]


class ScoresGiven(Struct, frozen=True):
    """What the scorer returned while the input before it on the tape was handled; `at` is that of the unit (UTC)."""

    at: datetime
    scored: tuple[ScoresOf, ...]


class Scorer(Protocol):
    """Returns the scores of entries. Live it raises nothing: what fails is an outcome."""

    def scores(self, at: datetime, wanted: Sequence[ScoreWanted]) -> Scores:
        """A score of every model for every entry, in order; `at` is the time of the unit (UTC)."""
        ...


class NoScorer:
    """The scorer of an engine without models: every score fails."""

    def scores(self, at: datetime, wanted: Sequence[ScoreWanted]) -> Scores:
        """No scores; the decision then names the model as failed."""
        return NO_SCORES


NO_SCORER = NoScorer()


class LoadedModel(Struct, frozen=True, gc=False):
    """A model that was read from its file; `needed` are the places of features that few rows of its training lacked.

    A row without one of them is of no market that the model knows: an engine that has just begun to read candles.
    """

    model: Model
    needed: tuple[int, ...] = ()


class ModelScorer:
    """Computes scores with models that `model_of` returns by their SHA-256.

    A score takes as long as `seconds`, a monotonic clock, says; above `most_milliseconds` it is late. Without a clock
    nothing is late. The time in which a file is read, once a model, does not count.
    """

    def __init__(
        self,
        model_of: Callable[[str], LoadedModel],
        seconds: Callable[[], float] | None = None,
        most_milliseconds: float = 5.0,
        timed: Callable[[ModelRole, float], None] | None = None,
        *,
        ends_run: type[Exception] | tuple[type[Exception], ...] = (),
    ) -> None:
        """`timed` is called with the role and the seconds of each score, where there is a clock. Errors of `model_of`
        that are `ends_run` are raised; give none to an engine that holds positions at an exchange.
        """
        self._model_of, self._seconds, self._most = model_of, seconds, most_milliseconds
        self._timed, self._ends_run = timed, ends_run

    def scores(self, at: datetime, wanted: Sequence[ScoreWanted]) -> Scores:
        """See `Scorer`."""
        return {
            one.signal_id: tuple(self._scored(role, model, one) for role, model in one.models)
            for one in wanted
        }

    def _scored(self, role: ModelRole, model: ModelInForce, wanted: ScoreWanted) -> SignalScored:
        row, earlier = wanted.rows.get(model.feature_set), wanted.earlier.get(model.feature_set, ())
        try:
            read = self._model_of(model.sha256)
        except self._ends_run:
            raise
        except Exception as fault:  # noqa: BLE001  (fail closed: no file may stop the engine, whatever is wrong with it)
            return without_score(role, model, row, ScoreOutcome.FAILED, type(fault).__name__)
        if row is None:
            why = f"the engine has no row of {model.feature_set} at this time"
            return without_score(role, model, row, ScoreOutcome.FEATURES_MISSING, why)
        if missing := _missing(read, row):
            return without_score(role, model, row, ScoreOutcome.FEATURES_MISSING, missing)
        began = 0.0 if self._seconds is None else self._seconds()
        scored = scored_by(read.model, role, model, row, earlier)
        if self._seconds is None:
            return scored
        took = (self._seconds() - began) * 1000
        if self._timed is not None:
            self._timed(role, took / 1000)
        if took > self._most:
            why = f"{took:.3f} ms, the limit is {self._most:g} ms"
            return without_score(role, model, row, ScoreOutcome.LATE, why)
        return scored


_NAMED = 5


def _missing(read: LoadedModel, row: FeatureRow) -> str:
    """The first of the needed features that the row lacks; empty where there are none."""
    if len(row.values) != len(read.model.features):
        return ""  # the model refuses the row, and says so by its error
    lacking = [read.model.features[place] for place in read.needed if row.values[place] is None]
    more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    return " ".join(lacking[:_NAMED]) + more


def scored_by(
    read: Model, role: ModelRole, model: ModelInForce, row: FeatureRow, earlier: Earlier
) -> SignalScored:
    """The score of this row, after those before it, by a model that was read; FAILED where it raises. Pure."""
    try:
        if read.feature_set != row.feature_set:
            return without_score(role, model, row, ScoreOutcome.FAILED, "OtherFeatureSet")
        score = read.score(row.values, earlier)
    except Exception as error:  # noqa: BLE001  (fail closed: the class is recorded, its text may hold a secret)
        return without_score(role, model, row, ScoreOutcome.FAILED, type(error).__name__)
    return SignalScored(
        model=model.sha256,
        name=model.name,
        role=role,
        feature_set=model.feature_set,
        values=row.values,
        outcome=ScoreOutcome.OK,
        confidence=score.confidence,
        risk=score.risk,
        expected_return=score.expected_return,
        stands_on=score.stands_on,
        reasons=score.reasons,
    )


def without_score(
    role: ModelRole, model: ModelInForce, row: FeatureRow | None, outcome: ScoreOutcome, detail: str
) -> SignalScored:
    """The record that this model returned nothing, and why."""
    return SignalScored(
        model=model.sha256,
        name=model.name,
        role=role,
        feature_set=model.feature_set,
        values=() if row is None else row.values,
        outcome=outcome,
        detail=detail,
    )


class TapedScorer:
    """Puts what another scorer returns on the tape of inputs, after the input that is being handled."""

    def __init__(self, scorer: Scorer, take: Callable[[ScoresGiven], None]) -> None:
        self._scorer, self._take = scorer, take

    def scores(self, at: datetime, wanted: Sequence[ScoreWanted]) -> Scores:
        """See `Scorer`. Raises what the tape raises."""
        found = self._scorer.scores(at, wanted)
        self._take(ScoresGiven(at, tuple(ScoresOf(name, scores) for name, scores in found.items())))
        return found


class RecordedScorer:
    """Returns what the tape holds. `expect` gives it the rows that follow the next input.

    A request that is judged again after a conflict is scored again: the last scores of a signal are those that led to
    its events.
    """

    def __init__(self) -> None:
        self._scores: Scores = NO_SCORES

    def expect(self, rows: Iterable[ScoresGiven]) -> None:
        """Replaces what is left of the input before."""
        self._scores = {one.signal_id: one.scores for row in rows for one in row.scored}

    def scores(self, at: datetime, wanted: Sequence[ScoreWanted]) -> Scores:
        """See `Scorer`; nothing where the tape holds nothing."""
        held = self._scores
        return {one.signal_id: held[one.signal_id] for one in wanted if one.signal_id in held}
