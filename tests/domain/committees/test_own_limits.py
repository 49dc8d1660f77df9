"""The Alpha committee's limits of one strategy instance, in place of those of all."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.committees import decide
from domain.errors import InvalidSettings
from domain.settings import AlphaSettings, Settings, StrategySettings, check
from domain.signal import SignalDetected, Verdict
from tests.domain.committees.test_policy import a_view
from tests.domain.history import a_signal, an_open_day

D = Decimal
AGAINST_THE_TREND = a_signal(trend=-0.5)
CLOSE_TARGET = a_signal(target=D("101.5"))
"""A reward of 1.39 against a risk of 2.11 for a unit, after fees."""


def with_instance(
    limits: AlphaSettings | None = None, *, trend: float | None = None, ratio: Decimal | None = None
) -> Settings:
    own = StrategySettings("trend", minimum_trend=trend, minimum_reward_to_risk=ratio)
    return Settings(strategies=(own, StrategySettings("other")), alpha=limits or AlphaSettings())


@pytest.mark.parametrize(
    ("signal", "settings", "reason"),
    [
        (AGAINST_THE_TREND, with_instance(trend=-1.0), "TREND_DISAGREES"),
        (CLOSE_TARGET, with_instance(ratio=D("0.5")), "REWARD_TO_RISK_TOO_LOW"),
    ],
    ids=["minimum trend", "reward to risk"],
)
def test_an_own_limit_that_is_lower_admits_what_the_limit_of_all_refuses(
    signal: SignalDetected, settings: Settings, reason: str
) -> None:
    refused = decide(signal, a_view(an_open_day()))
    assert (refused.verdict, refused.reasons) == (Verdict.SKIP, (reason,))
    assert decide(signal, a_view(an_open_day(settings))).verdict is Verdict.ENTER


@pytest.mark.parametrize("strategy", ["other", "scanner"])
def test_the_limits_of_one_instance_do_not_apply_to_another_owner(strategy: str) -> None:
    settings = with_instance(trend=-1.0, ratio=D(0))
    signal = a_signal(strategy=strategy, trend=-0.5, target=D("101.5"))
    decision = decide(signal, a_view(an_open_day(settings)))
    assert decision.reasons == ("TREND_DISAGREES", "REWARD_TO_RISK_TOO_LOW")


def test_an_own_limit_that_is_left_out_is_that_of_all() -> None:
    strict = AlphaSettings(minimum_trend=0.9, minimum_reward_to_risk=D(4))
    decision = decide(a_signal(trend=0.0), a_view(an_open_day(with_instance(strict, trend=0.0))))
    assert decision.reasons == ("REWARD_TO_RISK_TOO_LOW",)


def test_the_vote_records_the_limit_that_was_in_force_for_the_instance() -> None:
    decision = decide(AGAINST_THE_TREND, a_view(an_open_day(with_instance(trend=-0.25, ratio=D("0.75")))))
    found = {vote.member: vote.figures for vote in decision.votes}
    assert found["trend_agreement"]["minimum"] == "-0.25"
    assert found["reward_to_risk"]["minimum"] == "0.75"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (with_instance(trend=-1.1), r"strategies\.0\.minimum_trend = -1\.1 \(id trend\) must be in -1 … 1"),
        (
            with_instance(ratio=D(101)),
            r"strategies\.0\.minimum_reward_to_risk = 101 \(id trend\) must be in 0 … 100",
        ),
    ],
    ids=["minimum trend", "reward to risk"],
)
def test_an_own_limit_out_of_its_range_is_refused_by_name(settings: Settings, message: str) -> None:
    with pytest.raises(InvalidSettings, match=message):
        check(settings)
