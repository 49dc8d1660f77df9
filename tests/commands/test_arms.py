"""Entries that are split by their chain: who decides in each arm, what is recorded, and that it is decided again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from msgspec.structs import replace as replace_fields

from commands.inputs import MarketMoved
from commands.request import ChangeSettings, RetireModel
from commands.scorer import ModelScorer
from domain.arms.settings import ArmSettings
from domain.arms.split import Arm, arm_of
from domain.committees.policy import MEMBERS
from domain.direction import Direction
from domain.log import Envelope, Recorded
from domain.model import ModelRole
from domain.scored import SignalScored
from domain.settings import Settings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.strategies import Intent
from infra.run.redeciding import Redecision
from projections.alerts import alert_of
from projections.arms import ArmBook
from tests.commands.desk import Desk, a_fill_of, long
from tests.commands.models_of_tests import FIRST, READERS, SECOND, FakeModel, Folder, promotion, registration
from tests.commands.requests.asking import Asking
from tests.commands.test_marking import a_candle
from tests.commands.test_scoring import GOOD, decision_of, verified
from tests.domain.history import D

MODELS = Folder(FakeModel(FIRST), FakeModel(SECOND, -0.4))
"""The first one lets `GOOD` through, the second one does not."""


def split(
    share: float,
    policy: int = 0,
    *,
    challenger: str = SECOND,
    folder: Folder | None = None,
    roles: Sequence[ModelRole] = tuple(ModelRole),
) -> Asking:
    """An engine with these arms; FIRST is the champion and SECOND the challenger, where they have their role."""
    settings = Settings(arms=ArmSettings(share=share, policy=policy, challenger=challenger))
    eve = Asking(settings, Desk(scorer=ModelScorer((folder or MODELS).model_of), readers=READERS))
    for sha256, role in ((FIRST, ModelRole.CHAMPION), (SECOND, ModelRole.CHALLENGER)):
        if role in roles:
            eve.accepted(registration(sha256))
            eve.accepted(promotion(sha256, role))
    eve.desk.handle(MarketMoved(eve.desk.at, (a_candle(0, D(100)),)))
    return eve


def _alert_kind(envelope: Envelope) -> str | None:
    row = alert_of(Recorded(1, envelope))
    return None if row is None else row["kind"]


def cause_of(recorded: Sequence[Envelope]) -> SignalScored:
    """The score that led to the decision."""
    (decided,) = [one for one in recorded if isinstance(one.event, DecisionMade)]
    (found,) = [one.event for one in recorded if str(one.meta.event_id) == decided.meta.causation_id]
    assert isinstance(found, SignalScored)
    return found


def test_the_challenger_decides_the_entries_of_arm_b_and_the_champion_those_of_arm_a() -> None:
    of_b, of_a = split(1.0), split(1e-12)
    for eve, arm, model, verdict in (
        (of_b, Arm.B, SECOND, Verdict.SKIP),
        (of_a, Arm.A, FIRST, Verdict.ENTER),
    ):
        recorded = eve.desk.see(long(inputs=GOOD))
        assert (decision_of(recorded).arm, decision_of(recorded).verdict) == (arm, verdict)
        assert cause_of(recorded).model == model
        assert sum(isinstance(one.event, SignalScored) for one in recorded) == 2
        assert verified(eve.desk.log, MODELS).is_equal


def test_the_arm_is_that_of_the_candle_and_the_strategy_whatever_the_log_and_the_chain() -> None:
    eve = split(0.5)
    found: dict[str, Arm] = {}
    for number in range(12):
        recorded = eve.desk.see(long(inputs={**GOOD, "number": float(number)}))
        signal = recorded[0].event
        assert isinstance(signal, SignalDetected)
        found[signal.fact] = decision_of(recorded).arm
    assert set(found.values()) == {Arm.A, Arm.B}
    assert found == {fact: arm_of(fact, 0.5) for fact in found}


def test_a_challenger_that_was_promoted_after_the_named_one_was_retired_decides_nothing() -> None:
    third = "c" * 64
    eve = split(1.0)
    for request in (registration(third), promotion(third, ModelRole.CHALLENGER)):
        eve.accepted(request)
    assert cause_of(eve.desk.see(long(inputs=GOOD))).model == SECOND
    eve.accepted(RetireModel(sha256=SECOND, reason="worse"))
    recorded = eve.desk.see(long(inputs=GOOD))
    assert (decision_of(recorded).arm, cause_of(recorded).model) == (Arm.NONE, FIRST)


def test_a_challenger_that_its_gate_refused_decides_nothing() -> None:
    eve = split(1.0, roles=(ModelRole.CHAMPION,))
    eve.accepted(replace(registration(SECOND), passed_gate=False))
    eve.accepted(promotion(SECOND, ModelRole.CHALLENGER))
    recorded = eve.desk.see(long(inputs=GOOD))
    assert (decision_of(recorded).arm, cause_of(recorded).model) == (Arm.NONE, FIRST)


def test_entries_that_the_model_of_arm_b_does_not_score_are_counted_and_alerted_apart_from_arm_a() -> None:
    eve = split(0.5, folder=Folder(FakeModel(FIRST)))
    counts: dict[Arm, list[str | None]] = {Arm.A: [], Arm.B: []}
    raised = 0
    while len(counts[Arm.B]) < 3 or not counts[Arm.A]:
        recorded = eve.desk.see(long(inputs={**GOOD, "gain": 0.1}))
        decision = decision_of(recorded)
        (vote,) = [one for one in decision.votes if one.member == "model"]
        counts[decision.arm].append(vote.figures.get("in_a_row"))
        raised += sum(_alert_kind(one) == "ENTRIES_NOT_SCORED" for one in recorded)
    assert counts[Arm.B] == ["1", "2", "3"]
    assert set(counts[Arm.A]) == {None}
    assert raised == 1


@pytest.mark.parametrize("roles", [(ModelRole.CHALLENGER,), (ModelRole.CHAMPION,)])
def test_without_a_champion_arm_a_has_no_model_and_without_a_challenger_nothing_is_split(
    roles: Sequence[ModelRole],
) -> None:
    recorded = split(1.0, roles=roles).desk.see(long(inputs=GOOD))
    has_challenger = ModelRole.CHALLENGER in roles
    assert decision_of(recorded).arm is (Arm.B if has_challenger else Arm.NONE)
    of_a = split(1e-12, roles=roles).desk.see(long(inputs=GOOD))
    assert ("model" in {one.member for one in decision_of(of_a).votes}) is not has_challenger


def test_arm_b_is_judged_by_its_policy_and_decided_again_by_it() -> None:
    eve = split(1.0, policy=5, challenger="", roles=())
    decision = decision_of(eve.desk.see(long()))
    assert (decision.arm, decision.policy_version) == (Arm.B, 5)
    assert {one.name for one in MEMBERS} <= {one.member for one in decision.votes}
    assert verified(eve.desk.log, MODELS).is_equal


def test_a_decision_of_arm_b_by_another_policy_than_that_of_the_settings_is_a_divergence() -> None:
    eve = split(1.0, policy=5, challenger="", roles=())
    eve.desk.see(long())
    harmed = [
        replace_fields(one, event=replace_fields(one.event, policy_version=6))
        if isinstance(one.event, DecisionMade)
        else one
        for one in eve.desk.recorded
    ]
    redecision = Redecision(MODELS.model_of)
    assert len(list(redecision.steps(Recorded(at, one) for at, one in enumerate(harmed, 1)))) == len(harmed)
    (found,) = redecision.divergences
    assert found.fields["policy_version"] == ("6", "5")


def test_an_exit_is_in_no_arm_and_closes_what_an_entry_of_arm_b_opened() -> None:
    eve = split(1.0, policy=5, challenger="", roles=())
    entered = eve.desk.see(long())
    chain, quantity = entered[0].meta.correlation_id, decision_of(entered).quantity
    eve.desk.tell(a_fill_of(f"{chain}-e1", "x1", quantity, D(100)))
    for request in (registration(SECOND), promotion(SECOND, ModelRole.CHALLENGER)):
        eve.accepted(request)
    leaving = long(direction=Direction.SHORT, intent=Intent.EXIT, trend=-0.5, stop=D(102), target=D(94))
    decision = decision_of(eve.desk.see(leaving))
    assert (decision.arm, decision.verdict) == (Arm.NONE, Verdict.CLOSE)


def test_an_entry_against_a_position_closes_it_whatever_the_challenger_of_its_arm_expects() -> None:
    eve = split(1.0, roles=())
    entered = eve.desk.see(long())
    chain, quantity = entered[0].meta.correlation_id, decision_of(entered).quantity
    eve.desk.tell(a_fill_of(f"{chain}-e1", "x1", quantity, D(100)))
    for request in (registration(SECOND), promotion(SECOND, ModelRole.CHALLENGER)):
        eve.accepted(request)
    against = long(inputs=GOOD, direction=Direction.SHORT, trend=-0.5, stop=D(102), target=D(94))
    decision = decision_of(eve.desk.see(against))
    assert (decision.arm, decision.verdict) == (Arm.B, Verdict.CLOSE)


def test_a_change_of_the_share_is_in_force_from_the_next_entry_on_and_both_are_decided_again() -> None:
    eve = split(0.0)
    before = decision_of(eve.desk.see(long(inputs=GOOD)))
    eve.accepted(ChangeSettings({"arms.share": "1"}))
    after = decision_of(eve.desk.see(long(inputs=GOOD, instrument="ETHUSDT-LINEAR.BYBIT")))
    assert (before.arm, after.arm) == (Arm.NONE, Arm.B)
    assert verified(eve.desk.log, MODELS).is_equal


def test_the_book_has_the_decisions_and_the_result_of_each_arm() -> None:
    eve = split(1.0, policy=5, challenger="", roles=())
    seen = eve.desk.see(long())
    chain, quantity = seen[0].meta.correlation_id, decision_of(seen).quantity
    eve.desk.tell(a_fill_of(f"{chain}-e1", "in", quantity, D(100)))
    eve.desk.tell(a_fill_of(f"{chain}-t1", "out", quantity, D(106)))
    book = ArmBook().take_all(eve.desk.log.read())
    found, other = book.record_of(Arm.B), book.record_of(Arm.A)
    assert (found.verdicts, found.policies) == ({Verdict.ENTER: 1}, {5: 1})
    assert (found.trades, found.wins, found.open) == (1, 1, 0)
    assert found.mean == found.net > 0
    assert (other.trades, other.mean, other.verdicts) == (0, None, {})
