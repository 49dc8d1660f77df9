"""The size of an entry by its owner's rule: MINIMUM, KELLY, and the cut to the risk of one trade, in decisions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.committees import decide
from domain.committees.margins import margins_of
from domain.committees.policy import Flat, decide_reversal
from domain.grid import Grid, GridLevel
from domain.settings import AlphaSettings, IntentSettings, RiskSettings, Settings, StrategySettings
from domain.signal import Decided, DecisionMade, SignalDetected, Verdict, Vote
from domain.sizing.settings import KellyFallback, OwnSizingSettings, SizingRule, SizingSettings
from tests.domain.committees.test_policy import a_view
from tests.domain.history import (
    ETH,
    NOW,
    D,
    History,
    a_closing,
    a_decision,
    a_signal,
    an_open_day,
    an_opening,
)
from tests.replacing import replace

SIGNAL = a_signal(confidence=0.9)
"""An entry at 100 with the stop 98."""
BY_KELLY = SizingSettings(rule=SizingRule.KELLY)
WIN, LOSS = D(42), D(-21)
"""2 R and -1 R of an opening of 10 at 100 with the stop 97.9."""
ANY_LIMITS = RiskSettings(max_risk_per_trade=D("0.5"), max_total_risk=D(1))
BIG = SizingSettings(rule=SizingRule.FIXED, quantity=D(90))
FURTHER = replace(SIGNAL, stop=D(97), target=D(110))
"""An entry at 100 with the stop 97: 90 lose 270, where 200 of 10,000 are the limit."""


def after(nets: Sequence[Decimal], settings: Settings) -> History:
    """The strategy has closed trades in another instrument with these profits, long ago."""
    history = an_open_day(settings).signal(a_signal(instrument=ETH), a_decision())
    for n, net in enumerate(nets, 1):
        closing = a_closing(net, D(10_000))
        history.position(an_opening(instrument=ETH), closing, instrument=ETH, n=n, at=NOW - timedelta(days=1))
    return history


def sized(sizing: SizingSettings, risk: RiskSettings | None = None, **given: Any) -> Settings:
    return Settings(sizing=sizing, risk=risk or RiskSettings(), **given)


def decided(history: History, signal: SignalDetected = SIGNAL) -> DecisionMade:
    return decide(signal, a_view(history))


def vote_of(decision: DecisionMade, member: str = "sizing") -> Vote:
    (found,) = (one for one in decision.votes if one.member == member)
    return found


def test_kelly_risks_a_share_of_the_fraction_of_the_closed_trades() -> None:
    """By hand: 12 of 30 trades win 2 R: f = 0.4 - 0.6/2 = 0.1. Half of it is above a cap of 0.004: 40 of 10,000 over 2
    are 20. A twentieth of it is 0.005: 50 over 2 are 25.
    """
    few = replace(BY_KELLY, kelly_cap=D("0.004"))
    decision = decided(after([WIN] * 12 + [LOSS] * 18, sized(few, ANY_LIMITS)))
    assert (decision.verdict, decision.quantity) == (Verdict.ENTER, D("20.000"))
    figures = vote_of(decision).figures
    assert {name: figures[name] for name in figures if name.startswith("kelly_")} == {
        "kelly_trades": "30",
        "kelly_least_trades": "30",
        "kelly_wins": "12",
        "kelly_mean": "0.200000",
        "kelly_fraction": "0.1",
        "kelly_risk": "0.004",
        "kelly_multiplier": "0.5",
        "kelly_cap": "0.004",
    }
    uncapped = decided(
        after([WIN] * 12 + [LOSS] * 18, sized(replace(BY_KELLY, kelly_multiplier=D("0.05")), ANY_LIMITS))
    )
    assert uncapped.quantity == D("25.000")


def test_a_kelly_size_above_the_risk_per_trade_is_cut_to_it_with_the_reason() -> None:
    """By hand: 0.05 of 10,000 is 500, the limit 200: 100 at a distance of 2."""
    decision = decided(after([WIN] * 12 + [LOSS] * 18, sized(BY_KELLY)))
    assert (decision.verdict, decision.reasons) == (Verdict.ENTER, ("CUT_TO_MAX_RISK", "ALL_APPROVE"))
    assert decision.quantity == D("100.000")
    figures = vote_of(decision).figures
    assert (figures["kelly_risk"], figures["most_risk"], figures["cut"]) == (
        "0.05",
        "200.00",
        "CUT_TO_MAX_RISK",
    )
    assert D(vote_of(decision, "risk_per_trade").figures["risk"]) == 200


def test_trades_without_an_edge_skip_the_entry_with_what_was_missing() -> None:
    decision = decided(after([WIN] * 10 + [LOSS] * 20, sized(BY_KELLY)))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("KELLY_NO_EDGE",))
    (margin,) = margins_of(vote_of(decision))
    assert (margin.value, margin.limit, margin.is_recorded) == (D(0), D(0), True)
    assert margin.needed.endswith("30 trades were counted")


def test_too_few_trades_are_sized_by_the_rule_risk_or_skipped() -> None:
    nets = [WIN] * 29
    by_risk = decided(after(nets, sized(BY_KELLY)))
    assert (by_risk.verdict, by_risk.quantity) == (Verdict.ENTER, D("50.000"))
    skipping = sized(replace(BY_KELLY, kelly_fallback=KellyFallback.SKIP))
    skipped = decided(after(nets, skipping))
    assert (skipped.verdict, skipped.reasons) == (Verdict.SKIP, ("KELLY_TOO_FEW_TRADES",))
    (margin,) = margins_of(vote_of(skipped))
    assert (margin.value, margin.limit, margin.by) == (D(29), D(30), D(1))


def test_the_trades_of_another_instance_do_not_count() -> None:
    history = after([WIN] * 30, sized(replace(BY_KELLY, kelly_fallback=KellyFallback.SKIP)))
    assert decided(history, replace(SIGNAL, strategy="scanner")).reasons == ("KELLY_TOO_FEW_TRADES",)


def test_the_least_quantity_is_that_of_the_notional_rounded_up_to_the_lot() -> None:
    """By hand: a notional of 5 at 100.2 is 0.0499…, in lots of 0.001 that is 0.050."""
    least = sized(SizingSettings(rule=SizingRule.MINIMUM))
    assert decided(an_open_day(least), replace(SIGNAL, price=D("100.2"))).quantity == D("0.050")


def test_a_size_above_the_risk_per_trade_is_refused_or_cut_by_the_setting() -> None:
    refused = decided(an_open_day(sized(BIG)), FURTHER)
    assert (refused.verdict, refused.reasons) == (Verdict.SKIP, ("RISK_PER_TRADE",))
    assert not {"cut", "most_risk"} & vote_of(refused).figures.keys()
    cut = decided(an_open_day(sized(replace(BIG, cut_to_max_risk=True))), FURTHER)
    assert (cut.verdict, cut.reasons) == (Verdict.ENTER, ("CUT_TO_MAX_RISK", "ALL_APPROVE"))
    assert cut.quantity == D("66.666")


def test_a_size_within_the_risk_per_trade_is_not_cut() -> None:
    cutting = SizingSettings(rule=SizingRule.FIXED, quantity=D(100), cut_to_max_risk=True)
    decision = decided(an_open_day(sized(cutting)))
    assert (decision.reasons, decision.quantity) == (("ALL_APPROVE",), D("100.000"))
    assert vote_of(decision).figures["cut"] == ""


def test_a_cut_below_the_least_order_skips_the_entry_with_both_reasons() -> None:
    least = SizingSettings(rule=SizingRule.MINIMUM, cut_to_max_risk=True)
    decision = decided(an_open_day(sized(least, RiskSettings(max_risk_per_trade=D("0.000009")))))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("CUT_TO_MAX_RISK", "BELOW_MIN_NOTIONAL"))
    assert "cut to a loss at the stop of 0.09" in margins_of(vote_of(decision))[0].needed


def test_each_instance_has_its_own_rule() -> None:
    instances = (
        StrategySettings("trend", sizing=OwnSizingSettings(rule=SizingRule.FIXED, quantity=D(7))),
        StrategySettings("slow", sizing=OwnSizingSettings(risk=D("0.002"))),
        StrategySettings("other"),
    )
    history = an_open_day(Settings(strategies=instances))
    found = {one: decided(history, replace(SIGNAL, strategy=one)) for one in ("trend", "slow", "other")}
    assert [one.quantity for one in found.values()] == [D("7.000"), D("10.000"), D("50.000")]
    assert [vote_of(one).figures["rule"] for one in found.values()] == ["FIXED", "RISK", "RISK"]


GRID = Grid(levels=(GridLevel(D(98), D(100)), GridLevel(D(96), D(98))), rounds=5, lifetime_seconds=3_600)
A_GRID = replace(SIGNAL, stop=D(92), target=D(104), grid=GRID)
ANY_RATIO = AlphaSettings(minimum_reward_to_risk=D("0.2"))


def test_each_level_of_a_grid_is_the_least_quantity_at_the_lowest_price() -> None:
    """By hand: a notional of 5 at 96 is 0.0520…: 0.053 for each of two levels."""
    least = sized(SizingSettings(rule=SizingRule.MINIMUM), alpha=ANY_RATIO)
    assert decided(an_open_day(least), A_GRID).quantity == D("0.106")


def test_the_levels_of_a_grid_are_cut_to_the_risk_per_trade_together() -> None:
    """By hand: a unit of both levels loses 6 + 4 and 0.00055 of 98 + 96 + 184, 10.2079: 200 / 10.2079 = 19.592…"""
    cutting = SizingSettings(rule=SizingRule.FIXED, quantity=D(50), cut_to_max_risk=True)
    decision = decided(an_open_day(sized(cutting, alpha=ANY_RATIO)), A_GRID)
    assert (decision.reasons, decision.quantity) == (("CUT_TO_MAX_RISK", "ALL_APPROVE"), D("39.184"))
    assert D(vote_of(decision, "risk_per_trade").figures["risk"]) <= 200


@pytest.mark.parametrize(
    ("rule", "quantity"), [(SizingRule.MINIMUM, D("0.050")), (SizingRule.FIXED, D("3.500"))], ids=str
)
def test_an_addition_is_a_share_of_the_rules_quantity_but_not_of_the_least(
    rule: SizingRule, quantity: Decimal
) -> None:
    sizing = SizingSettings(rule=rule, quantity=D(7))
    intents = IntentSettings(additions=1, addition_size=D("0.5"))
    history = an_open_day(sized(sizing, intents=intents, alpha=AlphaSettings(minimum_reward_to_risk=D(0))))
    history.signal(a_signal(), a_decision()).position(an_opening())
    strong = replace(SIGNAL, price=D(102), stop=D(100), target=D(112))
    decision = decided(history, strong)
    assert (decision.reasons, decision.quantity) == (("ADDITION", "ALL_APPROVE"), quantity)


def test_kelly_without_an_edge_adds_nothing_to_a_position() -> None:
    settings = sized(BY_KELLY, intents=IntentSettings(additions=1))
    history = after([LOSS] * 30, settings).position(an_opening())
    strong = replace(SIGNAL, price=D(102), stop=D(100), target=D(112))
    assert "KELLY_NO_EDGE" in decided(history, strong).reasons


@pytest.mark.parametrize(
    ("cuts", "quantity", "reasons"),
    [
        (True, D("66.666"), ("CUT_TO_MAX_RISK", "ALL_APPROVE")),
        (False, None, ("RISK_PER_TRADE",)),
    ],
    ids=["cut", "refused"],
)
def test_the_entry_of_a_reversal_at_a_worse_price_is_cut_again(
    cuts: bool, quantity: Decimal | None, reasons: tuple[str, ...]
) -> None:
    """By hand: 100 were decided at 100; at 101 a unit loses 3, and 200 / 3 = 66.666…"""
    sizing = SizingSettings(rule=SizingRule.FIXED, quantity=D(100), cut_to_max_risk=cuts)
    view = a_view(an_open_day(sized(sizing)))
    decision = a_decision(verdict=Verdict.REVERSE, quantity=D(100), stop=D(98), target=D(110))
    leg = decide_reversal(Decided(SIGNAL, decision), NOW, Flat(D(101), D(10_000), NOW), view)
    assert (leg.reasons, leg.quantity, leg.price) == (reasons, quantity, D(101))
    same = decide_reversal(Decided(SIGNAL, decision), NOW, Flat(D(100), D(10_000), NOW), view)
    assert (same.reasons, same.quantity) == (("ALL_APPROVE",), None)
