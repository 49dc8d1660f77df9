"""Limits on the margin: each refuses an entry alone, just within it the entry is made, and off it does not vote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from domain.account import FundsReserved
from domain.committees import decide
from domain.committees.margin_limits import RULES
from domain.committees.margins import margins_of
from domain.margin.settings import MarginSettings
from domain.settings import AlphaSettings, IntentSettings, Settings
from domain.signal import DecisionMade, SignalDetected, Verdict
from tests.domain.committees.test_policy import a_view, holding
from tests.domain.history import D, History, a_signal, an_open_day
from tests.replacing import replace

SIGNAL = a_signal()
"""50 at 100: 1,000 of margin at leverage 5, and 5.5 of fees in and out."""
STRONG = a_signal(confidence=0.9, price=D(102), stop=D(100), target=D(112))


def limited(**limits: Any) -> Settings:
    return Settings(margin=MarginSettings(**limits))


def adding(**limits: Any) -> Settings:
    settings = replace(limited(**limits), alpha=AlphaSettings(minimum_reward_to_risk=D(0)))
    return replace(settings, intents=IntentSettings(additions=1, addition_size=D("0.41")))


def beside(settings: Settings) -> History:
    """994.5 are reserved for another entry."""
    return an_open_day(settings).account(FundsReserved("zzz-e1", D("994.5")))


@dataclass(frozen=True)
class Alone:
    """A limit that one member finds exceeded, and the next value within which the entry is made."""

    member: str
    reason: str
    exceeded: Settings
    allowed: Settings
    history: Callable[[Settings], History] = an_open_day
    signal: SignalDetected = SIGNAL


ALONE = (
    Alone(
        "margin_in_use",
        "MARGIN_IN_USE",
        limited(max_in_use=D("0.1999")),
        limited(max_in_use=D("0.2")),
        beside,
    ),
    Alone(
        "margin_per_position",
        "MARGIN_OF_POSITION",
        limited(max_per_position=D("0.1005")),
        limited(max_per_position=D("0.10055")),
    ),
    Alone(  # 10 at 100 have a margin of 200; 9.999 at 102 need 203.9796 and fees of 1.1218878
        "margin_per_position",
        "MARGIN_OF_POSITION",
        adding(max_per_position=D("0.0405")),
        adding(max_per_position=D("0.04052")),
        lambda settings: holding(an_open_day(settings)),
        STRONG,
    ),
    Alone(  # 1/5 - 0.005 - 2/100 are left
        "liquidation_distance",
        "STOP_NEAR_LIQUIDATION",
        limited(liquidation_distance=D("0.1751")),
        limited(liquidation_distance=D("0.175")),
    ),
)


def decided(case: Alone, settings: Settings) -> DecisionMade:
    return decide(case.signal, a_view(case.history(settings)))


@pytest.mark.parametrize("case", ALONE, ids=lambda case: f"{case.member}-{case.signal.confidence}")
def test_a_limit_alone_refuses_the_entry_and_states_its_margin(case: Alone) -> None:
    decision = decided(case, case.exceeded)
    (against,) = (one for one in decision.votes if not one.approves)
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, (case.reason,))
    assert against.member == case.member
    (margin,) = margins_of(against)
    assert margin.is_recorded
    assert decided(case, case.allowed).verdict is Verdict.ENTER


def test_every_limit_has_a_case() -> None:
    assert {rule.member.name for rule in RULES} == {case.member for case in ALONE}


def test_limits_that_are_off_do_not_vote() -> None:
    votes = decide(SIGNAL, a_view(an_open_day())).votes
    assert not {rule.member.name for rule in RULES} & {one.member for one in votes}
