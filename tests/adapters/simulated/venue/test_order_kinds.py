"""What becomes of each kind of order, in a book of 1 BTC at 49,999.9 and 1 BTC at 50,000.1."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.simulated.venue.order import Status
from adapters.simulated.venue.requests import CancelAllRequest, read
from tests.adapters.simulated.venue.scene import Scene


@pytest.fixture
def scene() -> Scene:
    scene = Scene(balance="1000000")
    scene.quotes("50000")
    return scene


@pytest.mark.parametrize(
    ("qty", "price", "more", "status", "filled", "reason"),
    [
        ("0.5", None, {}, Status.FILLED, "0.5", "EC_NoError"),
        ("1.5", None, {}, Status.CANCELLED, "1", "EC_NoImmediateQtyToFill"),
        ("0.5", "50000.1", {}, Status.FILLED, "0.5", "EC_NoError"),
        ("1.5", "50000.1", {}, Status.PARTIALLY_FILLED, "1", "EC_NoError"),
        ("0.5", "50000", {}, Status.NEW, "0", "EC_NoError"),
        ("1.5", "50000.1", {"timeInForce": "IOC"}, Status.CANCELLED, "1", "EC_NoImmediateQtyToFill"),
        ("0.5", "50000", {"timeInForce": "IOC"}, Status.CANCELLED, "0", "EC_NoImmediateQtyToFill"),
        ("1.5", "50000.1", {"timeInForce": "FOK"}, Status.CANCELLED, "0", "EC_CancelForNoFullFill"),
        ("1", "50000.1", {"timeInForce": "FOK"}, Status.FILLED, "1", "EC_NoError"),
        (
            "0.5",
            "50000.1",
            {"timeInForce": "PostOnly"},
            Status.CANCELLED,
            "0",
            "EC_PostOnlyWillTakeLiquidity",
        ),
        ("0.5", "50000", {"timeInForce": "PostOnly"}, Status.NEW, "0", "EC_NoError"),
    ],
)
def test_a_buy_order_ends_as_its_kind_demands(
    scene: Scene, qty: str, price: str | None, more: dict[str, str], status: Status, filled: str, reason: str
) -> None:
    order = scene.places("Buy", qty, price, **more)
    assert (order.status, order.filled, order.reject_reason) == (status, Decimal(filled), reason)


def test_a_market_order_finds_nothing_inside_the_band_and_is_rejected() -> None:
    scene = Scene()
    scene.trades("Buy", "50000")
    scene.shows("Sell", "50600")
    order = scene.places("Buy", "0.01")
    assert (order.status, order.reject_reason) == (Status.REJECTED, "EC_NoImmediateQtyToFill")


def test_a_market_order_walks_the_book_and_pays_each_level_its_own_price(scene: Scene) -> None:
    scene.shows("Sell", "50010", "2")
    order = scene.places("Buy", "1.5")
    assert [(one.price, one.qty) for one in scene.executions()] == [
        (Decimal("50000.1"), Decimal(1)),
        (Decimal(50010), Decimal("0.5")),
    ]
    assert order.average_price == (Decimal("50000.1") + Decimal(50010) / 2) / Decimal("1.5")


def test_a_limit_order_waits_for_the_quantity_before_it_in_the_queue(scene: Scene) -> None:
    order = scene.places("Buy", "0.5", "49999.9")
    scene.trades("Sell", "49999.9", "0.9")
    assert order.filled == 0
    scene.trades("Sell", "49999.9", "0.3")
    assert (order.status, order.filled) == (Status.PARTIALLY_FILLED, Decimal("0.2"))


def test_a_quantity_that_the_market_withdraws_gives_no_place_in_the_queue(scene: Scene) -> None:
    order = scene.places("Buy", "0.5", "49999.9")
    scene.shows("Buy", "49999.9", "3")
    scene.shows("Buy", "49999.9", "1")
    scene.trades("Sell", "49999.9", "1")
    assert order.filled == 0


def test_a_resting_order_fills_at_its_own_price_where_the_market_trades_beyond_it(scene: Scene) -> None:
    scene.places("Buy", "0.5", "49990")
    scene.trades("Sell", "49980", "5")
    assert [(one.price, one.is_maker) for one in scene.executions()] == [(Decimal(49990), True)]


def test_a_quote_that_crosses_a_resting_order_fills_it(scene: Scene) -> None:
    scene.shows("Sell", "50000.1", "0")
    order = scene.places("Buy", "0.5", "50000")
    scene.shows("Sell", "49999.9", "0")
    scene.shows("Sell", "50000", "0.3")
    assert (order.filled, scene.executions()[-1].price) == (Decimal("0.3"), Decimal(50000))


def test_two_orders_at_one_price_fill_in_the_order_of_their_arrival(scene: Scene) -> None:
    first, second = (scene.places("Buy", "0.4", "49995") for _ in range(2))
    scene.trades("Sell", "49995", "1.5")
    assert (first.filled, second.filled) == (Decimal("0.4"), Decimal("0.1"))


@pytest.mark.parametrize(
    ("changes", "kept"), [({"qty": "0.3"}, True), ({"qty": "0.5"}, False), ({"price": "49995"}, False)]
)
def test_an_amended_order_keeps_its_place_only_where_it_gets_smaller(
    scene: Scene, changes: dict[str, str], kept: bool
) -> None:
    price = "49996" if "price" in changes else "49995"
    first = scene.places("Buy", "0.4", price)
    second = scene.places("Buy", "0.4", "49995")
    scene.amends(first, **changes)
    scene.trades("Sell", "49995", "1.1")
    assert (first.filled > 0, second.filled > 0) == (kept, not kept)


@pytest.mark.parametrize(
    ("prevention", "maker", "taker"),
    [
        ("None", Status.FILLED, Status.FILLED),
        ("CancelMaker", Status.CANCELLED, Status.NEW),
        ("CancelTaker", Status.NEW, Status.CANCELLED),
        ("CancelBoth", Status.CANCELLED, Status.CANCELLED),
    ],
)
def test_an_order_meets_one_of_the_same_account(
    scene: Scene, prevention: str, maker: Status, taker: Status
) -> None:
    resting = scene.places("Buy", "0.4", "50000")
    crossing = scene.places("Sell", "0.4", "50000", smpType=prevention)
    assert (resting.status, crossing.status) == (maker, taker)


@pytest.mark.parametrize(
    ("side", "direction", "trigger", "moves", "price"),
    [("Buy", 1, "50010", ("Buy", "50010"), "50010.5"), ("Sell", 2, "49990", ("Sell", "49990"), "49989.5")],
)
def test_a_conditional_order_becomes_a_market_order_at_its_trigger(
    scene: Scene, side: str, direction: int, trigger: str, moves: tuple[str, str], price: str
) -> None:
    order = scene.places(side, "0.1", triggerPrice=trigger, triggerDirection=direction)
    scene.shows("Sell", "50010.5")
    scene.shows("Buy", "49989.5")
    assert order.status is Status.UNTRIGGERED
    scene.trades(*moves, size="1.001")
    assert (order.status, order.average_price) == (Status.FILLED, Decimal(price))


def test_a_cancelled_conditional_order_is_deactivated(scene: Scene) -> None:
    order = scene.cancels(scene.places("Buy", "0.1", triggerPrice="50010", triggerDirection=1))
    assert (order.status, order.cancel_type) == (Status.DEACTIVATED, "CancelByUser")


def test_a_partly_filled_order_is_cancelled_with_what_it_filled(scene: Scene) -> None:
    order = scene.cancels(scene.places("Buy", "1.5", "50000.1"))
    assert (order.status, order.filled, order.leaves, order.reject_reason) == (
        Status.CANCELLED,
        Decimal(1),
        Decimal(0),
        "EC_PerCancelRequest",
    )


@pytest.mark.parametrize("prevention", ["None", "CancelMaker", "CancelTaker", "CancelBoth"])
@pytest.mark.parametrize(("foreign", "whole"), [("0.2", False), ("0.5", True)])
def test_an_order_that_fills_whole_or_not_at_all_meets_an_order_of_its_account(
    scene: Scene, prevention: str, foreign: str, whole: bool
) -> None:
    scene.shows("Sell", "50000.1", "0")
    own = scene.places("Sell", "0.3", "50000.1")
    scene.shows("Sell", "50000.2", foreign)
    order = scene.places("Buy", "0.5", "50000.2", timeInForce="FOK", smpType=prevention)
    fills = prevention == "None" or (prevention == "CancelMaker" and whole)
    assert order.filled == (Decimal("0.5") if fills else 0)
    assert own.filled == (Decimal("0.3") if prevention == "None" else 0)


@pytest.mark.parametrize(("kind", "count"), [("StopOrder", 0), ("tpslOrder", 0), ("Order", 1), ("", 1)])
def test_cancel_all_takes_an_order_that_rests_after_its_trigger_for_an_active_one(
    scene: Scene, kind: str, count: int
) -> None:
    order = scene.places("Buy", "0.01", "49000", triggerPrice="50100", triggerDirection=1)
    scene.trades("Buy", "50100", "30")
    assert order.status is Status.NEW
    body = {"category": "linear", "symbol": "BTCUSDT", "orderFilter": kind}
    assert len(scene.venue.cancel_all(scene.account, read(CancelAllRequest, body), scene.now)) == count


def test_cancel_all_of_stops_ends_conditional_orders_and_no_protection(scene: Scene) -> None:
    conditional = scene.places("Buy", "0.01", triggerPrice="50400", triggerDirection=1)
    scene.places("Buy", "0.01", takeProfit="51000")
    body = {"category": "linear", "symbol": "BTCUSDT", "orderFilter": "StopOrder", "stopOrderType": "Stop"}
    ended = scene.venue.cancel_all(scene.account, read(CancelAllRequest, body), scene.now)
    assert ended == [conditional]
