"""Flip protection: each rule alone keeps a position that its strategy's opposite entry would close."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.committees import EXIT_MEMBERS, decide
from domain.committees.flips import RULES
from domain.committees.margins import margins_of
from domain.direction import Direction
from domain.settings import FlipSettings, OnOpposite, OwnFlipSettings, Settings, StrategySettings
from domain.signal import SignalDetected, Verdict
from domain.strategies import Intent
from domain.streams import position_stream, signal_stream
from tests.domain.committees.test_policy import AGAINST, a_view, holding, waiting_for
from tests.domain.history import (
    ACCOUNT,
    BTC,
    NOW,
    History,
    a_closing,
    a_decision,
    a_signal,
    an_open_day,
    an_opening,
)
from tests.replacing import replace

D = Decimal
OPENED = NOW - timedelta(minutes=10)
FAR = replace(AGAINST, price=D(97), stop=D(99), target=D(91))
"""An entry against a long of 10 at 100 that has lost 3 a unit."""
GAINED = replace(AGAINST, price=D(103), stop=D(105), target=D(97))


def with_flips(**rules: Any) -> Settings:
    return Settings(flips=FlipSettings(**rules))


def opened(settings: Settings, *, ago: timedelta = timedelta(minutes=10)) -> History:
    """A long of 10 at 100 of the strategy `trend`."""
    history = an_open_day(settings).signal(a_signal(), a_decision())
    return history.position(an_opening(), at=NOW - ago)


def after_a_flip(settings: Settings, ago: timedelta) -> History:
    """A long of the strategy, which closed its own short so long ago for an entry."""
    history = an_open_day(settings).signal(AGAINST, a_decision(), chain="short")
    short = position_stream(ACCOUNT, BTC, Direction.SHORT, 1)
    history.record(short, an_opening(direction=Direction.SHORT), chain="short")
    reversal = a_decision(verdict=Verdict.CLOSE, reasons=("REVERSAL",))
    history.record(signal_stream(ACCOUNT, "flip"), a_signal(), reversal, chain="flip", at=NOW - ago)
    history.record(short, a_closing(D(1), D(10_001)), chain="flip")
    return history.signal(a_signal(), a_decision()).position(an_opening(), at=OPENED)


def in_a_row(settings: Settings, count: int) -> History:
    """The long, and so many recorded entries against it."""
    history = opened(settings)
    for number in range(count):
        history.signal(AGAINST, chain=f"against{number}")
    return history


@dataclass(frozen=True)
class Alone:
    """A flip that one rule alone refuses with these settings, and a flip just within its limit."""

    member: str
    reason: str
    rules: dict[str, Any]
    refused: Callable[[Settings], History]
    allowed: Callable[[Settings], History]
    signal: SignalDetected = AGAINST
    allowed_signal: SignalDetected = AGAINST


ALONE = (
    Alone(
        "flip_confidence",
        "FLIP_CONFIDENCE_TOO_LOW",
        {"minimum_confidence": 0.8},
        opened,
        opened,
        replace(AGAINST, confidence=0.79),
        replace(AGAINST, confidence=0.8),
    ),
    Alone(
        "flip_repeats",
        "FLIP_NOT_REPEATED",
        {"repeats": 3},
        lambda settings: in_a_row(settings, 2),
        lambda settings: in_a_row(settings, 3),
    ),
    Alone(
        "flip_hold",
        "FLIP_HELD_TOO_SHORT",
        {"hold_seconds": 600},
        lambda settings: opened(settings, ago=timedelta(seconds=599)),
        lambda settings: opened(settings, ago=timedelta(seconds=600)),
    ),
    Alone(
        "flip_cooldown",
        "FLIP_COOLDOWN",
        {"cooldown_seconds": 900},
        lambda settings: after_a_flip(settings, timedelta(seconds=899)),
        lambda settings: after_a_flip(settings, timedelta(seconds=900)),
    ),
    Alone(
        "flip_loss",
        "FLIP_IN_A_LOSS",
        {"loss_confidence": 0.9},
        opened,
        opened,
        replace(FAR, confidence=0.89),
        replace(FAR, confidence=0.9),
    ),
    Alone(
        "flip_costs",
        "FLIP_WITHIN_COSTS",
        {"cost_buffer": D("0.001")},
        opened,
        opened,
        replace(AGAINST, price=D("100.21")),
        replace(AGAINST, price=D("100.22")),
    ),
)
"""The last one: 100.21 moved by 0.21, and costs 0.00055 · 200.21 + 0.1 = 0.2101155; 100.22 costs 0.210121."""

_IDS = [one.member for one in ALONE]


def test_every_rule_has_a_case_and_a_setting() -> None:
    assert [rule.member.name for rule in RULES] == _IDS
    assert sorted(name for one in ALONE for name in one.rules) == sorted(
        one.name for one in fields(FlipSettings)
    )


@pytest.mark.parametrize("on_opposite", OnOpposite)
@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_one_rule_alone_keeps_the_position(case: Alone, on_opposite: OnOpposite) -> None:
    settings = replace(with_flips(**case.rules), on_opposite=on_opposite)
    decision = decide(case.signal, a_view(case.refused(settings)))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, (case.reason,))
    assert [vote.member for vote in decision.votes if not vote.approves] == [case.member]


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_the_same_flip_is_made_without_the_rule_and_no_member_of_it_votes(case: Alone) -> None:
    decision = decide(case.signal, a_view(case.refused(Settings())))
    assert (decision.verdict, decision.reasons) == (Verdict.CLOSE, ("REVERSAL",))
    assert [vote.member for vote in decision.votes] == [member.name for member in EXIT_MEMBERS]


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_a_flip_just_within_the_limit_is_made_and_the_rule_has_voted(case: Alone) -> None:
    decision = decide(case.allowed_signal, a_view(case.allowed(with_flips(**case.rules))))
    assert decision.verdict is Verdict.CLOSE
    assert [vote.member for vote in decision.votes] == [
        *(member.name for member in EXIT_MEMBERS),
        case.member,
    ]


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_the_margin_of_each_rule_is_recorded_and_an_approval_breaks_none(case: Alone) -> None:
    settings = with_flips(**case.rules)
    refused = decide(case.signal, a_view(case.refused(settings))).votes[-1]
    (margin,) = margins_of(refused)
    assert (margin.reason, margin.is_recorded) == (case.reason, True)
    approved = decide(case.allowed_signal, a_view(case.allowed(settings))).votes[-1]
    (none,) = margins_of(replace(approved, approves=False, reasons=(case.reason,)))
    assert not none.is_recorded, none.needed


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_an_exit_is_no_flip(case: Alone) -> None:
    view = a_view(case.refused(with_flips(**case.rules)))
    decision = decide(replace(case.signal, intent=Intent.EXIT), view)
    assert (decision.verdict, decision.reasons) == (Verdict.CLOSE, ("EXIT_SIGNAL",))


@pytest.mark.parametrize("case", ALONE, ids=_IDS)
def test_an_instance_has_its_own_rule_in_place_of_that_of_all(case: Alone) -> None:
    own = StrategySettings("trend", flips=OwnFlipSettings(**case.rules))
    strict = Settings(strategies=(own, StrategySettings("other")))
    assert decide(case.signal, a_view(case.refused(strict))).reasons == (case.reason,)
    off: dict[str, Any] = {name: type(value)(0) for name, value in case.rules.items()}
    lenient = replace(
        with_flips(**case.rules), strategies=(StrategySettings("trend", flips=OwnFlipSettings(**off)),)
    )
    assert decide(case.signal, a_view(case.refused(lenient))).verdict is Verdict.CLOSE


def test_a_rule_that_the_instance_leaves_out_is_that_of_all() -> None:
    own = StrategySettings("trend", flips=OwnFlipSettings(hold_seconds=1))
    settings = replace(with_flips(hold_seconds=900, minimum_confidence=0.9), strategies=(own,))
    assert decide(AGAINST, a_view(opened(settings))).reasons == ("FLIP_CONFIDENCE_TOO_LOW",)


_ALL: dict[str, Any] = {name: value for one in ALONE for name, value in one.rules.items()}


def test_an_entry_against_another_owner_is_judged_by_reverse_others_and_by_no_rule_for_flips() -> None:
    settings = replace(with_flips(**_ALL), reverse_others=True)
    decision = decide(AGAINST, a_view(holding(an_open_day(settings), "slow")))
    assert (decision.verdict, len(decision.votes)) == (Verdict.CLOSE, len(EXIT_MEMBERS))


def test_an_entry_against_a_waiting_entry_alone_is_no_flip() -> None:
    decision = decide(AGAINST, a_view(waiting_for("trend", an_open_day(with_flips(**_ALL)))))
    assert (decision.verdict, len(decision.votes)) == (Verdict.CLOSE, len(EXIT_MEMBERS))


def test_all_rules_vote_and_each_reason_is_named() -> None:
    refused = replace(FAR, confidence=0.1, price=D("99.9"))
    decision = decide(refused, a_view(after_a_flip(with_flips(**_ALL), timedelta(seconds=1))))
    assert decision.reasons == tuple(one.reason for one in ALONE if one.member != "flip_hold")


def test_a_gain_after_fees_is_flipped_at_any_confidence() -> None:
    history = opened(with_flips(loss_confidence=1.0))
    decision = decide(replace(GAINED, confidence=0.1), a_view(history))
    assert decision.verdict is Verdict.CLOSE
    assert decision.votes[-1].figures["net"] == "29.33350"


@pytest.mark.parametrize("price", [D("100.06"), D("99.99")], ids=["fees above the gain", "a loss"])
def test_a_position_that_fees_bring_into_a_loss_is_not_flipped_by_a_weak_signal(price: Decimal) -> None:
    decision = decide(replace(AGAINST, price=price), a_view(opened(with_flips(loss_confidence=0.95))))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("FLIP_IN_A_LOSS",)), price


def test_an_entry_in_the_direction_of_the_position_begins_the_row_again() -> None:
    settings = with_flips(repeats=2)
    history = in_a_row(settings, 1).signal(a_signal(), chain="along").signal(AGAINST, chain="again")
    decision = decide(AGAINST, a_view(history))
    assert decision.reasons == ("FLIP_NOT_REPEATED",)
    assert decision.votes[-1].figures == {"row": "1", "repeats": "2"}


def test_an_exit_and_another_strategy_leave_the_row_as_it_is() -> None:
    history = in_a_row(with_flips(repeats=2), 1)
    history.signal(replace(AGAINST, intent=Intent.EXIT), chain="exit")
    history.signal(a_signal(strategy="other"), chain="other")
    assert decide(AGAINST, a_view(history)).reasons == ("FLIP_NOT_REPEATED",)
    history.signal(AGAINST, chain="second")
    assert decide(AGAINST, a_view(history)).verdict is Verdict.CLOSE


def test_the_held_time_is_a_figure_as_a_duration() -> None:
    history = opened(with_flips(hold_seconds=1), ago=timedelta(hours=1, seconds=5))
    assert decide(AGAINST, a_view(history)).votes[-1].figures["held"] == "1:00:05"
