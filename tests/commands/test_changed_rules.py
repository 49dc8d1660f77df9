"""A position that is off the lot since the venue changed its rules: it is closed, tripped and moved like any other."""

from __future__ import annotations

import pytest

from commands.account import TripKillSwitch
from commands.instrument import ListInstrument
from commands.order import AmendOrder, PlaceOrder
from domain.direction import Side
from domain.errors import InvalidInput
from domain.instrument import closing_quantity
from domain.order import OrderAccepted, OrderAmendRequested, OrderPlaced
from domain.settings import OnDailyLoss, RiskSettings, Settings
from tests.commands.an_order import ORDER, PLACED, RULES, VENUE
from tests.commands.desk import Desk, a_fill_of, chain_of, liquidation, long, names
from tests.commands.sentence import given
from tests.commands.test_closing import CLOSING_ON_KILL, exit_signal, held, holding, placed
from tests.domain.history import BTC, D, an_instrument
from tests.replacing import replace

COARSER = replace(an_instrument(BTC), lot=D(7), tick=D("0.7"), min_quantity=D(14))


def holding_off_the_lot(settings: Settings | None = None) -> tuple[Desk, str]:
    """A desk with a position that no multiple of the lot of today closes, and the chain of its entry."""
    desk, chain = holding(settings)
    desk.ask(ListInstrument(COARSER), cause="exchange:rules")
    assert held(desk).state.quantity % COARSER.lot
    return desk, chain


def test_a_close_is_rounded_up_and_the_venue_cuts_it_to_the_position() -> None:
    desk, _ = holding_off_the_lot()
    quantity, chain = held(desk).state.quantity, chain_of(desk.see(exit_signal()))
    order = placed(desk, f"{chain}-x1")
    assert (order.reduce_only, order.quantity) == (True, closing_quantity(quantity, COARSER))
    assert "PositionClosed" in names(desk.tell(a_fill_of(f"{chain}-x1", "f1", quantity, D(100))))


@pytest.mark.parametrize(
    ("left", "ordered"),
    [("14", "14"), ("14.1", "21"), ("0.1", "14"), ("7", "14"), ("20.9", "21"), ("21", "21")],
)
def test_a_closing_quantity_is_on_the_lot_and_not_below_the_minimum(left: str, ordered: str) -> None:
    assert closing_quantity(D(left), COARSER) == D(ordered)


def test_a_trip_that_closes_is_recorded() -> None:
    desk, _ = holding_off_the_lot(CLOSING_ON_KILL)
    followed = names(desk.ask(TripKillSwitch("enough"), cause="command:trip"))
    assert followed == ["KillSwitchTripped", "PositionClosing", "OrderPlaced"]


def test_a_trip_by_the_loss_of_a_liquidation_is_recorded_with_it() -> None:
    desk, _ = holding_off_the_lot(
        Settings(risk=RiskSettings(max_daily_loss=D("0.001"), on_daily_loss=OnDailyLoss.TRIP))
    )
    quantity = held(desk).state.quantity
    followed = names(desk.tell(liquidation("l1", Side.SELL, quantity, D(50))))
    assert {"OrderFilled", "PositionClosed", "KillSwitchTripped"} <= set(followed)


@pytest.mark.parametrize("settings", [Settings(), CLOSING_ON_KILL])
def test_what_fills_after_a_trip_and_is_less_than_a_lot_does_not_end_the_engine(settings: Settings) -> None:
    desk = Desk().opened(settings)
    chain = chain_of(desk.see(long()))
    desk.tell(a_fill_of(f"{chain}-e1", "f1", D(1), D(100)))
    desk.ask(ListInstrument(COARSER), cause="exchange:rules")
    desk.ask(TripKillSwitch("enough"), cause="command:trip")
    assert "PositionIncreased" in names(desk.tell(a_fill_of(f"{chain}-e1", "f2", D(2), D(100))))


def test_an_amendment_judges_only_what_it_changes() -> None:
    rules = replace(RULES, lot=D(7))
    moved = AmendOrder(order_id=ORDER, quantity=None, limit_price=D("98.2"), trigger_price=None, rules=rules)
    given(PLACED, OrderAccepted(VENUE)).when(moved).then(OrderAmendRequested(None, D("98.2"), None))
    given(PLACED, OrderAccepted(VENUE)).when(replace(moved, quantity=D("3.5"))).then_error(
        InvalidInput, "quantity 3.5 has more digits"
    )


def test_an_order_that_the_exchange_has_already_is_recorded_with_any_digits() -> None:
    odd: OrderPlaced = replace(PLACED, quantity=D("0.0000001"))
    given().when(PlaceOrder(ORDER, odd, rules=None)).then(odd)
    negative = replace(odd, quantity=D(-1))
    given().when(PlaceOrder(ORDER, negative, rules=None)).then_error(
        InvalidInput, "must be a positive, finite number"
    )
