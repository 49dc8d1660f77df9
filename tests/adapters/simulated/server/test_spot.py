"""Spot over REST and WebSockets: what differs from contracts in topics, limits, pushes, faults and actions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from adapters.simulated.venue.categories import LINEAR, SPOT
from domain.direction import Side
from domain.errors import InvalidInput
from tests.adapters.simulated.server.clients import Inbox, pybit_http, pybit_socket
from tests.adapters.simulated.server.serving import RunningVenue, running_venue

PAIR = {"category": SPOT, "symbol": "BTCUSDT"}
LIMIT = {**PAIR, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "49000"}
MARKET = {**PAIR, "side": "Buy", "orderType": "Market", "qty": "0.1", "marketUnit": "baseCoin"}
BOOKS = [f"orderbook.{depth}.{symbol}" for depth in (1, 50, 200, 1000) for symbol in ("BTCUSDT", "ETHUSDT")]


async def subscribed(url: str, args: list[str]) -> dict[str, Any]:
    """The answer to a subscription."""
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await socket.send_json({"op": "subscribe", "req_id": "1", "args": args})
        answer: dict[str, Any] = await socket.receive_json()
        return answer


@pytest.mark.parametrize(
    ("category", "args", "success", "text"),
    [
        (SPOT, BOOKS, True, "subscribe"),
        (SPOT, ["tickers.BTCUSDT", "publicTrade.BTCUSDT", "kline.1.BTCUSDT"], True, "subscribe"),
        (
            SPOT,
            [*BOOKS, "tickers.BTCUSDT", "tickers.ETHUSDT", "publicTrade.BTCUSDT"],
            False,
            "error:args size >10",
        ),
        (SPOT, ["allLiquidation.BTCUSDT"], False, "error:handler not found,topic:allLiquidation.BTCUSDT"),
        (SPOT, ["tickers.XRPUSDT"], False, "error:handler not found,topic:tickers.XRPUSDT"),
        (LINEAR, [*BOOKS, "tickers.BTCUSDT", "tickers.ETHUSDT", "publicTrade.BTCUSDT"], True, ""),
    ],
)
def test_a_subscription_is_confirmed_as_its_category_does(
    venue: RunningVenue, category: str, args: list[str], success: bool, text: str
) -> None:
    answer = asyncio.run(subscribed(f"{venue.socket_url}/v5/public/{category}", args))
    assert (answer["success"], answer["ret_msg"], answer["req_id"]) == (success, text, "1")


def test_spot_tickers_are_snapshots_of_their_own_market(venue: RunningVenue) -> None:
    socket, inbox = pybit_socket(venue, SPOT), Inbox()
    socket.ticker_stream("BTCUSDT", inbox.put)
    assert inbox.next()["data"]["lastPrice"] == "50000"
    venue.trade(Side.BUY, "50000.1", "0.1")
    venue.trade(Side.BUY, "50000.2", "1.1", category=SPOT)
    message = inbox.next()
    assert (message["type"], message["data"]["lastPrice"]) == ("snapshot", "50000.2")
    assert "bid1Price" not in message["data"]
    socket.exit()


class Heard:
    """The messages of a private topic."""

    def __init__(self, venue: RunningVenue, topic: str) -> None:
        self.inbox, self.socket = Inbox(), pybit_socket(venue, "private")
        self.socket.subscribe(topic, self.inbox.put, [""])
        venue.await_topic(topic)

    def statuses(self, count: int) -> list[str]:
        return [row["orderStatus"] for _ in range(count) for row in self.inbox.next()["data"]]


@pytest.fixture
def orders(venue: RunningVenue) -> Iterator[Heard]:
    heard = Heard(venue, "order")
    yield heard
    heard.socket.exit()


def test_a_tpsl_order_is_pushed_as_untriggered_triggered_and_filled(
    venue: RunningVenue, orders: Heard
) -> None:
    session = pybit_http(venue)
    session.place_order(**MARKET)
    session.place_order(
        **{**MARKET, "side": "Sell", "qty": "0.05"}, triggerPrice="49990", orderFilter="tpslOrder"
    )
    venue.show(Side.BUY, "49985", "5", category=SPOT)
    venue.trade(Side.SELL, "49990", "30", category=SPOT)
    assert orders.statuses(4) == ["Filled", "Untriggered", "Triggered", "Filled"]


def test_the_topic_of_a_category_has_its_orders_only(venue: RunningVenue) -> None:
    both, spot, linear = (
        Heard(venue, topic) for topic in ("execution", "execution.spot", "execution.linear")
    )
    session = pybit_http(venue)
    session.place_order(**{**MARKET, "category": LINEAR})
    session.place_order(**MARKET)
    assert [both.inbox.next()["data"][0]["category"] for _ in range(2)] == [LINEAR, SPOT]
    assert spot.inbox.next()["data"][0]["feeCurrency"] == "BTC"
    assert linear.inbox.next()["data"][0]["feeCurrency"] == "USDT"
    for one in (both, spot, linear):
        one.socket.exit()


def test_the_wallet_shows_every_coin_and_what_orders_lock(venue: RunningVenue) -> None:
    heard, session = Heard(venue, "wallet"), pybit_http(venue)
    session.place_order(**MARKET)
    rows = {row["coin"]: row for row in heard.inbox.next()["data"][0]["coin"]}
    assert (rows["BTC"]["walletBalance"], rows["USDT"]["walletBalance"]) == ("0.0999", "4999.99")
    session.place_order(**LIMIT)
    rows = {row["coin"]: row for row in heard.inbox.next()["data"][0]["coin"]}
    assert rows["USDT"]["locked"] == "490"
    [coin] = session.get_wallet_balance(accountType="UNIFIED", coin="BTC")["result"]["list"][0]["coin"]
    assert (coin["equity"], coin["usdValue"], coin["locked"]) == ("0.0999", "4995.00999", "0")
    heard.socket.exit()


@pytest.mark.parametrize("category", [LINEAR, SPOT])
@pytest.mark.parametrize("name", ["orderId", "orderLinkId"])
def test_an_action_finds_an_order_of_either_category(venue: RunningVenue, category: str, name: str) -> None:
    placed = pybit_http(venue).place_order(**{**LIMIT, "category": category}, orderLinkId="one")["result"]
    venue.act("fill", **{name: placed[name]})
    assert [(one.id, one.status) for one in venue.account.ended.values()] == [(placed["orderId"], "Filled")]


@pytest.mark.parametrize("kind", ["StopOrder", "tpslOrder"])
def test_open_orders_list_one_that_rests_after_its_trigger_as_active(venue: RunningVenue, kind: str) -> None:
    session, found = pybit_http(venue), list[int]()
    session.place_order(**LIMIT, triggerPrice="50100", orderFilter=kind)
    for _ in range(2):
        listed = (
            session.get_open_orders(**PAIR, orderFilter=one)["result"]["list"] for one in ("Order", kind)
        )
        found += map(len, listed)
        venue.trade(Side.BUY, "50100", "30", category=SPOT)
    assert found == [0, 1, 1, 0]


def test_histories_are_those_of_their_category(venue: RunningVenue) -> None:
    session = pybit_http(venue)
    session.place_order(**MARKET)
    session.place_order(**{**MARKET, "category": LINEAR})
    for category, coin in ((SPOT, "BTC"), (LINEAR, "USDT")):
        [order] = session.get_order_history(category=category)["result"]["list"]
        [execution] = session.get_executions(category=category)["result"]["list"]
        assert (list(order["cumFeeDetail"]), execution["feeCurrency"]) == ([coin], coin)
        rows = (order.keys(), execution.keys())
        assert ["createType" in row for row in rows] == [category == LINEAR] * 2
        assert ("tpslMode" in order) is (category == LINEAR)


@pytest.mark.parametrize(
    ("category", "call", "limit"),
    [
        (SPOT, "create", "20"),
        (SPOT, "amend", "10"),
        (SPOT, "cancel", "20"),
        (SPOT, "cancel-all", "20"),
        (LINEAR, "create", "10"),
        (LINEAR, "cancel", "10"),
    ],
)
def test_spot_has_rate_limits_of_its_own(category: str, call: str, limit: str) -> None:
    with running_venue(limited=True) as venue:
        session = pybit_http(venue, return_response_headers=True)
        at = {**PAIR, "category": category, "orderLinkId": "one"}
        session.place_order(**{**LIMIT, **at})
        calls = {
            "create": lambda: session.place_order(**{**LIMIT, **at, "orderLinkId": "two"}),
            "amend": lambda: session.amend_order(**at, price="48000"),
            "cancel": lambda: session.cancel_order(**at),
            "cancel-all": lambda: session.cancel_all_orders(**PAIR),
        }
        _answer, _took, headers = calls[call]()
        assert headers["X-Bapi-Limit"] == limit


def test_a_fault_strikes_the_category_that_it_names(venue: RunningVenue, orders: Heard) -> None:
    venue.fails("order", "missing", category=SPOT)
    venue.fails("/v5/order/cancel", "code", value=10016, category=SPOT)
    session = pybit_http(venue)
    session.place_order(**LIMIT, orderLinkId="lost")
    session.place_order(**{**LIMIT, "category": LINEAR}, orderLinkId="heard")
    assert orders.inbox.next()["data"][0]["orderLinkId"] == "heard"
    session.cancel_order(**{**PAIR, "category": LINEAR}, orderLinkId="heard")
    with pytest.raises(Exception, match="10016"):
        session.cancel_order(**PAIR, orderLinkId="lost")


@pytest.mark.parametrize(
    ("action", "more", "statuses"),
    [
        ("fill", {}, ["New", "Filled"]),
        ("fill_and_cancel", {"qty": "0.004"}, ["New", "PartiallyFilledCanceled"]),
        ("fill_twice", {}, ["New", "Filled", "Filled"]),
        ("cancel_by_hand", {}, ["New", "Cancelled"]),
        ("amend_by_hand", {"qty": "0.02"}, ["New", "New"]),
    ],
)
def test_an_action_changes_a_spot_order(
    venue: RunningVenue, orders: Heard, action: str, more: dict[str, str], statuses: list[str]
) -> None:
    pybit_http(venue).place_order(**LIMIT, orderLinkId="one")
    venue.act(action, category=SPOT, orderLinkId="one", **more)
    assert orders.statuses(len(statuses)) == statuses


@pytest.mark.parametrize("action", ["fund", "liquidate", "prices"])
def test_an_action_on_positions_is_refused_in_spot(venue: RunningVenue, action: str) -> None:
    with pytest.raises(InvalidInput):
        venue.act(action, category=SPOT)


def test_a_restart_of_books_begins_those_of_spot_at_one(venue: RunningVenue) -> None:
    socket, inbox = pybit_socket(venue, SPOT), Inbox()
    socket.orderbook_stream(50, "BTCUSDT", inbox.put)
    inbox.next()
    venue.act("restart_books")
    assert inbox.next()["data"]["u"] == 1
    socket.exit()


@pytest.mark.parametrize("category", ["inverse", "option", "foo", ""])
@pytest.mark.parametrize("call", ["place_order", "amend_order", "cancel_order", "cancel_all_orders"])
def test_a_request_of_another_category_is_refused(venue: RunningVenue, call: str, category: str) -> None:
    session = pybit_http(venue)
    session.place_order(**{**LIMIT, "category": LINEAR}, orderLinkId="one")
    with pytest.raises(Exception, match="10001"):
        getattr(session, call)(**{**LIMIT, "category": category, "price": "48000"}, orderLinkId="one")
    assert [one.status for one in venue.account.orders.values()] == ["New"]
