"""Each refusal has the code that Bybit documents, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from adapters.simulated.venue.codes import Declined
from adapters.simulated.venue.order import Order, Status
from adapters.simulated.venue.requests import CancelRequest, OrderRequest, read
from tests.adapters.simulated.venue.scene import Scene


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.quotes("50000", "10")
    return scene


def flat_reduce_only(scene: Scene) -> None:
    scene.places("Sell", "0.01", reduceOnly=True)


def wrong_side(scene: Scene) -> None:
    scene.places("Buy", "0.01")
    scene.places("Buy", "0.01", reduceOnly=True)


def repeated_link(scene: Scene) -> None:
    for _ in range(2):
        scene.places("Buy", "0.01", "49000", orderLinkId="one")


def too_many_waiting(scene: Scene) -> None:
    for number in range(11):
        scene.places("Buy", "0.01", triggerPrice=str(50_100 + number), triggerDirection=1)


def switched_with_order(scene: Scene) -> None:
    scene.places("Buy", "0.01", "49000")
    scene.switches_mode(3)


def switched_with_position(scene: Scene) -> None:
    scene.places("Buy", "0.01")
    scene.switches_mode(3)


def unchanged_stop(scene: Scene) -> None:
    scene.places("Buy", "0.01", stopLoss="49000")
    scene.sets_stop(stopLoss="49000")


def unchanged_amendment(scene: Scene) -> None:
    scene.amends(scene.places("Buy", "0.01", "49000"), price="49000")


def cancelled_twice(scene: Scene) -> None:
    order = scene.places("Buy", "0.01", "49000")
    for _ in range(2):
        scene.cancels(order)


def amended_after_the_end(scene: Scene) -> None:
    scene.amends(scene.places("Buy", "0.01"), qty="0.02")


def amended_below_what_is_filled(scene: Scene) -> None:
    scene.shows("Sell", "50000.1", "0.01")
    scene.amends(scene.places("Buy", "0.03", "50000.1"), qty="0.01")


def triggered(scene: Scene) -> Order:
    """A stop-limit order that rests at 49,950 since its trigger was reached; the price is below the trigger again."""
    order = scene.places("Buy", "0.01", "49950", triggerPrice="50000.1", triggerDirection=1)
    scene.trades("Buy", "50000.1")
    scene.trades("Sell", "49999.9")
    return order


def long(scene: Scene, **stop: object) -> None:
    """Changes the stops of a long position of 0.01."""
    scene.places("Buy", "0.01")
    scene.sets_stop(**stop)


def levered(scene: Scene, leverage: str, qty: str = "1.5") -> None:
    scene.places("Buy", qty)
    scene.sets_leverage(leverage)


def levered_into_liquidation(scene: Scene) -> None:
    scene.places("Buy", "0.1")
    scene.venue.set_prices("BTCUSDT", scene.now, mark=Decimal(49000))
    scene.sets_leverage("100")


def levered_again_in_the_other_mode(scene: Scene) -> None:
    scene.position()
    scene.switches_mode(3)
    scene.sets_leverage("20")
    scene.switches_mode(0)
    scene.sets_leverage("20")


RISE: dict[str, Any] = {"triggerPrice": "50100", "triggerDirection": 1}
PART = {"tpslMode": "Partial", "takeProfit": "50500"}
LIMIT = {**PART, "tpOrderType": "Limit"}
LIMIT_PART = {**LIMIT, "tpSize": "0.01"}
Act = Callable[[Scene], object]
ACTS: dict[str, tuple[Act, int]] = {
    "price from the book": (lambda one: one.places("Buy", "0.01", bboSideType="Queue", bboLevel="1"), 10001),
    "slippage tolerance": (
        lambda one: one.places("Buy", "0.01", slippageToleranceType="TickSize", slippageTolerance="5"),
        10001,
    ),
    "quantity by value": (lambda one: one.places("Buy", "500", marketUnit="quoteCoin"), 10001),
    "filter of spot": (lambda one: one.places("Buy", "0.01", orderFilter="tpslOrder"), 10001),
    "no quantity": (lambda one: one.places("Buy", "0"), 10001),
    "too little": (lambda one: one.places("Buy", "0.0005"), 10001),
    "off lot": (lambda one: one.places("Buy", "0.0015"), 10001),
    "too much": (lambda one: one.places("Buy", "1200"), 10001),
    "off tick": (lambda one: one.places("Buy", "0.01", "49000.05"), 10001),
    "no price": (lambda one: one.places("Buy", "0.01", "0"), 10001),
    "above the band": (lambda one: one.places("Buy", "0.01", "50500.1"), 110003),
    "below the band": (lambda one: one.places("Sell", "0.01", "49499.9"), 110003),
    "no balance": (lambda one: one.places("Buy", "3"), 110007),
    "amended beyond the balance": (lambda one: one.amends(one.places("Buy", "1", "49000"), qty="3"), 110007),
    "little value": (lambda one: one.places("Buy", "0.001", "4000"), 110094),
    "no position to reduce": (flat_reduce_only, 110017),
    "reduces the wrong side": (wrong_side, 110017),
    "index of hedge mode": (lambda one: one.places("Buy", "0.01", positionIdx=1), 10001),
    "link repeated": (repeated_link, 110072),
    "link unfit": (lambda one: one.places("Buy", "0.01", orderLinkId="a b"), 10001),
    "link too long": (lambda one: one.places("Buy", "0.01", orderLinkId="a" * 37), 10001),
    "trigger below a rise": (
        lambda one: one.places("Buy", "0.01", triggerPrice="49000", triggerDirection=1),
        110092,
    ),
    "trigger above a fall": (
        lambda one: one.places("Buy", "0.01", triggerPrice="51000", triggerDirection=2),
        110093,
    ),
    "trigger without direction": (lambda one: one.places("Buy", "0.01", triggerPrice="51000"), 10001),
    "eleven conditional orders": (too_many_waiting, 110009),
    "take profit below a long": (lambda one: one.places("Buy", "0.01", takeProfit="49000"), 10001),
    "stop loss above a long": (lambda one: one.places("Buy", "0.01", stopLoss="51000"), 10001),
    "unknown cancelled": (
        lambda one: one.venue.cancel(
            one.account,
            read(CancelRequest, {"category": "linear", "symbol": "BTCUSDT", "orderId": "x"}),
            one.now,
        ),
        110001,
    ),
    "cancelled twice": (cancelled_twice, 110001),
    "amended after its end": (amended_after_the_end, 110001),
    "amended to what it is": (unchanged_amendment, 10001),
    "amended below its fill": (amended_below_what_is_filled, 10001),
    "leverage unchanged": (lambda one: one.sets_leverage("10"), 110043),
    "leverage too high": (lambda one: one.sets_leverage("101"), 10001),
    "mode unchanged": (lambda one: one.switches_mode(0), 110025),
    "mode of a coin without a market": (lambda one: one.switches_mode(3, coin="USDC"), 10001),
    "mode with an order": (switched_with_order, 110028),
    "mode with a position": (switched_with_position, 110024),
    "stop of an index of hedge mode": (lambda one: long(one, stopLoss="49000", positionIdx=1), 10001),
    "part off lot": (lambda one: long(one, **PART, tpSize="0.0015"), 10001),
    "part too small": (lambda one: long(one, **PART, tpSize="0.00000001"), 10001),
    "part above the position": (lambda one: long(one, **PART, tpSize="5"), 10001),
    "part off tick": (lambda one: long(one, **LIMIT_PART, tpLimitPrice="50500.0333"), 10001),
    "part at a limit without a price": (lambda one: long(one, **LIMIT_PART), 10001),
    "part with a limit that a market order has not": (
        lambda one: long(one, **PART, tpLimitPrice="50500"),
        10001,
    ),
    "size of a stop of the whole position": (lambda one: long(one, takeProfit="50500", tpSize="0.01"), 10001),
    "limit of a stop of the whole position": (
        lambda one: long(one, takeProfit="50500", tpOrderType="Limit", tpLimitPrice="50500"),
        10001,
    ),
    "trail off tick": (lambda one: long(one, trailingStop="0.01"), 10001),
    "trail beyond zero": (lambda one: long(one, trailingStop="70000"), 10001),
    "activation below a long": (lambda one: long(one, trailingStop="10", activePrice="49000"), 10001),
    "activation off tick": (lambda one: long(one, trailingStop="10", activePrice="51000.05"), 10001),
    "activation without a trail": (lambda one: long(one, activePrice="51000"), 10001),
    "order with a take profit off tick": (
        lambda one: one.places("Buy", "0.01", **LIMIT, tpLimitPrice="50500.0333"),
        10001,
    ),
    "order with a limit of its stop of the whole position": (
        lambda one: one.places("Buy", "0.01", **{**LIMIT, "tpslMode": "Full"}, tpLimitPrice="50500"),
        10001,
    ),
    "take profit below a limit": (lambda one: one.places("Buy", "0.01", "49600", takeProfit="49500"), 10001),
    "stop loss above a limit": (lambda one: one.places("Buy", "0.01", "49600", stopLoss="49700"), 10001),
    "take profit below a trigger": (
        lambda one: one.places("Buy", "0.01", **RISE, takeProfit="50050"),
        10001,
    ),
    "triggered order amended beyond the band": (
        lambda one: one.amends(triggered(one), price="90000"),
        110003,
    ),
    "triggered order amended to another trigger": (
        lambda one: one.amends(triggered(one), triggerPrice="50400"),
        10001,
    ),
    "leverage off step": (lambda one: one.sets_leverage("10.123"), 10001),
    "leverage without the money": (lambda one: levered(one, "1"), 110044),
    "leverage that liquidates": (levered_into_liquidation, 110046),
    "leverage unchanged by the mode": (levered_again_in_the_other_mode, 110043),
    "stop without a position": (lambda one: one.sets_stop(stopLoss="49000"), 10001),
    "stop unchanged": (unchanged_stop, 34040),
}


@pytest.mark.parametrize(("act", "code"), ACTS.values(), ids=ACTS)
def test_a_request_is_refused_with_its_code(scene: Scene, act: Act, code: int) -> None:
    with pytest.raises(Declined) as refused:
        act(scene)
    assert refused.value.number == code


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"category": "linear", "symbol": "BTCUSDT", "side": "buy", "orderType": "Market", "qty": "1"},
        {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "one"},
        {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "NaN"},
        {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "-1"},
        {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "1e999999"},
    ],
)
def test_parameters_of_another_form_are_refused(scene: Scene, body: dict[str, str]) -> None:
    with pytest.raises(Declined) as refused:
        scene.venue.create(scene.account, read(OrderRequest, body), scene.now)
    assert refused.value.number == 10001


def test_a_refused_order_changes_nothing(scene: Scene) -> None:
    scene.venue.outbox.drain()
    with pytest.raises(Declined):
        scene.places("Buy", "3", orderLinkId="one")
    assert scene.venue.outbox.drain() == []
    assert (scene.account.orders, scene.account.links, scene.balance) == ({}, {}, Decimal(10_000))


def test_the_501st_active_order_is_refused() -> None:
    scene = Scene(balance="1000000")
    scene.quotes("50000")
    for _ in range(500):
        scene.places("Buy", "0.001", "49000")
    with pytest.raises(Declined) as refused:
        scene.places("Buy", "0.001", "49000")
    assert refused.value.number == 110020


def test_without_a_price_no_market_order_is_admitted() -> None:
    with pytest.raises(Declined) as refused:
        Scene().places("Buy", "0.01")
    assert refused.value.number == 10001


@pytest.mark.parametrize(
    "body",
    [
        {"price": "49600", "takeProfit": "49800", "stopLoss": "49500"},
        {"triggerPrice": "50400", "triggerDirection": 1, "takeProfit": "50500", "stopLoss": "50300"},
    ],
    ids=["limit", "stop"],
)
def test_the_stops_of_an_order_are_compared_with_its_own_price(scene: Scene, body: dict[str, Any]) -> None:
    assert scene.places("Buy", "0.01", **body).is_open


def test_a_triggered_order_is_amended_as_one_that_never_waited(scene: Scene) -> None:
    order = scene.amends(triggered(scene), price="49960")
    assert (order.status, order.price) == (Status.NEW, Decimal(49960))


def test_an_order_that_closes_the_whole_position_is_amended_without_a_quantity(scene: Scene) -> None:
    scene.places("Buy", "0.01")
    closing: dict[str, Any] = {"reduceOnly": True, "closeOnTrigger": True}
    order = scene.places("Sell", "0", triggerPrice="49900", triggerDirection=2, **closing)
    assert scene.amends(order, triggerPrice="49800").trigger_price == Decimal(49800)
    assert order.qty == Decimal("0.01")


def test_a_refused_leverage_changes_nothing(scene: Scene) -> None:
    with pytest.raises(Declined):
        levered(scene, "1")
    assert scene.position().leverage == 10
    assert scene.account.leverage == {}


def test_a_refused_stop_changes_nothing(scene: Scene) -> None:
    with pytest.raises(Declined):
        long(scene, trailingStop="55", **PART, tpSize="5")
    assert scene.waiting() == {}


def test_stops_of_a_position_are_no_conditional_orders(scene: Scene) -> None:
    scene.places("Buy", "0.02")
    for _ in range(10):
        scene.sets_stop(tpslMode="Partial", takeProfit="51000", stopLoss="49000", tpSize="0.002")
    assert scene.places("Buy", "0.01", triggerPrice="50100", triggerDirection=1).waits
    with pytest.raises(Declined) as refused:
        scene.sets_stop(tpslMode="Partial", takeProfit="51000")
    assert refused.value.number == 110061
