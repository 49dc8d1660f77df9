"""Which scores the limits of a champion's vote let through."""

from __future__ import annotations

import pytest

from commands.request import RetireModel
from commands.scorer import ModelScorer
from domain.models.settings import ModelSettings
from domain.settings import Settings
from domain.signal import DecisionMade
from projections.score_limits import lets_through, limits_of
from tests.commands.desk import long
from tests.commands.models_of_tests import FIRST, FakeModel, Folder
from tests.commands.test_arms import split
from tests.commands.test_scoring import GOOD, trading

LIMITS = ModelSettings(minimum_confidence=0.6, maximum_risk=0.25, minimum_return=0.001)


def test_the_limits_are_those_in_force_when_the_champion_was_judged() -> None:
    eve = trading(ModelScorer(Folder(FakeModel(FIRST)).model_of), Settings(models=LIMITS))
    (decided,) = [one.event for one in eve.desk.see(long(inputs=GOOD)) if isinstance(one.event, DecisionMade)]
    assert limits_of(decided) == LIMITS


def test_a_decision_without_a_champion_states_no_limits() -> None:
    eve = trading(ModelScorer(Folder(FakeModel(FIRST)).model_of))
    eve.accepted(RetireModel(sha256=FIRST, reason="why"))
    (decided,) = [one.event for one in eve.desk.see(long(inputs=GOOD)) if isinstance(one.event, DecisionMade)]
    assert limits_of(decided) is None


@pytest.mark.parametrize(("share", "stated"), [(1e-12, True), (1.0, False)])
def test_a_decision_of_arm_b_states_no_limits_since_the_champion_did_not_judge_it(
    share: float, stated: bool
) -> None:
    (decided,) = [
        one.event for one in split(share).desk.see(long(inputs=GOOD)) if isinstance(one.event, DecisionMade)
    ]
    assert "model" in {vote.member for vote in decided.votes}
    assert (limits_of(decided) is not None) is stated


@pytest.mark.parametrize(
    ("confidence", "risk", "expected_return", "through"),
    [
        (0.6, 0.24, 0.002, True),
        (0.59, 0.24, 0.002, False),
        (0.6, 0.25, 0.002, False),
        (0.6, 0.24, 0.001, False),
        (None, 0.24, 0.002, False),
        (0.6, None, 0.002, False),
        (0.6, 0.24, None, False),
    ],
)
def test_a_score_is_let_through_within_all_three_limits(
    confidence: float | None, risk: float | None, expected_return: float | None, through: bool
) -> None:
    assert lets_through(confidence, risk, expected_return, LIMITS) is through
