"""For any signal and any settings a decision is made, and an entry is within every limit."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import event, given
from hypothesis import strategies as st

from domain.arithmetic import EXACT, distance
from domain.committees import View, decide
from domain.direction import Direction
from domain.portfolio import Portfolio
from domain.settings import InForce, RiskSettings, Settings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.sizing.settings import SizingRule, SizingSettings
from domain.sizing.size import margin_required
from domain.strategies import Intent
from tests.domain.history import BTC, NOW, a_signal, an_open_day, an_opening

D = Decimal
FRESH = an_open_day().portfolio()
RULES = FRESH.instruments[BTC]
PORTFOLIOS = st.sampled_from(
    [
        FRESH,
        an_open_day(balance=50).portfolio(),
        an_open_day().position(an_opening(stop=D(80))).portfolio(),
        an_open_day().position(an_opening(direction=Direction.SHORT), direction=Direction.SHORT).portfolio(),
    ]
)


def prices(low: str, high: str) -> st.SearchStrategy[Decimal]:
    return st.decimals(D(low), D(high), places=3)


ORDINARY = st.builds(
    a_signal,
    price=prices("99", "101"),
    stop=prices("95", "98.5"),
    target=prices("106", "120"),
    confidence=st.floats(0.6, 1),
    trend=st.floats(-0.2, 1),
)
ANYTHING = st.builds(
    a_signal,
    direction=st.sampled_from(Direction),
    intent=st.sampled_from(Intent),
    price=st.decimals(),
    stop=st.decimals(),
    target=st.decimals(),
    confidence=st.floats(),
    trend=st.floats(),
)
SIZINGS = st.builds(
    SizingSettings,
    rule=st.sampled_from(SizingRule),
    quantity=st.decimals(D(0), D(80), places=4),
    percent=st.decimals(D(0), D("0.8"), places=3),
    risk=st.decimals(D(0), D("0.03"), places=4),
)


@given(st.one_of(ORDINARY, ANYTHING), SIZINGS, PORTFOLIOS)
def test_any_signal_gives_a_repeatable_decision(
    signal: SignalDetected, sizing: SizingSettings, portfolio: Portfolio
) -> None:
    view = View(now=NOW, settings=InForce(1, Settings(sizing=sizing)), instrument=RULES, portfolio=portfolio)
    decision = decide(signal, view)
    assert repr(decide(signal, view)) == repr(decision)
    if decision.verdict is not Verdict.ENTER:
        assert decision.quantity == decision.stop == decision.target == 0


@given(ORDINARY, SIZINGS)
def test_an_entry_is_within_every_limit(signal: SignalDetected, sizing: SizingSettings) -> None:
    view = View(now=NOW, settings=InForce(1, Settings(sizing=sizing)), instrument=RULES, portfolio=FRESH)
    decision = decide(signal, view)
    event(decision.verdict)
    if decision.verdict is Verdict.ENTER:
        check_entry(signal, decision, view)


def check_entry(signal: SignalDetected, decision: DecisionMade, view: View) -> None:
    assert decision.quantity > 0
    assert EXACT.remainder(decision.quantity, RULES.lot) == 0
    assert EXACT.remainder(decision.stop, RULES.tick) == EXACT.remainder(decision.target, RULES.tick) == 0
    assert decision.stop <= signal.stop < signal.price < decision.target <= signal.target
    balance, limits = view.account.balance, RiskSettings()
    risk = EXACT.multiply(decision.quantity, distance(signal.price, decision.stop))
    assert risk <= EXACT.multiply(balance, limits.max_risk_per_trade)
    margin = margin_required(RULES, decision.quantity, signal.price, view.account.leverage)
    assert margin <= EXACT.multiply(balance, 1 - limits.reserved_balance)
