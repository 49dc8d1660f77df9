"""The arm of a chain, and what decides there."""

from __future__ import annotations

import pytest

from domain.arms.settings import EARLIEST_POLICY, LATEST_POLICY, ONE_ARM, ArmSettings
from domain.arms.split import Arm, arm_of, side_of
from domain.committees import POLICY_VERSION
from domain.committees.policy import MEMBERS, members_of
from domain.errors import InvalidSettings
from domain.model import NO_MODELS, ModelInForce, ModelsInForce
from domain.settings import Settings, check

CHAINS = [f"chain-{number}" for number in range(10_000)]
CHAMPION, CHALLENGER = (ModelInForce("main", letter * 64, "core.1", passed_gate=True) for letter in "ab")
REFUSED = ModelInForce("main", "c" * 64, "core.1")
BOTH = ModelsInForce(champion=CHAMPION, challengers=(CHALLENGER,))
NAMED = CHALLENGER.sha256[:8]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_arm_b_has_its_share_of_the_chains(share: float) -> None:
    found = sum(arm_of(one, share) is Arm.B for one in CHAINS) / len(CHAINS)
    assert abs(found - share) < 0.02


def test_a_chain_of_arm_b_stays_in_it_when_the_share_grows() -> None:
    of_tenth, of_half = ({one for one in CHAINS if arm_of(one, share) is Arm.B} for share in (0.1, 0.5))
    assert of_tenth < of_half


def test_the_arm_of_a_chain_is_the_same_on_every_machine() -> None:
    assert "".join(arm_of(f"chain-{number}", 0.5) for number in range(8)) == "AAAAABBA"


@pytest.mark.parametrize(
    ("settings", "models"),
    [
        (ONE_ARM, BOTH),
        (ArmSettings(policy=5, challenger=NAMED), BOTH),
        (ArmSettings(share=1.0), NO_MODELS),
        (ArmSettings(share=1.0), BOTH),
    ],
)
def test_entries_without_a_share_or_a_difference_are_in_no_arm(
    settings: ArmSettings, models: ModelsInForce
) -> None:
    side = side_of("chain-1", settings, models)
    assert (side.arm, side.model, side.policy) == (Arm.NONE, models.champion, 0)


def test_arm_b_is_decided_by_the_challenger_and_the_policy_of_the_settings() -> None:
    settings = ArmSettings(share=0.5, policy=5, challenger=NAMED)
    first, second = (side_of(one, settings, BOTH) for one in ("chain-0", "chain-5"))
    assert (first.arm, first.model, first.policy) == (Arm.A, CHAMPION, 0)
    assert (second.arm, second.model, second.policy) == (Arm.B, CHALLENGER, 5)


def test_arm_b_without_a_named_challenger_differs_in_its_policy_alone() -> None:
    side = side_of("chain-5", ArmSettings(share=0.5, policy=5), BOTH)
    assert (side.arm, side.model, side.policy) == (Arm.B, CHAMPION, 5)


@pytest.mark.parametrize(
    ("challenger", "challengers"),
    [
        (REFUSED.sha256, (REFUSED,)),
        (CHALLENGER.sha256, ()),
        (CHALLENGER.sha256, (REFUSED,)),
        (CHAMPION.sha256, (CHALLENGER,)),
        (NAMED, (CHALLENGER, ModelInForce("main", "b" * 63 + "0", "core.1", passed_gate=True))),
    ],
    ids=["refused by its gate", "retired", "replaced by another", "the champion", "ambiguous"],
)
def test_nothing_is_split_where_the_named_model_may_not_decide(
    challenger: str, challengers: tuple[ModelInForce, ...]
) -> None:
    settings = ArmSettings(share=1.0, policy=5, challenger=challenger)
    side = side_of("chain-1", settings, ModelsInForce(champion=CHAMPION, challengers=challengers))
    assert (side.arm, side.model, side.policy) == (Arm.NONE, CHAMPION, 0)


def test_a_policy_that_does_not_exist_is_refused() -> None:
    assert LATEST_POLICY == POLICY_VERSION
    with pytest.raises(InvalidSettings, match=r"arms\.policy"):
        check(Settings(arms=ArmSettings(policy=LATEST_POLICY + 1)))
    with pytest.raises(InvalidSettings, match="lacks a member that limits risk"):
        check(Settings(arms=ArmSettings(policy=EARLIEST_POLICY - 1)))
    check(Settings(arms=ArmSettings(policy=EARLIEST_POLICY)))


def test_every_member_of_today_votes_in_the_earliest_policy_of_an_arm() -> None:
    assert members_of(EARLIEST_POLICY) == MEMBERS
    assert members_of(EARLIEST_POLICY - 1) != MEMBERS


@pytest.mark.parametrize("challenger", ["b" * 7, "B" * 64, "b" * 65, "main"])
def test_a_challenger_that_is_no_sha256_is_refused(challenger: str) -> None:
    with pytest.raises(InvalidSettings, match=r"arms\.challenger = .* 8 or more of its first digits"):
        check(Settings(arms=ArmSettings(challenger=challenger)))
