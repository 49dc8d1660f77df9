"""Additions: a strategy's strong entry along its own position, its size, and each rule alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from domain.addition import addition_to, loss_at, room
from domain.committees import MEMBERS, Case, decide
from domain.committees.additions import RULES
from domain.committees.margins import margins_of
from domain.direction import Direction, Purpose
from domain.entry import entry_of
from domain.grid import Grid, GridLevel, RunningGrid
from domain.order import OrderType
from domain.position import Open, PositionIncreased, ProtectionMoved
from domain.settings import (
    AlphaSettings,
    CapSettings,
    IntentSettings,
    OwnIntentSettings,
    RiskSettings,
    Settings,
    StrategySettings,
)
from domain.signal import DecisionMade, SignalDetected, Verdict
from tests.domain.committees.test_policy import a_view, holding
from tests.domain.history import BTC, History, a_decision, a_signal, a_stop, an_open_day, an_opening, an_order
from tests.replacing import replace

D = Decimal
STRONG = a_signal(confidence=0.9, price=D(102), stop=D(100), target=D(112))
"""An entry along a long of 10 at 100 with the stop 97.9, 2 above its only entry."""
AVERAGE = D(101)
ANY_RATIO = AlphaSettings(minimum_reward_to_risk=D(0))


def adding(risk: RiskSettings | None = None, caps: CapSettings | None = None, **given: Any) -> Settings:
    given.setdefault("additions", 2)
    return Settings(
        alpha=ANY_RATIO,
        risk=risk or RiskSettings(),
        caps=caps or CapSettings(),
        intents=IntentSettings(**given),
    )


def held(settings: Settings, **changed: Any) -> History:
    """A long of 10 at 100 of the strategy, which paid a fee of 0.1."""
    return holding(an_open_day(settings), **changed)


def increased(history: History, order_id: str = "def-e1", price: Decimal = AVERAGE) -> History:
    cost = price * 2
    more = PositionIncreased(order_id=order_id, quantity=D(2), price=price, cost=cost, fee=D("0.1"))
    return history.position(more)


def under_way(history: History) -> History:
    """The addition of 1 is placed, and has not filled."""
    history.signal(STRONG, a_decision(quantity=D(1)), chain="def")
    return history.order("def-e1", an_order(quantity=D(1)))


def decided(history: History, signal: SignalDetected = STRONG) -> DecisionMade:
    return decide(signal, a_view(history))


def test_the_added_quantity_is_what_the_loss_of_the_whole_position_leaves_of_the_risk_per_trade() -> None:
    """By hand: 10 at 100 lose 21 at 97.9, 0.1 paid and 0.53845 to pay in fees: 21.63845 of 50, so 28.36155 are left.
    A unit from 102 loses 4.1 and fees of 0.00055·199.9: 4.209945. 28.36155 / 4.209945 = 6.7367…, a lot is 0.001.
    """
    decision = decided(held(adding(RiskSettings(max_risk_per_trade=D("0.005")))))
    assert (decision.verdict, decision.reasons) == (Verdict.ENTER, ("ADDITION", "ALL_APPROVE"))
    assert (decision.quantity, decision.stop, decision.target) == (D("6.736"), D("97.9"), D("105.9"))
    (voted,) = (one for one in decision.votes if one.member == "risk_per_trade")
    assert D(voted.figures["held_risk"]) == D("21.63845")
    assert D(voted.figures["risk"]) == D("21.63845") + D("6.736") * D("4.209945")
    assert D(voted.figures["risk"]) <= D(voted.figures["limit"]) == D(50)


def test_the_added_quantity_is_at_most_the_share_of_the_sizing_rules_quantity() -> None:
    """By hand: the rule risks 1 % of 10,000 over 4.1: 24.390…; half of it is 12.195."""
    assert decided(held(adding())).quantity == D("24.390")
    assert decided(held(adding(addition_size=D("0.5")))).quantity == D("12.195")


def test_a_stop_that_secures_a_profit_leaves_more_to_add() -> None:
    """By hand: 10 at 100 gain 10 at 101, less 0.1 and 0.5555 in fees; 59.3445 are left for 1.11165 a unit."""
    state = held(adding()).portfolio().positions[BTC].state
    secured = replace(state, stop=D(101))
    assert loss_at(secured, D(101), D("0.00055")) == D("-9.3445")
    assert room(secured, D(102), D(101), D("0.00055"), D(50)) == pytest.approx(D("59.3445") / D("1.11165"))


def test_a_position_that_loses_all_of_the_risk_per_trade_leaves_nothing_to_add() -> None:
    decision = decided(held(adding(RiskSettings(max_risk_per_trade=D("0.002")))))
    assert decision.verdict is Verdict.SKIP
    assert set(decision.reasons) == {"CUT_TO_RISK_LEFT", "BELOW_MIN_QUANTITY", "RISK_PER_TRADE"}
    (voted,) = (one for one in decision.votes if one.member == "sizing")
    assert "loss of the position at its stop 97.9" in margins_of(voted)[0].needed


def test_a_short_is_added_to_below_its_last_entry() -> None:
    short = a_signal(
        direction=Direction.SHORT, confidence=0.9, trend=-0.5, price=D(98), stop=D(100), target=D(90)
    )
    history = an_open_day(adding()).signal(short, replace(decided(held(adding())), verdict=Verdict.ENTER))
    opening = an_opening(direction=Direction.SHORT, stop=D(102), target=D(92))
    decision = decided(history.position(opening, direction=Direction.SHORT), short)
    assert decision.reasons == ("ADDITION", "ALL_APPROVE")
    assert (decision.quantity, decision.stop, decision.target) == (D(25), D(102), D(92))


@pytest.mark.parametrize(
    "settings",
    [
        Settings(alpha=ANY_RATIO),
        adding(reinforce_confidence=0.91),
        replace(adding(), strategies=(StrategySettings("trend", intents=OwnIntentSettings(additions=0)),)),
    ],
    ids=["off by default", "the entry is a HOLD", "off for the instance"],
)
def test_an_entry_along_the_position_is_refused_as_before_where_nothing_is_added(settings: Settings) -> None:
    decision = decided(held(settings))
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("MAX_POSITIONS_PER_INSTRUMENT",))
    assert [one.member for one in decision.votes] == [one.name for one in MEMBERS]


def test_an_instance_adds_where_the_others_do_not() -> None:
    own = StrategySettings("trend", intents=OwnIntentSettings(additions=1))
    settings = Settings(alpha=ANY_RATIO, strategies=(own,))
    assert decided(held(settings)).verdict is Verdict.ENTER
    assert addition_to(entry_of(replace(STRONG, strategy="other")), held(settings).portfolio()) is None


def test_nothing_is_added_to_a_position_of_a_grid_which_its_own_orders_increase() -> None:
    portfolio = held(adding()).portfolio()
    grid = RunningGrid(
        chain="abc",
        owner=STRONG.strategy,
        instrument=STRONG.instrument,
        direction=Direction.LONG,
        grid=Grid(levels=(GridLevel(D(98), D(100)),), rounds=2, lifetime_seconds=3600),
        stop=D("97.9"),
        bound=D(110),
        decided_at=STRONG.candle_closed_at,
        risk=D(1),
    )
    assert addition_to(entry_of(STRONG), portfolio) is not None
    assert addition_to(entry_of(STRONG), replace(portfolio, grids={STRONG.instrument: grid})) is None


def test_nothing_is_added_to_a_position_of_another_owner() -> None:
    decision = decided(holding(an_open_day(adding()), owner="other"))
    assert set(decision.reasons) == {"HELD_BY_OTHER_STRATEGY", "MAX_POSITIONS_PER_INSTRUMENT"}


def test_an_account_that_is_full_still_adds_to_its_position() -> None:
    assert decided(held(adding(RiskSettings(max_positions=1)))).verdict is Verdict.ENTER


def test_an_account_that_may_hold_nothing_adds_nothing() -> None:
    limits = RiskSettings(max_positions=0, max_positions_per_instrument=0)
    reasons = decided(held(adding(limits))).reasons
    assert reasons == ("MAX_POSITIONS", "MAX_POSITIONS_PER_INSTRUMENT")


@dataclass(frozen=True)
class Alone:
    """An addition that one member alone refuses with these settings, and one just within its limit."""

    member: str
    reason: str
    refused: Callable[[], History]
    allowed: Callable[[], History]
    signal: SignalDetected = STRONG
    allowed_signal: SignalDetected = STRONG


NO_SPACING = adding(addition_spacing=D(0))
ALONE = (
    Alone(
        "addition_limit",
        "MAX_ADDITIONS",
        lambda: increased(held(adding(additions=1))),
        lambda: increased(held(adding(additions=2))),
        replace(STRONG, price=D(103)),
        replace(STRONG, price=D(103)),
    ),
    Alone(
        "addition_limit",
        "ADDITION_UNDER_WAY",
        lambda: under_way(held(adding())),
        lambda: held(adding()).order("def-e1", a_stop(parent=None, quantity=D(1))),
    ),
    Alone(
        "addition_standing",
        "POSITION_LEAVING",
        lambda: held(adding()).order(
            "def-x1", a_stop(type=OrderType.MARKET, trigger_price=None, purpose=Purpose.MANUAL, parent=None)
        ),
        lambda: held(adding()).order("abc-s1", a_stop()),
    ),
    Alone(
        "addition_spacing",
        "ADDITION_TOO_NEAR",
        lambda: held(adding(addition_spacing=D("0.0201"))),
        lambda: held(adding(addition_spacing=D("0.02"))),
    ),
    Alone(
        "addition_spacing",
        "ADDITION_TOO_NEAR",
        lambda: increased(held(adding(addition_spacing=D("0.01"))), price=D("101.5")),
        lambda: increased(held(adding(addition_spacing=D("0.0049"))), price=D("101.5")),
    ),
    Alone(
        "addition_spacing",
        "ADDITION_TOO_NEAR",
        lambda: held(adding()),
        lambda: held(adding(average_down=True)),
        replace(STRONG, price=D(99)),
        replace(STRONG, price=D(99)),
    ),
    Alone(
        "addition_spacing",
        "ADDITION_TOO_NEAR",
        lambda: held(NO_SPACING),
        lambda: held(NO_SPACING),
        replace(STRONG, price=D(100)),
        replace(STRONG, price=D("100.1")),
    ),
    Alone(
        "addition_notional",
        "POSITION_NOTIONAL_TOO_HIGH",
        lambda: held(adding(caps=CapSettings(max_notional=D(3487)))),
        lambda: held(adding(caps=CapSettings(max_notional=D(3488)))),
    ),
)


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case.reason)
def test_one_rule_alone_refuses_an_addition_and_names_by_how_much(case: Alone) -> None:
    decision = decided(case.refused(), case.signal)
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, (case.reason,))
    (against,) = (one for one in decision.votes if not one.approves)
    assert against.member == case.member
    (margin,) = margins_of(against)
    assert margin.is_recorded
    assert decided(case.allowed(), case.allowed_signal).verdict is Verdict.ENTER


def test_every_rule_for_additions_refuses_one_alone() -> None:
    assert {rule.member.name for rule in RULES} == {case.member for case in ALONE}


def test_nothing_is_added_to_a_position_without_a_stop() -> None:
    decision = decided(held(adding()).position(ProtectionMoved(None, D("105.9"))))
    assert decision.verdict is Verdict.SKIP
    assert "POSITION_WITHOUT_STOP" in decision.reasons


def test_a_position_without_a_target_is_added_to_by_the_signals_target() -> None:
    decision = decided(held(adding()).position(ProtectionMoved(D("97.9"), None)))
    assert (decision.verdict, decision.target) == (Verdict.ENTER, D(112))


def test_the_liquidation_is_judged_by_the_average_price_where_that_is_further_from_the_stop() -> None:
    """A leverage of 5 liquidates 19.5 % from the entry: the stop is 19.4 % from the price, 19.6 % from the average."""
    settings = adding(
        RiskSettings(max_risk_per_trade=D("0.5"), max_total_risk=D(1)),
        average_down=True,
        addition_spacing=D(0),
    )
    history = held(settings, stop=D("80.4"))
    near = replace(STRONG, price=D("99.7"))
    assert "STOP_BEYOND_LIQUIDATION" in decided(history, near).reasons
    further = held(settings, stop=D("80.6"))
    assert "STOP_BEYOND_LIQUIDATION" not in decided(further, near).reasons


def test_orders_that_increased_the_position_are_counted_once_with_the_price_of_the_last_fill() -> None:
    history = increased(
        increased(increased(held(adding()), "abc-e1", D(101)), "def-e1", D(102)), "def-e1", D(103)
    )
    found = history.portfolio().positions[BTC]
    assert (found.added, found.entered_at_price) == (("def-e1",), D(103))
    assert isinstance(found.state, Open)


def test_an_addition_under_way_is_no_exposure_beside_its_position() -> None:
    found = under_way(held(adding())).portfolio()
    assert found.entries["def-e1"].adds
    assert found.exposures() == (BTC,)
    assert not held(adding()).order("def-e1", an_order()).portfolio().entries["def-e1"].adds


def test_a_case_adds_to_the_strategys_own_position_alone() -> None:
    view = a_view(held(adding()))
    assert Case(entry_of(STRONG), view).addition == view.portfolio.positions[BTC]
    against = replace(STRONG, direction=Direction.SHORT)
    assert Case(entry_of(against), view).addition is None
