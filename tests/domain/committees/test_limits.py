"""Limits that are off by default: each one alone refuses an entry, and its reason names what is held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.closing import CloseReason
from domain.committees import MEMBERS, decide
from domain.committees.limits import RULES
from domain.committees.margins import margins_of
from domain.direction import Direction, Side
from domain.grid import Grid, GridLevel
from domain.limits.settings import LimitSettings, OnMissing, OwnLimitSettings
from domain.pause import EntriesPaused, EntriesResumed
from domain.position import PositionClosing
from domain.settings import OnOpposite, RiskSettings, Settings, StrategySettings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.strategies import Intent
from domain.streams import pause_stream
from tests.domain.committees.test_policy import AGAINST, SIGNAL, a_view, holding, holding_eth
from tests.domain.history import (
    ACCOUNT,
    ETH,
    NOW,
    D,
    History,
    a_closing,
    a_decision,
    a_signal,
    an_instrument,
    an_open_day,
    an_opening,
    an_order,
)
from tests.replacing import replace

SOL = "SOLUSDT-LINEAR.BYBIT"
UNI = "UNIUSDT-LINEAR.BYBIT"
LONG, SHORT = Direction.LONG, Direction.SHORT
UNTIL = NOW + timedelta(minutes=5)
SHORT_ETH: dict[str, Any] = {"direction": SHORT, "stop": D(102), "target": D(94)}


def with_limits(**settings: Any) -> Settings:
    return Settings(limits=LimitSettings(**settings))


def correlated(**found: float) -> Mapping[str, float]:
    return {f"hourly_correlation.{name}USDT-LINEAR.BYBIT": figure for name, figure in found.items()}


def signal(inputs: Mapping[str, float] | None = None, direction: Direction = LONG) -> SignalDetected:
    return replace(SIGNAL if direction is LONG else AGAINST, inputs=inputs or {})


def short_eth(history: History) -> History:
    return history.position(an_opening(instrument=ETH, **SHORT_ETH), instrument=ETH, direction=SHORT)


def waiting_eth(history: History, side: Side = Side.BUY) -> History:
    one = a_signal(instrument=ETH) if side is Side.BUY else a_signal(instrument=ETH, **SHORT_ETH)
    levels = a_decision(stop=one.stop, target=one.target)
    return history.signal(one, levels).order("abc-e1", an_order(instrument=ETH, side=side))


def running_grid(history: History) -> History:
    """A grid of ETH whose entries have ended and which holds nothing now, so that only the grid itself is left."""
    levels = (GridLevel(D(98), D(100)), GridLevel(D(96), D(98)))
    grid = Grid(levels=levels, rounds=3, lifetime_seconds=3_600)
    return history.signal(a_signal(instrument=ETH, stop=D(92), target=D(104), grid=grid), a_decision())


def paused(owner: str, until: datetime | None = UNTIL) -> Callable[[Settings], History]:
    lost = EntriesPaused(
        owner=owner, losses=3, net=D("-12.50"), positions=("position-main-x-LONG-1",), until=until
    )
    return lambda settings: an_open_day(settings).record(pause_stream(ACCOUNT, owner), lost)


def having(hold: Callable[[History], History]) -> Callable[[Settings], History]:
    return lambda settings: hold(an_open_day(settings).listed(an_instrument(SOL), an_instrument(UNI)))


@dataclass(frozen=True)
class Alone:
    """An entry that one limit alone refuses in this history, and an entry or a history just within the limit."""

    name: str
    member: str
    reason: str
    settings: dict[str, Any]
    history: Callable[[Settings], History]
    within: Callable[[Settings], History]
    refused: Mapping[str, float] = field(default_factory=dict[str, float])
    allowed: Mapping[str, float] = field(default_factory=dict[str, float])
    direction: Direction = LONG
    words: str = ETH


ONE_OF_A_GROUP: dict[str, Any] = {"max_group_positions": 1}
ONE_ALIKE: dict[str, Any] = {"max_correlated_positions": 1}
ALONE = (
    Alone(
        "three losses of the account",
        "loss_pause",
        "ACCOUNT_PAUSED_AFTER_LOSSES",
        {"account_losses": 3},
        paused(""),
        paused("", NOW),
        words="3 losing positions in a row of -12.50 together, until 2025-04-03T12:05:00+00:00",
    ),
    Alone(
        "three losses of the strategy",
        "loss_pause",
        "STRATEGY_PAUSED_AFTER_LOSSES",
        {"strategy_losses": 3},
        paused("trend", None),
        paused("breakout", None),
        words="until a person ends it",
    ),
    Alone(
        "a position of the group",
        "group_positions",
        "MAX_GROUP_POSITIONS",
        ONE_OF_A_GROUP,
        having(holding_eth),
        having(lambda history: history.position(an_opening(instrument=UNI), instrument=UNI)),
    ),
    Alone(
        "a waiting entry of the group",
        "group_positions",
        "MAX_GROUP_POSITIONS",
        ONE_OF_A_GROUP,
        having(waiting_eth),
        having(short_eth),
    ),
    Alone(
        "a grid of the group",
        "group_positions",
        "MAX_GROUP_POSITIONS",
        ONE_OF_A_GROUP,
        having(running_grid),
        having(short_eth),
    ),
    Alone(
        "a short position of the group",
        "group_positions",
        "MAX_GROUP_POSITIONS",
        ONE_OF_A_GROUP,
        having(short_eth),
        having(holding_eth),
        direction=SHORT,
    ),
    Alone(
        "a position that moves alike",
        "correlated_positions",
        "MAX_CORRELATED_POSITIONS",
        ONE_ALIKE,
        having(holding_eth),
        having(holding_eth),
        correlated(ETH=0.7),
        correlated(ETH=0.6999),
    ),
    Alone(
        "a short of what moves oppositely",
        "correlated_positions",
        "MAX_CORRELATED_POSITIONS",
        ONE_ALIKE,
        having(short_eth),
        having(short_eth),
        correlated(ETH=-0.7),
        correlated(ETH=0.99),
    ),
    Alone(
        "a waiting entry that moves alike",
        "correlated_positions",
        "MAX_CORRELATED_POSITIONS",
        ONE_ALIKE,
        having(waiting_eth),
        having(waiting_eth),
        correlated(ETH=0.95),
        correlated(ETH=-0.95),
    ),
    Alone(
        "an unknown correlation",
        "correlated_positions",
        "CORRELATION_MISSING",
        ONE_ALIKE,
        having(holding_eth),
        having(holding_eth),
        {},
        correlated(ETH=0.1),
    ),
    Alone(
        "a correlation that is no number",
        "correlated_positions",
        "CORRELATION_MISSING",
        ONE_ALIKE,
        having(holding_eth),
        having(holding_eth),
        correlated(ETH=float("nan")),
        correlated(ETH=0.1),
    ),
)
each_limit = pytest.mark.parametrize("case", ALONE, ids=[one.name for one in ALONE])


def decided(case: Alone, settings: Settings) -> DecisionMade:
    return decide(signal(case.refused, case.direction), a_view(case.history(settings)))


def test_every_limit_has_a_case() -> None:
    assert {one.member for one in ALONE} == {rule.member.name for rule in RULES}


@each_limit
def test_one_limit_alone_refuses_the_entry_and_its_reason_names_what_is_held(case: Alone) -> None:
    decision = decided(case, with_limits(**case.settings))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, (case.reason,))
    (against,) = [vote for vote in decision.votes if not vote.approves]
    assert against.member == case.member
    (margin,) = margins_of(against)
    assert margin.reason == case.reason
    assert margin.is_recorded
    assert case.words in margin.needed


@each_limit
def test_an_entry_just_within_the_limit_is_made_and_the_limit_has_voted(case: Alone) -> None:
    view = a_view(case.within(with_limits(**case.settings)))
    decision = decide(signal(case.allowed, case.direction), view)
    assert decision.verdict is Verdict.ENTER
    assert [vote.member for vote in decision.votes][len(MEMBERS) :] == [case.member]


@pytest.mark.parametrize(
    "case", [one for one in ALONE if one.member != "loss_pause"], ids=lambda one: one.name
)
def test_the_same_entry_is_made_without_the_limit_and_no_member_of_it_votes(case: Alone) -> None:
    decision = decided(case, Settings())
    assert decision.verdict is Verdict.ENTER
    assert [vote.member for vote in decision.votes] == [member.name for member in MEMBERS]


def test_a_pause_stays_in_force_after_its_limit_was_switched_off() -> None:
    assert decide(SIGNAL, a_view(paused("")(Settings()))).reasons == ("ACCOUNT_PAUSED_AFTER_LOSSES",)
    resumed = paused("")(Settings()).record(pause_stream(ACCOUNT, ""), EntriesResumed("", "calm"))
    assert decide(SIGNAL, a_view(resumed)).verdict is Verdict.ENTER


def test_an_instance_has_its_own_losses_in_a_row_in_place_of_those_of_all() -> None:
    own = StrategySettings("trend", limits=OwnLimitSettings(strategy_losses=2))
    decision = decide(SIGNAL, a_view(an_open_day(Settings(strategies=(own,)))))
    assert [vote.member for vote in decision.votes][len(MEMBERS) :] == ["loss_pause"]
    off = StrategySettings("trend", limits=OwnLimitSettings(strategy_losses=0))
    settings = replace(with_limits(strategy_losses=2), strategies=(off,))
    decision = decide(SIGNAL, a_view(an_open_day(settings)))
    assert [vote.member for vote in decision.votes] == [member.name for member in MEMBERS]


def test_a_short_that_only_waits_offsets_nothing() -> None:
    settings = with_limits(**ONE_OF_A_GROUP)
    both = having(
        lambda history: waiting_eth(history.position(an_opening(instrument=SOL), instrument=SOL), Side.SELL)
    )
    assert decide(SIGNAL, a_view(both(settings))).reasons == ("MAX_GROUP_POSITIONS",)
    held = having(lambda history: short_eth(history.position(an_opening(instrument=SOL), instrument=SOL)))
    decision = decide(SIGNAL, a_view(held(settings)))
    assert decision.verdict is Verdict.ENTER
    assert decision.votes[-1].figures == {
        "group": "majors",
        "direction": "LONG",
        "held": SOL,
        "offsetting": ETH,
        "net": "1",
        "most": "1",
    }


def test_a_position_that_is_being_closed_offsets_nothing_and_still_counts() -> None:
    closing = PositionClosing(CloseReason.SIGNAL, "zzz", "zzz-x")
    settings = with_limits(**ONE_OF_A_GROUP)
    short = having(
        lambda history: short_eth(history.position(an_opening(instrument=SOL), instrument=SOL)).position(
            closing, instrument=ETH, direction=SHORT
        )
    )
    assert decide(SIGNAL, a_view(short(settings))).reasons == ("MAX_GROUP_POSITIONS",)
    long = having(lambda history: holding_eth(history).position(closing, instrument=ETH))
    assert decide(SIGNAL, a_view(long(settings))).reasons == ("MAX_GROUP_POSITIONS",)


def test_the_group_with_the_greatest_net_number_is_named() -> None:
    groups = {"first": ("BTC", "SOL"), "second": ("BTC", "ETH", SOL), "third": ("ETH",)}
    both = having(lambda history: holding_eth(history.position(an_opening(instrument=SOL), instrument=SOL)))
    settings = replace(with_limits(max_group_positions=2), groups=groups)
    decision = decide(SIGNAL, a_view(both(settings)))
    assert decision.reasons == ("MAX_GROUP_POSITIONS",)
    figures = decision.votes[-1].figures
    assert (figures["group"], figures["held"], figures["net"]) == ("second", f"{SOL} {ETH}", "3")


def test_an_instrument_of_no_group_is_limited_by_none() -> None:
    settings = replace(with_limits(**ONE_OF_A_GROUP), groups={"others": ("ETH", "SOL")})
    decision = decide(SIGNAL, a_view(having(holding_eth)(settings)))
    assert decision.verdict is Verdict.ENTER
    assert decision.votes[-1].figures == {"group": "", "most": "1"}


def test_with_note_an_unknown_correlation_is_named_and_the_entry_is_made() -> None:
    settings = with_limits(**ONE_ALIKE, on_missing_correlation=OnMissing.NOTE)
    decision = decide(SIGNAL, a_view(having(holding_eth)(settings)))
    assert decision.verdict is Verdict.ENTER
    assert decision.votes[-1].figures["missing"] == ETH


def test_an_unknown_correlation_that_cannot_decide_refuses_nothing() -> None:
    decision = decide(SIGNAL, a_view(having(holding_eth)(with_limits(max_correlated_positions=2))))
    assert decision.verdict is Verdict.ENTER
    assert (decision.votes[-1].figures["missing"], decision.votes[-1].figures["count"]) == (ETH, "1")


def test_the_vote_names_each_correlation_with_the_sign_of_its_direction() -> None:
    both = having(lambda history: short_eth(history.position(an_opening(instrument=SOL), instrument=SOL)))
    settings = with_limits(max_correlated_positions=1)
    decision = decide(signal(correlated(ETH=0.8, SOL=0.75)), a_view(both(settings)))
    assert decision.reasons == ("MAX_CORRELATED_POSITIONS",)
    assert decision.votes[-1].figures == {
        "direction": "LONG",
        "correlations": f"{SOL}=0.75 {ETH}=-0.8",
        "correlated": SOL,
        "missing": "",
        "count": "2",
        "most": "1",
        "correlation": "0.7",
        "hours": "168",
    }


EVERY = with_limits(max_group_positions=1, max_correlated_positions=1, account_losses=1, strategy_losses=1)


def test_an_exit_is_judged_by_no_limit() -> None:
    pause = EntriesPaused(owner="", losses=3, net=D(-1), positions=("x",), until=None)
    history = holding(holding_eth(an_open_day(EVERY))).record(pause_stream(ACCOUNT, ""), pause)
    decision = decide(replace(AGAINST, intent=Intent.EXIT), a_view(history))
    assert (decision.verdict, decision.reasons) == (Verdict.CLOSE, ("EXIT_SIGNAL",))


def test_the_entry_of_a_reversal_is_judged_and_the_close_is_made() -> None:
    settings = replace(
        with_limits(**ONE_OF_A_GROUP), on_opposite=OnOpposite.REVERSE, risk=RiskSettings(cooldown_seconds=0)
    )
    decision = decide(AGAINST, a_view(holding(short_eth(an_open_day(settings)))))
    assert (decision.verdict, decision.reasons) == (Verdict.CLOSE, ("REVERSAL", "MAX_GROUP_POSITIONS"))
    free = decide(AGAINST, a_view(holding(an_open_day(settings))))
    assert free.verdict is Verdict.REVERSE


def test_a_scanners_entry_is_judged_by_all_limits() -> None:
    decision = decide(replace(SIGNAL, strategy="scanner"), a_view(having(holding_eth)(EVERY)))
    assert decision.reasons == ("MAX_GROUP_POSITIONS", "CORRELATION_MISSING")


def test_the_votes_name_the_losses_in_a_row_so_far() -> None:
    history = an_open_day(replace(EVERY, risk=RiskSettings(cooldown_seconds=0))).signal(
        a_signal(), a_decision()
    )
    history.position(an_opening(), a_closing(D(-50), D(9_950)))
    figures = decide(SIGNAL, a_view(history)).votes[len(MEMBERS)].figures
    assert (figures["account_losses"], figures["strategy_losses"], figures["account_pause"]) == ("1", "1", "")
