"""Runs with a champion on SQLite: restart, late scores, replay byte for byte, re-decide, and the book of its scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import read_sqlite as read_log
from commands.scorer import LoadedModel, ModelScorer
from domain.errors import ModelMissing
from domain.features.core import CORE_1
from domain.log import Recorded
from domain.model import ModelRole
from domain.models.score import Contribution, Score
from domain.scored import ScoreOutcome, SignalScored
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.strategies import Intent
from infra.run.redeciding import Redecision
from projections.model_scores import ModelBook
from projections.scored_trades import ScoredTrades
from tests.commands.models_of_tests import FIRST, SECOND, promotion, registration
from tests.infra.run.taped import frames, replayed, trade
from tests.replacing import replace


@dataclass(frozen=True)
class CoreModel:
    """Its confidence rises with the number of features that have a value."""

    sha256: str
    least: float
    feature_set: str = CORE_1.id
    features: tuple[str, ...] = CORE_1.names

    earlier: int = 0

    def score(self, values: Sequence[float | None], earlier: Sequence[Sequence[float | None]] = ()) -> Score:
        known = sum(value is not None for value in values) / len(values)
        return Score(
            confidence=round(self.least + known * (1 - self.least), 6),
            risk=0.1,
            expected_return=0.001,
            stands_on=("boosting",),
            reasons=(Contribution(self.features[0], values[0], 0.1),),
        )


MODELS = {FIRST: LoadedModel(CoreModel(FIRST, 0.5)), SECOND: LoadedModel(CoreModel(SECOND, 0.1))}


def model_of(digest: str) -> LoadedModel:
    if digest not in MODELS:
        raise ModelMissing(f"{digest} is not here")
    return MODELS[digest]


class Now:
    """A clock on which every seventh score takes 9 ms, and the others 1 ms."""

    def __init__(self) -> None:
        self._at, self._readings = 0.0, 0

    def __call__(self) -> float:
        if self._readings % 2:
            self._at += 0.009 if self._readings % 14 == 13 else 0.001
        self._readings += 1
        return self._at


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions: the first one promotes champion and challenger, the second one goes on."""
    found = tmp_path_factory.mktemp("scored") / "whence.db"
    scorer = ModelScorer(model_of, Now(), 5.0)
    known = [replace(registration(one), feature_set=CORE_1.id) for one in (FIRST, SECOND)]
    roles = [promotion(), promotion(SECOND, ModelRole.CHALLENGER)]
    trade(found, 10, 180, scorer=scorer, requests=(*known, *roles))
    trade(found, 180, 300, scorer=scorer)
    return found


def events(path: Path) -> list[Recorded]:
    with closing(read_log(path, AvroCodec())) as log:
        return list(log.read())


def test_every_entry_of_a_strategy_is_scored_by_both_and_no_exit_is(path: Path) -> None:
    found = [one.envelope for one in events(path)]
    entries = {
        one.meta.correlation_id
        for one in found
        if isinstance(one.event, SignalDetected) and one.event.intent is Intent.ENTER
    }
    scores = Counter(
        (one.meta.correlation_id, one.event.role) for one in found if isinstance(one.event, SignalScored)
    )
    assert len(entries) >= 5
    assert scores == Counter((chain, role) for chain in entries for role in ModelRole)
    outcomes = Counter(one.event.outcome for one in found if isinstance(one.event, SignalScored))
    assert outcomes[ScoreOutcome.OK] > 5
    assert outcomes[ScoreOutcome.LATE] > 0


def test_an_entry_with_a_late_champion_is_skipped_for_it(path: Path) -> None:
    found = [one.envelope for one in events(path)]
    late = {
        one.meta.correlation_id
        for one in found
        if isinstance(one.event, SignalScored)
        and one.event.outcome is ScoreOutcome.LATE
        and one.event.role is ModelRole.CHAMPION
    }
    decisions = {one.meta.correlation_id: one.event for one in found if isinstance(one.event, DecisionMade)}
    assert late
    for chain in late:
        assert decisions[chain].verdict is not Verdict.ENTER
        assert "SCORE_LATE" in decisions[chain].reasons


def test_both_sessions_are_made_again_byte_for_byte_without_the_models(path: Path) -> None:
    replay = replayed(path)
    assert replay.difference is None
    assert replay.sessions == 2
    assert replay.ordinal == len(frames(path))


def test_scores_and_decisions_are_made_again_from_the_log(path: Path) -> None:
    redecision = Redecision(model_of)
    for _ in redecision.steps(events(path)):
        pass
    assert redecision.is_equal
    ok = sum(
        isinstance(one.envelope.event, SignalScored) and one.envelope.event.outcome is ScoreOutcome.OK
        for one in events(path)
    )
    assert redecision.made["SignalScored"] == ok


def test_the_book_counts_outcomes_and_resolves_the_scores_of_closed_trades(path: Path) -> None:
    book = ModelBook().take_all(events(path))
    champion, challenger = book.models[FIRST], book.models[SECOND]
    assert (champion.role, challenger.role) == (ModelRole.CHAMPION, ModelRole.CHALLENGER)
    assert champion.outcomes.total() == challenger.outcomes.total() >= 5
    assert champion.resolved
    assert champion.brier is not None
    assert 0 <= champion.brier <= 1
    assert sum(one.count for one in champion.calibration) == len(champion.resolved)


def test_the_scored_trades_are_those_of_the_book(path: Path) -> None:
    book, scored = ModelBook().take_all(events(path)), ScoredTrades().take_all(events(path))
    resolved = {
        sha256: [(one.score.confidence, one.gained, one.closed_at) for one in record.resolved]
        for sha256, record in book.models.items()
    }
    assert any(resolved.values())
    assert resolved == {
        sha256: [
            (confidence, one.gained, one.closed_at)
            for one in scored.trades
            if (confidence := one.confidence_of(sha256)) is not None
        ]
        for sha256 in (FIRST, SECOND)
    }
    assert list(scored.trials) == [SECOND]
    assert set(scored.registered_at) == {FIRST, SECOND}
