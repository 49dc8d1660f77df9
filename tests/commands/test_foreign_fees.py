"""Fees in another currency than the account's: on the fill, and in no amount of money of the account."""

from __future__ import annotations

from decimal import Decimal

import pytest

from commands.identity import EXCHANGE
from domain.direction import Side
from domain.order import OrderFilled
from domain.position import PositionClosed, PositionOpened
from tests.commands.desk import FEE, Desk, a_fill_of, liquidation
from tests.commands.test_processes import an_entry
from tests.domain.history import BTC, D
from tests.replacing import replace


def fills(desk: Desk, order_id: str, name: str, quantity: str, price: str, fee: str, currency: str) -> None:
    report = a_fill_of(order_id, name, D(quantity), D(price), D(fee))
    desk.tell(replace(report, fee_currency=currency))


def balance(desk: Desk) -> Decimal:
    return desk.world.portfolio.account.balance


@pytest.mark.parametrize("fee", ["0.43", "-0.43"], ids=["paid", "rebate"])
def test_a_fee_in_another_currency_is_on_the_fill_and_in_neither_balance_nor_result(fee: str) -> None:
    desk, chain = an_entry()
    before = balance(desk)
    fills(desk, f"{chain}-e1", "x1", "1", "100", fee, "BTC")
    assert balance(desk) == before
    fills(desk, f"{chain}-s1", "x2", "1", "98", fee, "BTC")
    events = [one.event for one in desk.log.envelopes]
    filled = [(one.fee, one.fee_currency) for one in events if isinstance(one, OrderFilled)]
    assert filled == [(D(fee), "BTC")] * 2
    (closed,) = [one for one in events if isinstance(one, PositionClosed)]
    assert (closed.fee, closed.fees, closed.gross, closed.net) == (D(0), D(0), D(-2), D(-2))
    assert closed.balance == balance(desk) == before - 2


def test_of_a_position_with_fees_in_two_currencies_the_account_s_own_are_counted() -> None:
    desk, chain = an_entry()
    before = balance(desk)
    fills(desk, f"{chain}-e1", "x1", "1", "100", "0.0005", "BNB")
    desk.tell(a_fill_of(f"{chain}-s1", "x2", D(1), D(98)))
    (closed,) = [one.event for one in desk.log.envelopes if isinstance(one.event, PositionClosed)]
    assert (closed.fees, closed.net) == (FEE, -2 - FEE)
    assert balance(desk) == before - 2 - FEE


def test_a_fill_that_turns_a_position_books_no_part_of_a_fee_in_another_currency() -> None:
    desk, chain = an_entry()
    before = balance(desk)
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    turning = replace(a_fill_of(f"{chain}-s1", "x2", D(3), D(98), D("0.43")), fee_currency="BTC")
    desk.ask(turning, cause=turning.fact, actor=EXCHANGE)
    assert desk.world.portfolio.positions[BTC].state.quantity == 2
    assert balance(desk) == before - 2 - FEE
    opened = [one.event.fee for one in desk.log.envelopes if isinstance(one.event, PositionOpened)]
    assert opened == [FEE, 0]


def test_the_fee_of_a_liquidation_in_another_currency_is_not_booked() -> None:
    desk, chain = an_entry()
    before = balance(desk)
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    desk.tell(replace(liquidation("l1", Side.SELL, D(1), D(90)), fee_currency="BNB"))
    assert desk.world.portfolio.positions == {}
    assert balance(desk) == before - 10 - FEE
