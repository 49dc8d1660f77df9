"""What a pass of `whence models auto` requests."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast

import msgspec
import numpy as np
import pytest

from commands.request import PromoteModel, ReportDrift, RetireModel
from domain.drift.reference import FeatureReference, reference_of
from domain.drift.settings import DriftSettings
from domain.learning.auto_settings import AutoSettings
from domain.learning.rule_names import BY_BUDGET, BY_DRIFT, BY_PATIENCE, BY_SCHEDULE
from domain.model import DriftFound, ModelInForce, ModelRegistered, ModelRole, ModelsInForce
from domain.models.file import Verdict
from domain.scored import ScoreOutcome, SignalScored
from domain.settings import Settings
from infra.learning.auto_plan import AutoPlan
from projections.model_scores import ModelBook, ModelRecord
from projections.scored_trades import RowScored, ScoredTrades, TradeClosed, TrialBegun

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CHAMPION, CHALLENGER, NEXT = "a" * 64, "b" * 64, "c" * 64
REFERENCE = reference_of(["gain"], np.random.default_rng(1).standard_normal((2_000, 1))).features
FEATURES_ONLY = DriftSettings(rows=100, every=25, delta=0)
NOTHING = DriftSettings(rows=0, delta=0)
QUICK = AutoSettings(every_days=7, every_trades=50, patience_days=60)


def _score(sha256: str, role: ModelRole, confidence: float, gain: float = 0.0) -> SignalScored:
    return SignalScored(
        model=sha256,
        name="main",
        role=role,
        feature_set="core.1",
        values=(gain,),
        outcome=ScoreOutcome.OK,
        confidence=confidence,
        risk=0.1,
        expected_return=0.01,
    )


def _at(hours: int) -> datetime:
    return BEGAN + timedelta(hours=hours)


def _rows(count: int, shift: float) -> list[RowScored | TradeClosed]:
    chance = random.Random(2)
    return [
        RowScored(_at(at), f"chain-{at}", _score(CHAMPION, ModelRole.CHAMPION, 0.7, chance.gauss(shift, 1)))
        for at in range(count)
    ]


def _trades(count: int, skill: float) -> list[RowScored | TradeClosed]:
    """The champion always states 0.5, the challenger is right by `skill`."""
    chance, found = random.Random(3), list[RowScored | TradeClosed]()
    for at in range(count):
        gained = chance.random() < 0.5
        confidence = 0.5 + (skill if gained else -skill)
        scores = (
            _score(CHAMPION, ModelRole.CHAMPION, 0.5),
            _score(CHALLENGER, ModelRole.CHALLENGER, confidence),
        )
        found.append(TradeClosed(_at(2 * at), _at(2 * at + 1), scores, gained))
    return found


def _registered(sha256: str, reason: str) -> ModelRegistered:
    return ModelRegistered(
        name="main",
        sha256=sha256,
        feature_set="core.1",
        data_from=BEGAN,
        data_until=BEGAN,
        labels=1,
        seed=0,
        metrics={},
        reason=reason,
    )


def _recorded(report: ReportDrift) -> DriftFound:
    return DriftFound(
        name="main",
        sha256=report.sha256,
        subject=report.subject,
        test=report.test,
        statistic=report.statistic,
        limit=report.limit,
        count=report.count,
        begin=report.begin,
        end=report.end,
        reason=report.reason,
    )


def _plan(
    steps: list[RowScored | TradeClosed],
    *,
    drift: DriftSettings = NOTHING,
    passed: bool = True,
    reference: tuple[FeatureReference, ...] = REFERENCE,
    recorded: list[DriftFound] | None = None,
    champion_since: datetime = BEGAN - timedelta(hours=1),
    challenger_since: datetime = BEGAN - timedelta(hours=1),
    registered: Sequence[str] = (CHAMPION, CHALLENGER),
    reason: str = "schedule: 7 days",
    judged: Mapping[str, float] = MappingProxyType({}),
    recorded_gate: bool | None = None,
) -> AutoPlan:
    """The champion and the challenger were registered an hour before the first signal."""
    known: Mapping[str, ModelInForce] = {
        one: ModelInForce("main", one, "core.1") for one in (CHAMPION, CHALLENGER)
    }
    book = ModelBook()
    book.in_force = ModelsInForce(
        registered=known, champion=known[CHAMPION], challengers=(known[CHALLENGER],)
    )
    book.models = {one: ModelRecord(_registered(one, reason), BEGAN, "a person") for one in registered}
    if recorded_gate is not None:
        judged_then = msgspec.structs.replace(_registered(CHALLENGER, reason), passed_gate=recorded_gate)
        book.models[CHALLENGER] = ModelRecord(judged_then, BEGAN, "a person")
    book.models[CHAMPION].drifts = recorded or []
    book.models[CHAMPION].drifts_in_role = recorded or []
    scored = ScoredTrades()
    scored.steps = steps
    scored.registered_at = dict.fromkeys((CHAMPION, CHALLENGER), BEGAN - timedelta(hours=1))
    scored.in_force = book.in_force
    scored.trials = {CHALLENGER: TrialBegun(1, challenger_since)}
    scored.data_until = scored.registered_at
    scored.in_role_since = {CHAMPION: champion_since, CHALLENGER: challenger_since}
    scored.closed_at = [one.closed_at for one in scored.trades]
    file: Any = SimpleNamespace(
        feature_set="core.1",
        reference=reference,
        parameters=judged,
        verdict=Verdict(passed=passed, reasons=()),
    )
    return AutoPlan(book, scored, lambda _sha256: file, drift, QUICK, Settings())


def test_a_feature_that_drifts_is_reported_once_with_its_window() -> None:
    (report,) = _plan(_rows(150, 1.5), drift=FEATURES_ONLY).requests(_at(150))
    assert isinstance(report, ReportDrift)
    assert (report.sha256, report.subject, report.test, report.count) == (CHAMPION, "gain", "PSI", 100)
    assert 0.25 + 9 / 100 < report.limit < 0.4
    assert report.statistic > report.limit
    assert "independent rows" in report.reason
    assert (report.begin, report.end) == (_at(0), _at(99))
    assert _plan(_rows(400, 1.5), drift=FEATURES_ONLY, recorded=[_recorded(report)]).requests(_at(400)) == []


def test_a_file_of_before_is_judged_as_its_rows_were_independent_ones() -> None:
    before = tuple(msgspec.structs.replace(one, correlation=None) for one in REFERENCE)
    (report,) = _plan(_rows(150, 1.5), drift=FEATURES_ONLY, reference=before).requests(_at(150))
    assert isinstance(report, ReportDrift)
    assert report.limit == 0.25
    assert report.reason == "whence models auto, p = 0"


def test_a_weekday_is_compared_with_no_reference() -> None:
    of_training = np.random.default_rng(1).standard_normal((2_000, 1))
    weekday = reference_of(["weekday"], of_training).features
    assert _plan(_rows(150, 1.5), drift=FEATURES_ONLY, reference=weekday).requests(_at(150)) == []


def test_a_model_that_drifts_is_retired_where_the_settings_say_so() -> None:
    retiring = DriftSettings(rows=100, every=25, delta=0, retires=True)
    report, retirement = _plan(_rows(150, 1.5), drift=retiring).requests(_at(150))
    assert isinstance(report, ReportDrift)
    assert retirement == RetireModel(sha256=CHAMPION, reason="drift of gain", rule=BY_DRIFT)


def test_a_retirement_that_was_not_carried_out_is_requested_again_by_the_next_pass() -> None:
    retiring = DriftSettings(rows=100, every=25, delta=0, retires=True)
    report, _lost = _plan(_rows(150, 1.5), drift=retiring).requests(_at(150))
    assert isinstance(report, ReportDrift)
    again = _plan(_rows(160, 1.5), drift=retiring, recorded=[_recorded(report)])
    assert again.requests(_at(160)) == [RetireModel(sha256=CHAMPION, reason="drift of gain", rule=BY_DRIFT)]


def test_a_drift_from_before_the_model_got_its_role_does_not_retire_it() -> None:
    retiring = DriftSettings(rows=100, every=25, delta=0, retires=True)
    back = _plan(_rows(150, 1.5), drift=retiring, champion_since=_at(149))
    assert [type(one) for one in back.requests(_at(150))] == [ReportDrift]


def test_a_model_that_a_pass_registered_without_a_role_becomes_a_challenger_by_the_next() -> None:
    known = (CHAMPION, CHALLENGER, NEXT)
    assert _plan([], registered=known).requests(_at(1)) == [
        PromoteModel(sha256=NEXT, role=ModelRole.CHALLENGER, reason="7 days", rule=BY_SCHEDULE)
    ]
    assert _plan([], registered=known, reason="trained by a person").requests(_at(1)) == []


def test_outcomes_that_became_worse_are_reported_with_both_means() -> None:
    steps = [
        TradeClosed(_at(at), _at(at), (_score(CHAMPION, ModelRole.CHAMPION, 0.9),), at < 300)
        for at in range(500)
    ]
    found = _plan(cast(Any, steps), drift=DriftSettings(rows=0)).requests(_at(500))
    assert {one.subject for one in found if isinstance(one, ReportDrift)} == {"outcome.brier", "outcome.win"}
    for one in found:
        assert isinstance(one, ReportDrift)
        assert one.test == "ADWIN"
        assert (one.statistic > one.limit) == (one.subject == "outcome.brier")


def test_a_better_challenger_is_promoted_by_the_budget_with_its_evidence_as_the_reason() -> None:
    (promotion,) = _plan(_trades(200, 0.2)).requests(_at(400))
    assert isinstance(promotion, PromoteModel)
    assert (promotion.sha256, promotion.role, promotion.rule) == (CHALLENGER, ModelRole.CHAMPION, BY_BUDGET)
    assert promotion.reason.startswith("better than the champion: 200 signals of the trial")


def test_a_promotion_records_that_the_gate_judged_by_other_limits_than_are_traded() -> None:
    judged = {"threshold_confidence": 0.5, "threshold_risk": 0.3, "threshold_expected_return": 0.0}
    (promotion,) = _plan(_trades(200, 0.2), judged=judged).requests(_at(400))
    assert isinstance(promotion, PromoteModel)
    assert promotion.reason.endswith(
        "; its gate judged by confidence 0.5, risk 0.3, return 0, in force is confidence 0.65, risk 0.3, return 0 of "
        "the account"
    )


@pytest.mark.parametrize(("skill", "passed"), [(-0.2, True), (0.0, True), (0.2, False)])
def test_a_challenger_without_skill_or_whose_gate_has_not_passed_waits(skill: float, passed: bool) -> None:
    assert _plan(_trades(200, skill), passed=passed).requests(_at(400)) == []


@pytest.mark.parametrize("recorded", [True, False])
def test_the_verdict_that_was_registered_counts_and_not_that_of_the_file(recorded: bool) -> None:
    requests = _plan(_trades(200, 0.2), passed=not recorded, recorded_gate=recorded).requests(_at(400))
    assert [type(one) for one in requests] == ([PromoteModel] if recorded else [])


def test_a_challenger_that_was_not_promoted_in_its_time_is_retired() -> None:
    (retirement,) = _plan(_trades(200, 0.0)).requests(BEGAN + timedelta(days=61))
    assert isinstance(retirement, RetireModel)
    assert (retirement.sha256, retirement.rule) == (CHALLENGER, BY_PATIENCE)
    assert retirement.reason.startswith("not yet shown")


def test_the_time_of_a_challenger_begins_with_its_role_and_not_with_its_registration() -> None:
    plan = _plan(_trades(200, 0.0), challenger_since=BEGAN + timedelta(days=30))
    assert plan.requests(BEGAN + timedelta(days=89)) == []
    assert len(plan.requests(BEGAN + timedelta(days=90))) == 1


def test_a_training_is_due_by_days_or_by_closed_trades_after_the_last_model() -> None:
    assert _plan(_trades(49, 0.0)).training_due(_at(100)) is None
    assert "50 trades" in (_plan(_trades(50, 0.0)).training_due(_at(100)) or "")
    assert "days ago" in (_plan([]).training_due(BEGAN + timedelta(days=8)) or "")


def test_the_seed_of_a_training_is_its_number_among_those_by_schedule() -> None:
    assert _plan([], registered=(CHAMPION, CHALLENGER)).seed == 3
    assert _plan([], registered=(CHAMPION,), reason="trained by a person").seed == 1
