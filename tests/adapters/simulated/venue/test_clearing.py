"""Positions, money and the orders that follow a position."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.simulated.venue.execution import ExecType
from adapters.simulated.venue.order import Status
from domain.direction import Side
from tests.adapters.simulated.venue.scene import START, Scene


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.quotes("50000", "10")
    return scene


def test_a_fill_beyond_the_position_reverses_it_in_one_execution(scene: Scene) -> None:
    scene.places("Buy", "0.01")
    scene.places("Sell", "0.03")
    last = scene.executions()[-1]
    assert (last.qty, last.closed, last.pnl) == (Decimal("0.03"), Decimal("0.01"), Decimal("-0.002"))
    assert (scene.position().side, scene.position().size) == (Side.SELL, Decimal("0.02"))


def test_the_balance_is_the_start_and_every_profit_fee_and_funding(scene: Scene) -> None:
    scene.places("Buy", "0.02")
    scene.trades("Buy", "50100", "20")
    scene.quotes("50100", "10")
    scene.venue.fund("BTCUSDT", Decimal("0.0001"), scene.now)
    scene.places("Sell", "0.02")
    paid = sum((one.fee for one in scene.executions()), Decimal(0))
    gained = sum((one.pnl for one in scene.executions()), Decimal(0))
    assert scene.balance == 10_000 + gained - paid
    assert scene.account.wallet.available == scene.balance


@pytest.mark.parametrize(("side", "sign"), [("Buy", 1), ("Sell", -1)])
def test_a_long_position_pays_a_positive_funding_rate_and_a_short_one_receives_it(
    scene: Scene, side: str, sign: int
) -> None:
    scene.places(side, "0.02")
    before, mark = scene.balance, scene.market.mark_price
    scene.venue.fund("BTCUSDT", Decimal("0.0001"), scene.now)
    fee = sign * Decimal("0.02") * mark * Decimal("0.0001")
    last = scene.executions()[-1]
    assert (last.type, last.fee, scene.balance) == (ExecType.FUNDING, fee, before - fee)


def test_funding_is_settled_at_its_time_and_once(scene: Scene) -> None:
    scene.places("Buy", "0.02")
    scene.market.funding_rate = Decimal("0.0001")
    due = scene.market.next_funding
    for at in (due - 1, due, due + 1):
        scene.venue.advance(at)
    assert [one.type for one in scene.executions()] == [ExecType.TRADE, ExecType.FUNDING]
    assert due % (8 * 3_600_000) == 0
    assert scene.market.next_funding == due + 8 * 3_600_000


def test_a_resting_reduce_only_order_is_cut_as_the_position_shrinks_and_ends_with_it(scene: Scene) -> None:
    scene.places("Buy", "0.03")
    order = scene.places("Sell", "0.03", "50400", reduceOnly=True)
    scene.places("Sell", "0.02")
    assert (order.qty, order.status) == (Decimal("0.01"), Status.NEW)
    scene.places("Sell", "0.01")
    assert (order.status, order.cancel_type) == (Status.CANCELLED, "CancelByReduceOnly")


def test_a_reduce_only_order_larger_than_the_position_is_cut_on_arrival(scene: Scene) -> None:
    scene.places("Buy", "0.01")
    order = scene.places("Sell", "0.05", reduceOnly=True)
    assert (order.filled, scene.position().size) == (Decimal("0.01"), Decimal(0))


def test_close_all_needs_no_quantity(scene: Scene) -> None:
    scene.places("Buy", "0.01")
    order = scene.places("Sell", "0", reduceOnly=True, closeOnTrigger=True)
    assert (order.filled, scene.position().size) == (Decimal("0.01"), Decimal(0))


def test_a_resting_order_reserves_its_cost_until_it_ends(scene: Scene) -> None:
    order = scene.places("Buy", "0.01", "49000")
    cost = Decimal(49) + Decimal(490) * Decimal("0.00055") * (1 + Decimal("0.9"))
    assert scene.account.wallet.available == 10_000 - cost
    scene.cancels(order)
    assert scene.account.wallet.available == 10_000


def test_a_liquidated_position_costs_its_margin_and_every_order_of_the_market(scene: Scene) -> None:
    scene.places("Buy", "0.1")
    order = scene.places("Buy", "0.01", "49600")
    scene.venue.set_prices("BTCUSDT", scene.now, mark=Decimal("45250.1"))
    assert scene.position().size == Decimal("0.1")
    scene.venue.set_prices("BTCUSDT", scene.now, mark=Decimal(45250))
    last = scene.executions()[-1]
    assert (last.type, last.price, last.side) == (ExecType.BUST, Decimal("45000.1"), "Sell")
    assert (order.status, scene.position().size) == (Status.CANCELLED, Decimal(0))
    assert [one.side for one in scene.venue.outbox.drain_liquidations()] == ["Buy"]


def test_leverage_changes_the_margin_of_position_and_orders(scene: Scene) -> None:
    scene.places("Buy", "0.01")
    scene.places("Buy", "0.01", "49000")
    before = scene.account.wallet.available
    scene.sets_leverage("20")
    freed = (Decimal("500.001") + 490) / 20
    assert abs(scene.account.wallet.available - before - freed) < Decimal("0.05")


def test_both_sides_are_held_at_once_in_hedge_mode(scene: Scene) -> None:
    scene.switches_mode(3)
    scene.places("Buy", "0.02", positionIdx=1)
    scene.places("Sell", "0.01", positionIdx=2)
    scene.places("Sell", "0.05", positionIdx=1)
    assert [(scene.position(one).side, scene.position(one).size) for one in (1, 2)] == [
        (None, 0),
        (Side.SELL, Decimal("0.01")),
    ]


def test_the_same_calls_give_the_same_ids() -> None:
    def played() -> list[str]:
        scene = Scene()
        scene.quotes("50000")
        return [scene.places("Buy", "0.01").id, scene.executions()[0].id]

    assert played() == played()
    assert Scene().now == START


def test_a_liquidated_position_of_hedge_mode_leaves_the_orders_of_the_other_side(scene: Scene) -> None:
    scene.switches_mode(3)
    scene.places("Buy", "0.1", positionIdx=1, takeProfit="60000")
    scene.places("Sell", "0.03", positionIdx=2, takeProfit="44000", stopLoss="60000")
    scene.venue.set_prices("BTCUSDT", scene.now, mark=Decimal(45000))
    assert [scene.position(index).size for index in (1, 2)] == [Decimal(0), Decimal("0.03")]
    assert scene.waiting() == {"TakeProfit": "44000", "StopLoss": "60000"}


def test_a_part_that_is_closed_takes_its_share_of_what_funding_used_up() -> None:
    scene = Scene(balance="600")
    scene.quotes("50000", "10")
    scene.places("Buy", "0.1")
    scene.venue.fund("BTCUSDT", Decimal("0.03"), scene.now)
    before = scene.position().margin
    assert before < 500
    scene.places("Sell", "0.05")
    assert scene.position().margin == before / 2


@pytest.mark.parametrize(("side", "mark"), [("Buy", "45000"), ("Sell", "55500")])
def test_a_liquidated_position_loses_no_more_than_its_margin(scene: Scene, side: str, mark: str) -> None:
    scene.places(side, "0.123")
    reserved, before = scene.position().margin, scene.balance
    scene.venue.set_prices("BTCUSDT", scene.now, mark=Decimal(mark))
    assert scene.position().size == 0
    assert before - reserved <= scene.balance < before - reserved * Decimal("0.99")
