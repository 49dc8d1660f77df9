"""A close works beside a resting order that reduces the position, and never closes more than is held."""

from __future__ import annotations

from decimal import Decimal

import pytest

from commands.exchange import Cancelled, Triggered
from commands.request import ClosePosition, PlaceOrder
from domain.arithmetic import total
from domain.direction import Side
from domain.order import OrderFilled, OrderType
from tests.commands.desk import a_fill_of, folded, snapshot
from tests.commands.list_log import ListLog
from tests.commands.requests.asking import Asking, chain_of, terms
from tests.domain.history import BTC, D
from tests.infra.run.test_manual import LIMIT, Hand
from tests.replacing import replace

POSITION = f"{BTC}-LONG-1"
CLOSE = ClosePosition(POSITION, "enough")


def reducing(quantity: str, **changed: object) -> PlaceOrder:
    """A sell limit order at 105 that only reduces."""
    wanted = terms(side=Side.SELL, quantity=D(quantity), reduce_only=True, stop=None, target=None)
    return PlaceOrder(replace(wanted, **({"type": OrderType.LIMIT, "limit_price": D(105)} | changed)))


def beside(quantity: str) -> tuple[Asking, str]:
    """A position of 10, and the id of a resting order that reduces it by `quantity`."""
    eve = Asking()
    eve.entered()
    eve.accepted(reducing(quantity), "grid")
    order_id = f"{chain_of('grid')}-x1"
    eve.rests(order_id)
    return eve, order_id


def gone(eve: Asking, order_id: str) -> None:
    fact = f"exchange:test:{order_id}-c"
    eve.desk.tell(Cancelled(order_id=order_id, at=eve.desk.at, fact=fact, reason="CancelByUser"))


@pytest.mark.parametrize("quantity", ["1", "10"])
def test_a_close_cancels_a_resting_reduction_and_closes_all_that_is_held(quantity: str) -> None:
    eve, order_id = beside(quantity)
    assert eve.accepted(CLOSE, "out") == ["OrderCancelRequested", "PositionClosing", "OrderPlaced"]
    assert eve.desk.exchange.sent[-1] == ("cancel", (order_id,))
    gone(eve, order_id)
    eve.desk.tell(a_fill_of(f"{chain_of('out')}-x1", "out", D(10), D(100)))
    assert not eve.desk.world.portfolio.positions
    assert not eve.desk.world.portfolio.discrepancies.known


@pytest.mark.parametrize("filled", ["0.5", "3", "9"])
def test_a_part_that_fills_while_its_cancel_is_under_way_is_not_closed_twice(filled: str) -> None:
    eve, order_id = beside("9")
    eve.accepted(CLOSE, "out")
    eve.desk.tell(a_fill_of(order_id, "late", D(filled), D(105)))
    gone(eve, order_id)
    eve.desk.tell(a_fill_of(f"{chain_of('out')}-x1", "out", D(10) - D(filled), D(100)))
    portfolio = eve.desk.world.portfolio
    assert not portfolio.positions
    assert not portfolio.discrepancies.known
    assert folded(eve.desk.log) == snapshot(eve.desk.world)


def test_a_reduction_under_way_is_left_alone_and_the_rest_is_closed() -> None:
    eve = Asking()
    eve.entered()
    eve.accepted(reducing("4", type=OrderType.MARKET, limit_price=None), "some")
    assert eve.accepted(CLOSE, "out") == ["PositionClosing", "OrderPlaced"]
    assert eve.desk.world.portfolio.exits[f"{chain_of('out')}-x1"].terms.quantity == 6


def test_a_close_is_declined_where_orders_under_way_close_all_of_it() -> None:
    eve = Asking()
    chain = eve.entered()
    fact = "exchange:test:t"
    eve.desk.tell(Triggered(order_id=f"{chain}-s1", at=eve.desk.at, fact=fact, price=D(98)))
    assert f"{chain}-s1 closes {POSITION} already" in eve.declined(CLOSE)


@pytest.mark.parametrize("quantity", ["0.04", "0.1"])
def test_at_the_simulated_exchange_the_position_is_flat_within_seconds(quantity: str) -> None:
    hand = Hand(ListLog())
    hand.accepted(PlaceOrder(LIMIT))
    hand.pass_seconds(2)
    out = replace(
        LIMIT,
        side=Side.SELL,
        quantity=D(quantity),
        limit_price=D(51_000),
        reduce_only=True,
        stop=None,
        target=None,
    )
    hand.accepted(PlaceOrder(out))
    hand.pass_seconds(2)
    hand.accepted(CLOSE)
    hand.pass_seconds(3)
    portfolio = hand.world.portfolio
    assert (portfolio.positions, portfolio.exits) == ({}, {})
    fills = [one.envelope for one in hand.log.read() if isinstance(one.envelope.event, OrderFilled)]
    assert total(_signed(one.meta.stream, one.event) for one in fills) == 0


def _signed(stream: str, event: object) -> Decimal:
    assert isinstance(event, OrderFilled)
    return event.quantity if stream.endswith("-e1") else -event.quantity
