"""Spot: what orders do to coins, on a book of 1 BTC at 49,999.9 and 1 BTC at 50,000.1, with 10,000 USDT and 1 BTC."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from adapters.simulated.server.execution_row import execution_row
from adapters.simulated.server.json_values import list_of, object_of
from adapters.simulated.server.order_row import order_push, order_row
from adapters.simulated.server.wallet_row import wallet_row
from adapters.simulated.venue.categories import SPOT
from adapters.simulated.venue.codes import Declined
from adapters.simulated.venue.contract import Contract
from adapters.simulated.venue.fees import Fees
from adapters.simulated.venue.order import Order, Status
from adapters.simulated.venue.requests import CancelAllRequest, read
from domain.arithmetic import ZERO
from tests.adapters.simulated.venue.scene import Scene

CANCELLED_PARTLY = Status.PARTLY_CANCELLED


@pytest.fixture
def scene() -> Scene:
    scene = Scene(category=SPOT)
    scene.quotes("50000")
    scene.has("BTC", "1")
    return scene


def coins(scene: Scene) -> dict[str, str]:
    return {coin: format(wallet.balance.normalize(), "f") for coin, wallet in scene.account.coins.items()}


def occupied(scene: Scene) -> dict[str, str]:
    held = scene.account.occupied.items()
    return {coin: format(amount.normalize(), "f") for coin, amount in held if amount}


@pytest.mark.parametrize(
    ("side", "qty", "price", "more", "status", "filled", "reason"),
    [
        ("Buy", "0.1", "50000.1", {}, Status.FILLED, "0.1", "EC_NoError"),
        ("Buy", "0.1", "50000", {}, Status.NEW, "0", "EC_NoError"),
        (
            "Buy",
            "0.1",
            "50000.1",
            {"timeInForce": "PostOnly"},
            Status.CANCELLED,
            "0",
            "EC_PostOnlyWillTakeLiquidity",
        ),
        ("Sell", "0.9", "49999.9", {"timeInForce": "IOC"}, Status.FILLED, "0.9", "EC_NoError"),
        ("Sell", "0.9", "50000", {"timeInForce": "IOC"}, Status.CANCELLED, "0", "EC_NoImmediateQtyToFill"),
        ("Sell", "0.5", None, {}, Status.FILLED, "0.5", "EC_NoError"),
        ("Buy", "0.1", None, {"marketUnit": "baseCoin"}, Status.FILLED, "0.1", "EC_NoError"),
        ("Buy", "5000.01", None, {}, Status.FILLED, "0.1", "EC_NoError"),
        ("Buy", "5000", None, {}, CANCELLED_PARTLY, "0.099999", "EC_CancelByOrderValueZero"),
        (
            "Sell",
            "5000",
            None,
            {"marketUnit": "quoteCoin"},
            CANCELLED_PARTLY,
            "0.1",
            "EC_CancelByOrderValueZero",
        ),
    ],
)
def test_an_order_ends_as_its_kind_demands(
    scene: Scene,
    side: str,
    qty: str,
    price: str | None,
    more: dict[str, str],
    status: Status,
    filled: str,
    reason: str,
) -> None:
    order = scene.places(side, qty, price, **more)
    assert (order.status, order.filled, order.reject_reason) == (status, Decimal(filled), reason)


def test_an_order_that_is_larger_than_the_book_ends_with_a_part(scene: Scene) -> None:
    scene.has("USDT", "90000")
    order = scene.places("Buy", "60000")
    assert (order.status, order.filled, order.reject_reason) == (
        CANCELLED_PARTLY,
        Decimal(1),
        "EC_NoImmediateQtyToFill",
    )
    scene.has("BTC", "2")
    fok = scene.places("Sell", "2", "49999.9", timeInForce="FOK")
    assert (fok.status, fok.reject_reason) == (Status.CANCELLED, "EC_CancelForNoFullFill")


def test_a_buyer_pays_the_fee_in_base_and_a_seller_in_quote_currency(scene: Scene) -> None:
    bought = scene.places("Buy", "0.1", "50000.1")
    sold = scene.places("Sell", "0.1", "49999.9")
    assert coins(scene) == {"USDT": "9994.98001", "BTC": "0.9999"}
    assert bought.fees == {"BTC": Decimal("0.0001")}
    assert sold.fees == {"USDT": Decimal("4.99999")}
    assert order_row(bought, scene.market.contract)["cumFeeDetail"] == {"BTC": "0.0001"}
    assert order_push(sold, scene.market.contract)["feeCurrency"] == "USDT"
    assert [one.fee_currency for one in scene.executions()] == ["BTC", "USDT"]


def test_the_fee_of_a_captured_execution_is_met_to_the_last_digit(scene: Scene) -> None:
    # A capture: 0.000336 bought, a fee of 0.000000336 in base currency.
    scene.places("Buy", "0.000336", "50000.1")
    row = execution_row(scene.executions()[0])
    assert (row["execFee"], row["feeCurrency"], row["feeRate"]) == ("0.000000336", "BTC", "0.001")


def test_a_rebate_is_paid_in_the_currency_that_is_not_received(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rebate(_level: str, _contract: Contract) -> Fees:
        return Fees(Decimal("-0.0001"), Decimal("0.001"))

    monkeypatch.setattr("adapters.simulated.venue.account.fees_of", rebate)
    scene.places("Buy", "0.1", "49999")
    scene.trades("Sell", "49999", "2")
    scene.places("Sell", "0.1", "50001")
    scene.trades("Buy", "50001", "3")
    assert [(one.fee_currency, one.fee) for one in scene.executions()] == [
        ("USDT", Decimal("-0.49999")),
        ("BTC", Decimal("-0.00001")),
    ]


def test_open_orders_reserve_what_they_would_pay(scene: Scene) -> None:
    buy, sell = scene.places("Buy", "0.1", "49000"), scene.places("Sell", "0.4", "51000")
    assert occupied(scene) == {"USDT": "4900", "BTC": "0.4"}
    rows = {row["coin"]: row for row in listed(wallet_row(scene.account, scene.venue)["coin"])}
    assert (rows["USDT"]["locked"], rows["USDT"]["availableToWithdraw"]) == ("4900", "5100")
    assert (rows["BTC"]["locked"], rows["BTC"]["usdValue"]) == ("0.4", "50000")
    assert wallet_row(scene.account, scene.venue)["totalEquity"] == "60000"
    scene.amends(buy, price="49500", qty="0.2")
    scene.cancels(sell)
    assert occupied(scene) == {"USDT": "9900"}


def listed(value: object) -> list[Mapping[str, object]]:
    return [row for row in map(object_of, list_of(value) or ()) if row is not None]


def test_a_part_filled_order_reserves_the_rest_and_is_cancelled_as_partly_filled(scene: Scene) -> None:
    order = scene.places("Buy", "0.1", "49999")
    scene.trades("Sell", "49999", "1.04")
    assert (order.status, occupied(scene)) == (Status.PARTIALLY_FILLED, {"USDT": "2999.94"})
    assert scene.cancels(order).status is CANCELLED_PARTLY
    assert occupied(scene) == {}


def test_a_conditional_order_reserves_nothing_and_a_tpsl_order_does(scene: Scene) -> None:
    scene.places("Sell", "0.1", triggerPrice="49000", orderFilter="StopOrder")
    assert occupied(scene) == {}
    scene.places("Sell", "0.2", triggerPrice="49000", orderFilter="tpslOrder")
    assert occupied(scene) == {"BTC": "0.2"}


@pytest.mark.parametrize("kind", ["StopOrder", "tpslOrder"])
@pytest.mark.parametrize(("trigger", "direction"), [("50100", 1), ("49900", 2)])
def test_a_waiting_order_trades_when_the_price_comes_to_its_trigger(
    scene: Scene, kind: str, trigger: str, direction: int
) -> None:
    order = scene.places("Sell", "0.1", triggerPrice=trigger, orderFilter=kind)
    assert (order.status, order.request.trigger_direction) == (Status.UNTRIGGERED, direction)
    scene.venue.outbox.drain()
    side = "Buy" if direction == 1 else "Sell"
    scene.shows("Buy", "49800", "5")
    scene.trades(side, trigger, "3")
    assert order.status is Status.FILLED
    [changes] = scene.venue.outbox.drain()
    assert [(one.status, one.filled) for one in changes.triggered] == [(Status.TRIGGERED, Decimal(0))]


def test_a_waiting_order_that_is_cancelled_is_deactivated(scene: Scene) -> None:
    order = scene.places("Sell", "0.1", triggerPrice="49000", orderFilter="tpslOrder")
    assert scene.cancels(order).status is Status.DEACTIVATED
    assert occupied(scene) == {}


def test_a_conditional_order_without_the_money_at_its_trigger_is_rejected(scene: Scene) -> None:
    order = scene.places("Sell", "0.8", triggerPrice="50100", orderFilter="StopOrder")
    scene.places("Sell", "0.9", "51000")
    scene.trades("Buy", "50100", "3")
    assert order.status is Status.REJECTED


def bracketed(scene: Scene, **more: object) -> tuple[Order, dict[str, Order]]:
    """A buy order with take profit and stop loss, filled, and the two of them by their trigger."""
    order = scene.places("Buy", "0.1", "49999", takeProfit="50500", stopLoss="49500", **more)
    scene.trades("Sell", "49999", "1.1")
    return order, {str(one.trigger_price): one for one in scene.account.orders.values()}


def test_a_filled_order_places_its_take_profit_and_stop_loss_which_reserve_once(scene: Scene) -> None:
    order, stops = bracketed(scene)
    assert (order.status, sorted(stops)) == (Status.FILLED, ["49500", "50500"])
    assert {one.qty for one in stops.values()} == {Decimal("0.0999")}
    assert {one.stop_kind for one in stops.values()} == {"tpslOrder"}
    assert occupied(scene) == {"BTC": "0.0999"}
    scene.amends(stops["49500"], qty="0.2")
    assert occupied(scene) == {"BTC": "0.2"}
    scene.amends(stops["50500"], qty="0.05")
    scene.cancels(stops["49500"])
    assert occupied(scene) == {"BTC": "0.05"}


@pytest.mark.parametrize(
    ("trigger", "side", "ended", "reason"),
    [
        ("50500", "Buy", "49500", "CancelByOCOSlCanceledByTpTriggered"),
        ("49500", "Sell", "50500", "CancelByOCOTpCanceledBySlTriggered"),
    ],
)
def test_of_take_profit_and_stop_loss_one_ends_the_other(
    scene: Scene, trigger: str, side: str, ended: str, reason: str
) -> None:
    _order, stops = bracketed(scene)
    scene.shows("Buy", str(Decimal(trigger) - 1), "9")
    scene.trades(side, trigger, "3")
    assert stops[trigger].status is Status.FILLED
    assert (stops[ended].status, stops[ended].cancel_type) == (Status.DEACTIVATED, reason)
    assert occupied(scene) == {}


def test_take_profit_as_a_limit_order_rests_when_it_is_triggered(scene: Scene) -> None:
    _order, stops = bracketed(scene, tpOrderType="Limit", tpLimitPrice="50600")
    scene.trades("Buy", "50500", "3")
    assert (stops["50500"].status, stops["50500"].price) == (Status.NEW, Decimal(50600))


def test_a_limit_order_that_was_triggered_keeps_its_direction_when_it_is_amended(scene: Scene) -> None:
    _order, stops = bracketed(scene, tpOrderType="Limit", tpLimitPrice="50600")
    scene.trades("Buy", "50500", "3")
    scene.amends(stops["50500"], price="50700")
    assert (stops["50500"].price, stops["50500"].request.trigger_direction) == (Decimal(50700), 1)


def test_stops_that_an_order_cannot_have_are_refused_by_an_amendment_too(scene: Scene) -> None:
    order = scene.places("Buy", "0.1", "49000", triggerPrice="49500")
    with pytest.raises(Declined, match="takeProfit"):
        scene.amends(order, takeProfit="50500")


def test_brackets_grow_with_the_fills(scene: Scene) -> None:
    scene.places("Buy", "0.1", "49999", takeProfit="50500")
    sizes: list[Decimal] = []
    for size in ("1.04", "0.03"):
        scene.trades("Sell", "49999", size)
        sizes += [one.qty for one in scene.account.orders.values() if one.waits]
    assert sizes == [Decimal("0.03996"), Decimal("0.06993")]
    assert occupied(scene)["BTC"] == "0.06993"


def growing(scene: Scene, **stops: str) -> tuple[Order, list[Order]]:
    """A buy order of 0.1 of which 0.04 is filled, and what it has placed for it: 0.03996, less the fee."""
    order = scene.places("Buy", "0.1", "49999", **stops)
    scene.trades("Sell", "49999", "1.04")
    return order, [one for one in scene.account.orders.values() if one.waits]


@pytest.mark.parametrize("stops", [{"takeProfit": "50500"}, {"takeProfit": "50500", "stopLoss": "49500"}])
def test_a_bracket_that_was_amended_grows_by_what_is_filled(scene: Scene, stops: dict[str, str]) -> None:
    scene.account.purse("BTC").add(Decimal(-1))
    _order, placed = growing(scene, **stops)
    for one in placed:
        scene.amends(one, qty="0.001")
    scene.places("Sell", "0.0389", "50050")
    scene.trades("Sell", "49999", "0.03")
    assert {one.qty for one in placed} == {Decimal("0.03097")}
    assert occupied(scene)["BTC"] == "0.06987"
    assert scene.account.purse("BTC").available == Decimal("0.00006")


@pytest.mark.parametrize(
    ("stops", "triggers"),
    [
        ({"takeProfit": "50500"}, {"50500"}),
        ({"takeProfit": "50500", "stopLoss": "49500"}, {"50500", "49500"}),
    ],
)
def test_what_fills_after_a_bracket_was_triggered_has_new_ones(
    scene: Scene, stops: dict[str, str], triggers: set[str]
) -> None:
    order, _placed = growing(scene, **stops)
    scene.trades("Buy", "50500", "3")
    sizes: list[set[tuple[str, str]]] = []
    for quantity in ("0.01", "0.05"):
        scene.venue.fill(order, Decimal(quantity), scene.now)
        sizes.append(
            {(str(one.trigger_price), str(one.qty)) for one in scene.account.orders.values() if one.waits}
        )
    assert order.status is Status.FILLED
    assert sizes == [{(one, size) for one in triggers} for size in ("0.00999", "0.05994")]


@pytest.mark.parametrize(
    ("change", "price", "reserved"),
    [({"triggerPrice": "55000"}, "55275", "5527.5"), ({"triggerPrice": "49000"}, "49245", "4924.5")],
)
def test_a_market_order_that_reserves_follows_its_amended_trigger(
    scene: Scene, change: dict[str, str], price: str, reserved: str
) -> None:
    order = scene.places("Buy", "0.1", marketUnit="baseCoin", triggerPrice="50100", orderFilter="tpslOrder")
    scene.amends(order, **change)
    assert (order.price, occupied(scene)) == (Decimal(price), {"USDT": reserved})


def test_a_coin_that_is_sold_to_zero_is_in_the_push_and_not_in_the_balance(scene: Scene) -> None:
    scene.places("Sell", "1", "49999.9")
    [changes] = scene.venue.outbox.drain()
    pushed, queried = (
        {
            str(row["coin"]): row["walletBalance"]
            for row in listed(wallet_row(scene.account, scene.venue, coins)["coin"])
        }
        for coins in (changes.coins, ())
    )
    assert (pushed["BTC"], sorted(queried)) == ("0", ["USDT"])


def test_what_fills_after_the_owner_cancelled_the_brackets_has_none(scene: Scene) -> None:
    order, [profit] = growing(scene, takeProfit="50500")
    scene.cancels(profit)
    scene.trades("Sell", "49999", "0.01")
    assert list(scene.account.orders.values()) == [order]


@pytest.mark.parametrize("kind", ["StopOrder", "tpslOrder"])
@pytest.mark.parametrize("by", ["", "Order"])
def test_cancel_all_ends_an_order_that_rests_after_its_trigger(scene: Scene, kind: str, by: str) -> None:
    order = scene.places("Sell", "0.1", "51000", triggerPrice="50100", orderFilter=kind)
    scene.trades("Buy", "50100", "3")
    assert order.status is Status.NEW
    for named, ended in ((kind, []), (by, [order])):
        request = read(CancelAllRequest, {"category": SPOT, "orderFilter": named})
        assert scene.venue.cancel_all(scene.account, request, scene.now) == ended


def test_cancel_all_ends_plain_orders_unless_it_names_others(scene: Scene) -> None:
    plain = scene.places("Buy", "0.01", "49000")
    stop = scene.places("Sell", "0.1", triggerPrice="49000", orderFilter="StopOrder")
    tpsl = scene.places("Sell", "0.1", triggerPrice="49000", orderFilter="tpslOrder")
    for kind, ended in (("", plain), ("StopOrder", stop), ("tpslOrder", tpsl), ("OcoOrder", None)):
        request = read(CancelAllRequest, {"category": SPOT, "orderFilter": kind})
        found = scene.venue.cancel_all(scene.account, request, scene.now)
        assert found == ([] if ended is None else [ended])


def test_client_order_ids_are_of_their_category(scene: Scene) -> None:
    spot = scene.places("Buy", "0.01", "49000", orderLinkId="one")
    scene.category = "linear"
    scene.quotes("50000")
    linear = scene.places("Buy", "0.01", "49000", orderLinkId="one")
    assert scene.account.find("", "one", SPOT) is spot
    assert scene.account.find("", "one") is linear
    assert scene.account.find(spot.id, "") is None


Act = Callable[[Scene], object]


def funded(*rates: str) -> Act:
    def act(scene: Scene) -> None:
        for rate in rates:
            scene.venue.fund("BTCUSDT", Decimal(rate), scene.now)

    return act


def drained_and_liquidated(scene: Scene) -> None:
    funded("0.02", "0.02", "0.02")(scene)
    scene.venue.set_prices("BTCUSDT", scene.now, mark=Decimal(44000))


def closed_beyond_the_margin(scene: Scene) -> None:
    scene.venue.set_prices("BTCUSDT", scene.now, mark=Decimal(50000))
    scene.shows("Buy", "49999.9", "0")
    scene.trades("Sell", "40000")
    scene.shows("Buy", "39999", "1")
    scene.places("Sell", "0.1")


@pytest.mark.parametrize(
    ("act", "held", "still_reserved"),
    [
        (funded("0.5"), "0", True),
        (funded("0.0001"), "0.1", True),
        (drained_and_liquidated, "0", True),
        (closed_beyond_the_margin, "0", False),
    ],
)
def test_a_position_takes_nothing_of_what_spot_orders_reserve(
    scene: Scene, act: Act, held: str, still_reserved: bool
) -> None:
    scene.category = "linear"
    scene.quotes("50000")
    scene.places("Buy", "0.1")
    scene.category = SPOT
    for price in ("49000", "48000"):
        scene.places("Buy", f"{scene.account.wallet.available / 2 / Decimal(price):.6f}", price)
    scene.places("Buy", f"{scene.account.wallet.available / Decimal(49000):.6f}", "49000")
    before, scene.category = occupied(scene)["USDT"], "linear"
    act(scene)
    reserved = scene.account.occupied["USDT"]
    assert (scene.position().size, reserved == Decimal(before)) == (Decimal(held), still_reserved)
    assert ZERO < reserved <= scene.balance - scene.position().margin


def repeated(scene: Scene) -> None:
    for _ in range(2):
        scene.places("Buy", "0.01", "49000", orderLinkId="one")


def too_many(scene: Scene) -> None:
    for _ in range(31):
        scene.places("Buy", "0.001", "49000", triggerPrice="49500", orderFilter="StopOrder")


def cancelled_twice(scene: Scene) -> None:
    order = scene.places("Buy", "0.01", "49000")
    for _ in range(2):
        scene.cancels(order)


def unknown_pair(scene: Scene) -> None:
    scene.symbol = "XRPUSDT"
    scene.places("Buy", "10", "2")


def changed_when_placed(**changes: str) -> Act:
    def act(scene: Scene) -> None:
        order, _placed = growing(scene, takeProfit="50500", stopLoss="49500")
        scene.amends(order, **changes)

    return act


def of_a_pair(trigger: str, amended: str) -> Act:
    def act(scene: Scene) -> None:
        _order, stops = bracketed(scene)
        scene.amends(stops[trigger], triggerPrice=amended)

    return act


def beyond_the_balance(scene: Scene) -> None:
    order = scene.places("Buy", "0.19", marketUnit="baseCoin", triggerPrice="50100", orderFilter="tpslOrder")
    scene.amends(order, triggerPrice="55000")


def of_quantity(qty: str) -> Act:
    return lambda one: one.places("Sell", qty, "51000")


REFUSED: dict[str, tuple[Act, int]] = {
    "margin": (lambda one: one.places("Buy", "0.01", "49000", isLeverage=1), 170036),
    "no price": (lambda one: one.places("Buy", "0.01", "0"), 170105),
    "amount too large": (lambda one: one.places("Sell", "82", "120000"), 170124),
    "reduce-only": (lambda one: one.places("Sell", "0.01", "51000", reduceOnly=True), 170130),
    "unknown unit": (lambda one: one.places("Buy", "10", marketUnit="USDT"), 170130),
    "take profit of a market order": (lambda one: one.places("Buy", "10", takeProfit="60000"), 170130),
    "take profit below": (lambda one: one.places("Buy", "0.01", "49000", takeProfit="48000"), 170130),
    "stop loss above": (lambda one: one.places("Buy", "0.01", "49000", stopLoss="49500"), 170130),
    "limit of a take profit missing": (
        lambda one: one.places("Buy", "0.01", "49000", takeProfit="51000", tpOrderType="Limit"),
        170105,
    ),
    "no quote balance": (lambda one: one.places("Buy", "1", "49000"), 170131),
    "no base balance": (lambda one: one.places("Sell", "2", "51000"), 170131),
    "no balance for an amount": (lambda one: one.places("Buy", "10001"), 170131),
    "no balance for a TP/SL order": (
        lambda one: one.places("Sell", "2", triggerPrice="49000", orderFilter="tpslOrder"),
        170131,
    ),
    "amended beyond the balance": (
        lambda one: one.amends(one.places("Buy", "0.1", "49000"), qty="1"),
        170131,
    ),
    "trigger amended beyond the balance": (beyond_the_balance, 170131),
    "take profit amended that is an order": (changed_when_placed(takeProfit="50600"), 170130),
    "stop loss taken away that is an order": (changed_when_placed(stopLoss="0"), 170130),
    "stop loss amended to a take profit": (of_a_pair("49500", "50300"), 170130),
    "take profit amended to a stop loss": (of_a_pair("50500", "49700"), 170130),
    "limit of a take profit by the market": (
        lambda one: one.places("Buy", "0.01", "49000", takeProfit="51000", tpLimitPrice="51000"),
        170130,
    ),
    "limit of no stop loss": (lambda one: one.places("Buy", "0.01", "49000", slLimitPrice="48000"), 170130),
    **{
        f"qty {number!r}": (of_quantity(number), 10001)
        for number in ("0_1", " 0.1", "0.1 ", "0.1\n", "\uff10.1", "-0.1", "NaN", "1e-30")
    },
    "off tick": (lambda one: one.places("Buy", "0.01", "49000.05"), 170134),
    "too much": (lambda one: one.places("Buy", "84", "49000"), 170135),
    "too little": (lambda one: one.places("Buy", "0.00001", "49000"), 170136),
    "off lot": (lambda one: one.places("Buy", "0.0100001", "49000"), 170137),
    "little value": (lambda one: one.places("Buy", "0.0001", "49000"), 170140),
    "little amount": (lambda one: one.places("Buy", "4.9"), 170140),
    "link repeated": (repeated, 170141),
    "amount off step": (lambda one: one.places("Buy", "10.00000001"), 170148),
    "above the band": (lambda one: one.places("Buy", "0.01", "50250.1"), 170193),
    "below the band": (lambda one: one.places("Sell", "0.01", "49749.9"), 170194),
    "unknown filter": (lambda one: one.places("Buy", "0.01", "49000", orderFilter="Oco"), 170201),
    "filter without trigger": (
        lambda one: one.places("Buy", "0.01", "49000", orderFilter="StopOrder"),
        170202,
    ),
    "31 conditional orders": (too_many, 170810),
    "cancelled twice": (cancelled_twice, 170213),
    "index of hedge mode": (lambda one: one.places("Buy", "0.01", "49000", positionIdx=1), 10001),
    "unknown pair": (unknown_pair, 170121),
}


@pytest.mark.parametrize(("act", "code"), REFUSED.values(), ids=REFUSED)
def test_a_request_is_refused_with_the_documented_code(scene: Scene, act: Act, code: int) -> None:
    with pytest.raises(Declined) as refusal:
        act(scene)
    assert refusal.value.number == code
