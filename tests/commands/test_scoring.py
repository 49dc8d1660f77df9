"""Scores in the engine: one unit with signal and decision, outcomes, shadows, and an engine without models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from commands.features import Features
from commands.inputs import MarketMoved
from commands.model import RegisterModel
from commands.request import ChangeSettings, PlaceOrder, RetireModel
from commands.scorer import (
    LoadedModel,
    ModelScorer,
    RecordedScorer,
    Scorer,
    Scores,
    ScoresGiven,
    ScoresOf,
    ScoreWanted,
    TapedScorer,
)
from commands.world import World
from domain.direction import Direction
from domain.features.book import BOOK_1
from domain.grid import Grid, GridLevel
from domain.log import Envelope
from domain.model import ModelRole
from domain.models.settings import ModelSettings, OwnModelSettings
from domain.scored import ScoreOutcome, SignalScored
from domain.settings import Settings, StrategySettings
from domain.signal import DecisionMade, Verdict
from domain.strategies import Intent
from infra.run.redeciding import Redecision
from tests.commands.desk import Desk, a_fill_of, long, names
from tests.commands.list_log import ListLog
from tests.commands.models_of_tests import (
    FIRST,
    READERS,
    SECOND,
    SET,
    FakeModel,
    FakeReading,
    Folder,
    a_drift,
    clock,
    models_of,
    promotion,
    registration,
)
from tests.commands.requests.asking import TERMS, Asking
from tests.commands.test_marking import a_candle
from tests.domain.history import NOW, D

SCORED = ["SignalDetected", "SignalScored", "DecisionMade"]
GOOD = {"gain": 0.8}
MODEL = FakeModel(FIRST)


def trading(scorer: Scorer, settings: Settings | None = None, *, log: ListLog | None = None) -> Asking:
    """An engine with one registered model, which is the champion, and candles that its features are read from."""
    eve = Asking(settings, Desk(log, scorer=scorer, readers=READERS))
    eve.accepted(registration())
    eve.accepted(promotion())
    eve.desk.handle(MarketMoved(eve.desk.at, (a_candle(0, D(100)),)))
    return eve


def scores_of(envelopes: Sequence[Envelope]) -> list[SignalScored]:
    return [one.event for one in envelopes if isinstance(one.event, SignalScored)]


def decision_of(envelopes: Sequence[Envelope]) -> DecisionMade:
    (found,) = [one.event for one in envelopes if isinstance(one.event, DecisionMade)]
    return found


def test_a_champion_scores_an_entry_between_its_signal_and_its_decision_in_one_append() -> None:
    eve = trading(ModelScorer(Folder(MODEL).model_of))
    before = len(eve.desk.log.units)
    recorded = eve.desk.see(long(inputs=GOOD))
    assert names(recorded)[:3] == SCORED
    assert len(eve.desk.log.units) == before + 1
    (score,) = scores_of(recorded)
    assert (score.outcome, score.role, score.model) == (ScoreOutcome.OK, ModelRole.CHAMPION, FIRST)
    assert (score.values, score.confidence, score.risk, score.expected_return) == (
        (0.8, None),
        0.8,
        0.2,
        0.002,
    )
    detected, scored, decided = recorded[:3]
    assert scored.meta.causation_id == str(detected.meta.event_id)
    assert decided.meta.causation_id == str(scored.meta.event_id)
    decision = decision_of(recorded)
    assert decision.verdict is Verdict.ENTER
    vote = next(one for one in decision.votes if one.member == "model")
    assert vote.figures["confidence"] == "0.8"


@pytest.mark.parametrize(
    ("settings", "gain", "reasons"),
    [
        (Settings(), 0.64, ("SCORE_CONFIDENCE_TOO_LOW",)),
        (Settings(models=ModelSettings(maximum_risk=0.2)), 0.8, ("SCORE_RISK_TOO_HIGH",)),
        (Settings(models=ModelSettings(minimum_return=0.002)), 0.8, ("SCORE_RETURN_TOO_LOW",)),
        (
            Settings(
                strategies=(StrategySettings("trend", models=OwnModelSettings(minimum_confidence=0.9)),)
            ),
            0.8,
            ("SCORE_CONFIDENCE_TOO_LOW",),
        ),
    ],
)
def test_a_score_beyond_a_limit_skips_the_entry(
    settings: Settings, gain: float, reasons: tuple[str, ...]
) -> None:
    eve = trading(ModelScorer(Folder(MODEL).model_of), settings)
    decision = decision_of(eve.desk.see(long(inputs={"gain": gain})))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, reasons)


@pytest.mark.parametrize(
    ("scorer", "inputs", "outcome", "reason", "detail"),
    [
        (ModelScorer(Folder().model_of), GOOD, ScoreOutcome.FAILED, "SCORE_FAILED", "ModelMissing"),
        (
            ModelScorer(dict[str, LoadedModel]().__getitem__),
            GOOD,
            ScoreOutcome.FAILED,
            "SCORE_FAILED",
            "KeyError",
        ),
        (
            ModelScorer(Folder(MODEL).model_of),
            {"gain": 1.5},
            ScoreOutcome.FAILED,
            "SCORE_FAILED",
            "ZeroDivisionError",
        ),
        (
            ModelScorer(Folder(FakeModel(FIRST, feature_set="other.1")).model_of),
            GOOD,
            ScoreOutcome.FAILED,
            "SCORE_FAILED",
            "OtherFeatureSet",
        ),
        (
            ModelScorer(Folder(MODEL, needed=(1,)).model_of),
            GOOD,
            ScoreOutcome.FEATURES_MISSING,
            "SCORE_MISSING",
            "volume",
        ),
        (
            ModelScorer(Folder(MODEL).model_of, clock(5.5), 5.0),
            GOOD,
            ScoreOutcome.LATE,
            "SCORE_LATE",
            "5.500 ms, the limit is 5 ms",
        ),
    ],
)
def test_an_entry_without_a_score_is_skipped_with_the_reason(
    scorer: ModelScorer, inputs: dict[str, float], outcome: ScoreOutcome, reason: str, detail: str
) -> None:
    eve = trading(scorer)
    recorded = eve.desk.see(long(inputs=inputs))
    (score,) = scores_of(recorded)
    assert (score.outcome, score.detail, score.confidence) == (outcome, detail, None)
    decision = decision_of(recorded)
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, (reason,))


def test_entries_in_a_row_without_a_score_are_counted_until_a_score_or_another_champion() -> None:
    folder = Folder()
    eve = trading(ModelScorer(folder.model_of))

    def in_a_row() -> str | None:
        votes = decision_of(eve.desk.see(long(inputs={"gain": 0.1}))).votes
        return next(one for one in votes if one.member == "model").figures.get("in_a_row")

    assert [in_a_row() for _ in range(3)] == ["1", "2", "3"]
    folder.models.update(models_of(FakeModel(FIRST)))
    assert in_a_row() is None
    folder.models.clear()
    assert in_a_row() == "1"
    eve.accepted(registration(SECOND))
    eve.accepted(promotion(SECOND))
    assert in_a_row() == "1"
    assert World().fold_all(eve.desk.log.envelopes).portfolio.unscored == {SECOND: 1}


def test_a_score_within_the_time_is_not_late() -> None:
    eve = trading(ModelScorer(Folder(MODEL).model_of, clock(5.0), 5.0))
    (score,) = scores_of(eve.desk.see(long(inputs=GOOD)))
    assert score.outcome is ScoreOutcome.OK


def test_an_engine_without_a_scorer_skips_entries_while_a_champion_is_in_force() -> None:
    eve = Asking()
    eve.accepted(registration())
    eve.accepted(promotion())
    recorded = eve.desk.see(long(inputs=GOOD))
    assert names(recorded) == SCORED
    assert decision_of(recorded).reasons == ("SCORE_FAILED",)


def test_a_challenger_scores_in_the_shadow_and_decides_nothing() -> None:
    eve = Asking(
        None, Desk(scorer=ModelScorer(Folder(MODEL, FakeModel(SECOND, -0.7)).model_of), readers=READERS)
    )
    for request in (registration(), registration(SECOND), promotion(SECOND, ModelRole.CHALLENGER)):
        eve.accepted(request)
    eve.desk.handle(MarketMoved(eve.desk.at, (a_candle(0, D(100)),)))
    alone = eve.desk.see(long(inputs=GOOD, direction=Direction.SHORT, intent=Intent.EXIT))
    assert scores_of(alone) == []
    recorded = eve.desk.see(long(inputs=GOOD, instrument="ETHUSDT-LINEAR.BYBIT"))
    (shadow,) = scores_of(recorded)
    assert (shadow.role, shadow.confidence) == (ModelRole.CHALLENGER, 0.1)
    assert "model" not in {one.member for one in decision_of(recorded).votes}
    eve.accepted(promotion(FIRST))
    scores = scores_of(eve.desk.see(long(inputs=GOOD, instrument="ETHUSDT-LINEAR.BYBIT")))
    assert [one.role for one in scores] == [ModelRole.CHAMPION, ModelRole.CHALLENGER]


def test_an_exit_has_no_score_and_is_made_whatever_the_champion_would_say() -> None:
    eve = Asking(None, Desk(scorer=ModelScorer(Folder().model_of), readers=READERS))
    entered = eve.desk.see(long())
    chain = entered[0].meta.correlation_id
    eve.desk.tell(a_fill_of(f"{chain}-e1", "x1", D(10), D(100)))
    eve.accepted(registration())
    eve.accepted(promotion())
    recorded = eve.desk.see(
        long(direction=Direction.SHORT, intent=Intent.EXIT, trend=-0.5, stop=D(102), target=D(94))
    )
    assert scores_of(recorded) == []
    assert decision_of(recorded).verdict is Verdict.CLOSE


def test_a_grid_is_not_scored_and_the_vote_of_the_model_states_so() -> None:
    """No model was trained on one; this scorer would fail."""
    eve = trading(ModelScorer(Folder().model_of))
    grid = Grid(levels=(GridLevel(D(99), D(100)), GridLevel(D(98), D(99))), rounds=1, lifetime_seconds=3_600)
    recorded = eve.desk.see(long(grid=grid, stop=D(92), target=D(104)))
    assert scores_of(recorded) == []
    vote = next(one for one in decision_of(recorded).votes if one.member == "model")
    assert (vote.approves, vote.figures) == (True, {"model": FIRST, "detail": "a grid is not scored"})
    assert verified(eve.desk.log, Folder()).is_equal
    eve.accepted(RetireModel(sha256=FIRST, reason="why"))
    later = eve.desk.see(long(grid=grid, stop=D(92), target=D(104), instrument="ETHUSDT-LINEAR.BYBIT"))
    assert "model" not in {one.member for one in decision_of(later).votes}


def test_an_order_of_a_person_is_not_scored() -> None:
    eve = trading(ModelScorer(Folder().model_of))
    assert "SignalScored" not in eve.accepted(PlaceOrder(TERMS))


def test_without_a_model_in_force_nothing_is_asked_and_no_candle_is_read() -> None:
    class Unasked:
        def scores(self, at: datetime, wanted: Sequence[ScoreWanted]) -> Scores:
            raise AssertionError((at, wanted))

    read: list[FakeReading] = []

    def made() -> FakeReading:
        read.append(FakeReading())
        return read[-1]

    eve = Asking(None, Desk(scorer=Unasked(), readers={SET: made}))
    eve.accepted(registration())
    eve.desk.handle(MarketMoved(eve.desk.at, (a_candle(0, D(100)),)))
    assert "SignalScored" not in names(eve.desk.see(long()))
    assert read == []


def test_readers_begin_with_a_role_and_end_with_it() -> None:
    features, candle = Features(READERS), a_candle(5, D(100))
    eve = trading(ModelScorer(Folder(MODEL).model_of))
    models = eve.desk.world.portfolio.models
    features.read([candle], models)
    assert features.are_read(models)
    eve.accepted(RetireModel(sha256=FIRST, reason="why"))
    retired = eve.desk.world.portfolio.models
    assert features.are_read(retired)
    features.read([candle], retired)
    assert not features.are_read(retired)


def test_scores_that_the_log_holds_are_recalled_and_not_made_again() -> None:
    log = ListLog()
    eve = trading(ModelScorer(Folder(MODEL).model_of), log=log)
    seen = eve.desk.see(long(inputs=GOOD))
    resumed = Desk(log, recalling=True)  # without a scorer: a score that were made again would fail
    resumed.opened()
    resumed.recall(eve.desk.at - timedelta(seconds=1))
    resumed.at = eve.desk.at - timedelta(seconds=1)
    assert [one.event for one in resumed.see(long(inputs=GOOD))] == [one.event for one in seen]
    assert not resumed.driver.engine.recalling


def test_a_replay_returns_what_the_tape_holds() -> None:
    taken: list[ScoresGiven] = []
    first = trading(TapedScorer(ModelScorer(Folder(MODEL).model_of, clock(6.0)), taken.append))
    late = first.desk.see(long(inputs=GOOD))
    (given,) = taken
    recorded = RecordedScorer()
    again = trading(recorded)
    recorded.expect(taken)
    assert [one.event for one in again.desk.see(long(inputs=GOOD))] == [one.event for one in late]
    assert given.scored[0].scores == tuple(scores_of(late))


def test_a_replay_returns_the_last_scores_of_a_signal_that_was_scored_twice_for_one_input() -> None:
    """A request is judged again after a conflict: its first scores led to nothing."""
    at, first, other = NOW, ScoresOf("s1", (a_score(0.1),)), ScoresOf("s2", (a_score(0.3),))
    again = ScoresOf("s1", (a_score(0.2),))
    recorded = RecordedScorer()
    recorded.expect([ScoresGiven(at, (first, other)), ScoresGiven(at, (again,))])
    found = recorded.scores(at, [wanted_of("s1"), wanted_of("s2")])
    assert found == {"s1": again.scores, "s2": other.scores}
    assert recorded.scores(at, [wanted_of("s3")]) == {}
    recorded.expect([])
    assert recorded.scores(at, [wanted_of("s1")]) == {}


def a_score(confidence: float) -> SignalScored:
    return SignalScored(
        model=FIRST,
        name="main",
        role=ModelRole.CHAMPION,
        feature_set=SET,
        values=(),
        outcome=ScoreOutcome.OK,
        confidence=confidence,
    )


def wanted_of(signal_id: str) -> ScoreWanted:
    return ScoreWanted(signal_id, (), {})


def test_scores_are_made_again_and_a_missing_or_changed_model_is_reported() -> None:
    eve = trading(ModelScorer(Folder(MODEL).model_of))
    eve.desk.see(long(inputs=GOOD))
    same, other, missing = (
        verified(eve.desk.log, Folder(MODEL)),
        verified(eve.desk.log, Folder(FakeModel(FIRST, 0.000001))),
        verified(eve.desk.log, Folder()),
    )
    assert same.is_equal
    assert (same.made["SignalScored"], same.made["DecisionMade"]) == (1, 1)
    (difference,) = other.divergences
    assert difference.fields == {"confidence": ("0.8", "0.800001")}
    assert dict(missing.impossible) == {f"{FIRST} is not in the folder": 1}


def verified(log: ListLog, folder: Folder) -> Redecision:
    redecision = Redecision(folder.model_of)
    for _ in redecision.steps(log.read()):
        pass
    return redecision


def test_a_rule_cannot_make_the_champion_a_challenger_and_a_person_can() -> None:
    eve = Asking()
    eve.accepted(registration())
    eve.accepted(promotion())
    demotion = promotion(role=ModelRole.CHALLENGER)
    assert "is the champion" in eve.declined(replace(demotion, rule="schedule"))
    assert eve.accepted(demotion) == ["ModelPromoted"]


@pytest.mark.parametrize(
    ("first", "again", "message"),
    [
        (
            {"passed_gate": False},
            {"passed_gate": True},
            "the verdict of the gate is not passed there and passed here",
        ),
        (
            {"passed_gate": None},
            {"passed_gate": True},
            "the verdict of the gate is not stated there and passed here",
        ),
        (
            {"passed_gate": True},
            {"passed_gate": True, "labels": 7},
            "the number of labels is 1000 there and 7 here",
        ),
    ],
)
def test_a_second_registration_that_states_otherwise_than_the_first_is_refused(
    first: dict[str, object], again: dict[str, object], message: str
) -> None:
    eve = Asking()
    eve.accepted(with_fields(registration(), first))
    declined = eve.declined(with_fields(registration(), again))
    assert message in declined
    assert "under the name main with the reason 'trained today'" in declined


def test_the_same_registration_again_changes_nothing_whatever_its_reason() -> None:
    eve = Asking()
    assert eve.accepted(registration()) == ["ModelRegistered"]
    assert eve.accepted(replace(registration(), reason="again")) == []


def with_fields(command: RegisterModel, fields: dict[str, object]) -> RegisterModel:
    given: dict[str, Any] = fields
    return replace(command, **given)


@pytest.mark.parametrize("rule", [None, "error budget"])
def test_a_champion_that_its_gate_did_not_let_pass_is_refused_by_the_engine_unless_it_is_promoted_as_unproven(
    rule: str | None,
) -> None:
    eve = Asking()
    eve.accepted(replace(registration(), passed_gate=False))
    promoted = replace(promotion(), rule=rule)
    assert "the gate has not let" in eve.declined(promoted)
    assert eve.accepted(promotion(role=ModelRole.CHALLENGER)) == ["ModelPromoted"]
    assert eve.accepted(replace(promoted, unproven=True)) == ["ModelPromoted"]


@pytest.mark.parametrize("role", list(ModelRole))
def test_a_model_that_reads_books_gets_a_role_only_where_settings_require_books(role: ModelRole) -> None:
    eve = Asking()
    eve.accepted(replace(registration(), feature_set=BOOK_1.id))
    declined = eve.declined(replace(promotion(role=role), unproven=True))
    assert "book.1 cannot be used by a model here: without trading.book.required" in declined
    assert declined.endswith("set trading.book.required = true, or use core.1")
    eve.accepted(ChangeSettings({"book.required": "true"}))
    assert eve.accepted(replace(promotion(role=role), unproven=True)) == ["ModelPromoted"]


def test_a_registration_of_before_the_verdict_was_recorded_leaves_the_check_to_the_caller() -> None:
    eve = Asking()
    eve.accepted(replace(registration(), passed_gate=None))
    assert eve.accepted(promotion()) == ["ModelPromoted"]


def test_a_drift_is_recorded_of_a_registered_model_alone() -> None:
    drift = a_drift()
    eve = Asking()
    assert "no model" in eve.declined(drift)
    eve.accepted(registration())
    assert eve.accepted(drift) == ["DriftFound"]
