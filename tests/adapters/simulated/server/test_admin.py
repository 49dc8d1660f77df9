"""The admin port: faults and actions by HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import urllib3

from adapters.simulated.server import VenueServer
from adapters.simulated.server.actions import ACTIONS, act
from adapters.simulated.server.admin import Admin
from adapters.simulated.server.clock import VirtualClock
from adapters.simulated.venue import Venue, contract_of
from adapters.simulated.venue.displacement import displace
from adapters.simulated.venue.synthetic import DEPTH, market_of
from domain.catalogue import known
from domain.direction import Side
from tests.adapters.simulated.server.clients import pybit_http
from tests.adapters.simulated.server.serving import START, RunningVenue

BTC = {"category": "linear", "symbol": "BTCUSDT"}


UNKNOWN_PLACES = ("/v5/market/tme", "/v5/order/creat", "orders", "order.BTCUSDT", "orderbook.50.BTCUSDT")
UNFIT_KINDS = (
    ("/v5/order/create", "missing"),
    ("/v5/order/create", "stale"),
    ("/v5/account/wallet-balance", "empty"),
    ("order.create", "html"),
    ("order", "drop"),
    ("orderbook.50", "status"),
)
FILLS = ("fill", "fill_and_cancel", "fill_twice")


class Port:
    """The admin port of a venue."""

    def __init__(self, url: str) -> None:
        self._url = url

    def sends(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON answer."""
        data = None if body is None else json.dumps(body).encode()
        answer = urllib3.request(method, f"{self._url}{path}", body=data, timeout=10)
        return answer.status, json.loads(answer.data)

    def posts(self, path: str, body: bytes) -> urllib3.BaseHTTPResponse:
        """The answer to a body of any bytes."""
        return urllib3.request("POST", f"{self._url}{path}", body=body, timeout=10)


@pytest.fixture
def port(venue: RunningVenue) -> Iterator[Port]:
    admin = Admin(venue.server)
    venue.wait(admin.start())
    yield Port(admin.url)
    venue.wait(admin.stop())


def test_a_fault_is_added_listed_and_ended(venue: RunningVenue, port: Port) -> None:
    fault = {"where": "/v5/market/tickers", "kind": "code", "value": 10016, "times": 0}
    assert port.sends("POST", "/faults", fault) == (200, {"number": 1})
    with pytest.raises(Exception, match="10016"):
        pybit_http(venue).get_tickers(**BTC)
    assert port.sends("GET", "/faults")[1]["faults"][0]["struck"] == 1
    port.sends("DELETE", "/faults")
    assert pybit_http(venue).get_tickers(**BTC)["retCode"] == 0


def test_a_fault_that_has_struck_is_remembered_and_one_is_ended_by_its_number(
    venue: RunningVenue, port: Port
) -> None:
    for times in (1, 0):
        port.sends(
            "POST", "/faults", {"where": "/v5/market/time", "kind": "code", "value": 10016, "times": times}
        )
    with pytest.raises(Exception, match="10016"):
        pybit_http(venue).get_server_time()
    _status, faults = port.sends("GET", "/faults")
    assert [(one["number"], one["struck"]) for one in faults["over"]] == [(1, 1)]
    assert [one["number"] for one in faults["faults"]] == [2]
    assert port.sends("DELETE", "/faults/2")[0] == 200
    assert port.sends("DELETE", "/faults/2")[0] == 400
    assert pybit_http(venue).get_server_time()["retCode"] == 0


def test_an_unknown_place_is_answered_with_the_closest_one(port: Port) -> None:
    _status, answer = port.sends("POST", "/faults", {"where": "/v5/order/creat", "kind": "drop"})
    assert "did you mean /v5/order/create?" in answer["error"]


@pytest.mark.parametrize(
    "where",
    ["*", "/v5/market/time", "order.create", "order", "execution.fast", "tickers", "orderbook.1", "kline.D"],
)
def test_every_sort_of_place_has_faults(port: Port, where: str) -> None:
    assert port.sends("POST", "/faults", {"where": where, "kind": "delay", "value": 1})[0] == 200


def test_an_action_moves_the_market_and_fills_an_order(venue: RunningVenue, port: Port) -> None:
    session = pybit_http(venue)
    session.place_order(**BTC, side="Buy", orderType="Limit", qty="0.01", price="49999", orderLinkId="one")
    port.sends("POST", "/actions/trade", {"side": "Sell", "price": "49999", "qty": "20"})
    assert session.get_positions(**BTC)["result"]["list"][0]["size"] == "0.010"


def test_time_passes_when_it_is_moved(venue: RunningVenue, port: Port) -> None:
    before = venue.server.clock.market()
    assert port.sends("POST", "/actions/advance", {"ms": 60_000}) == (200, {})
    assert venue.server.clock.market() == before + 60_000


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", {"where": "*", "kind": "nothing"}),
        ("/faults", {"where": "*", "kind": "code", "probability": 2}),
        ("/faults", []),
        *(("/faults", {"where": where, "kind": "delay"}) for where in UNKNOWN_PLACES),
        *(("/faults", {"where": where, "kind": kind}) for where, kind in UNFIT_KINDS),
        ("/faults", {"where": "order", "kind": "missing", "status": "new"}),
        ("/faults", {"where": "order", "kind": "missing", "symbol": "BTCUSD"}),
        ("/faults", {"where": "order", "kind": "missing", "category": "option"}),
        ("/faults", {"where": "order", "kind": "missing", "time": 0}),
        ("/faults", {"where": "/v5/order/create", "kind": "code"}),
        *((f"/actions/{name}", {"orderLinkId": "waiting"}) for name in FILLS),
        *((f"/actions/{name}", {"orderLinkId": "ended"}) for name in (*FILLS, "cancel_by_hand")),
        *((f"/actions/{name}", {"orderLinkId": "resting", "qty": "0"}) for name in FILLS),
        ("/actions/fill", {"orderLinkId": "resting", "qty": "0.02"}),
        ("/actions/trade", {"price": "50000", "qty": "0"}),
        ("/actions/liquidate", {}),
        ("/actions/refuse", {}),
        ("/actions/refuse", {"ms": 10**10}),
        ("/faults", {"where": "*", "kind": "delay", "value": -1}),
        ("/faults", {"where": "*", "kind": "status", "value": 9999}),
        *(("/actions/prices", {"mark": mark}) for mark in ("NaN", "Infinity", "1e400", "-5", "0")),
        *(("/actions/fund", {"rate": rate}) for rate in ("NaN", "Infinity", "1e400", "2")),
        *((f"/actions/{name}", {"symbol": "FOO"}) for name in ("prices", "fund", "liquidate")),
        *((f"/actions/{name}", {"symbol": "FOO", "price": "1", "qty": "1"}) for name in ("trade", "show")),
        ("/actions/trade", {"price": "60050.0333", "qty": "1"}),
        ("/actions/trade", {"price": "0", "qty": "1"}),
        ("/actions/show", {"price": "60050", "qty": "0.0015"}),
        ("/actions/fill", {"orderLinkId": "resting", "qty": "NaN"}),
        ("/actions/fill", {"orderLinkId": "resting", "qty": "0.0015"}),
        ("/actions/refuse", {"ms": -1}),
        ("/actions/skew", {"ms": 10**15}),
        ("/actions/nothing", {}),
        ("/actions/trade", {"side": "Buy"}),
        ("/actions/trade", {"side": "Buy", "price": "NaN", "qty": "1"}),
        ("/actions/fill", {"orderLinkId": "unknown"}),
        ("/actions/fund", {"rate": "much"}),
        ("/actions/fund", {"speed": 1}),
        ("/actions/fund", {"price": "50000"}),
        ("/actions/cut", {"ms": 5}),
        ("/actions/skew", {"ms": "soon"}),
        ("/actions/move", {}),
        ("/actions/move", {"price": "50000.05"}),
        ("/actions/move", {"symbol": "FOO", "price": "1"}),
        ("/actions/advance", {}),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_and_the_market_goes_on(
    venue: RunningVenue, port: Port, path: str, body: Any
) -> None:
    session = pybit_http(venue)
    order = {**BTC, "orderType": "Limit", "price": "49000", "side": "Buy", "qty": "0.01"}
    session.place_order(**order, orderLinkId="resting")
    session.place_order(**order, orderLinkId="waiting", triggerPrice="51000", triggerDirection=1)
    session.place_order(**order, orderLinkId="ended")
    session.cancel_order(**BTC, orderLinkId="ended")
    status, answer = port.sends("POST", path, body)
    assert (status, list(answer)) == (400, ["error"])
    venue.wait(venue.server.stepped.wait())


@pytest.mark.parametrize("body", [b"\xff", b"[" * 100_000, b"{"], ids=["no UTF-8", "deep", "half"])
@pytest.mark.parametrize("path", ["/faults", "/actions/prices"])
def test_a_body_that_cannot_be_read_is_refused(port: Port, path: str, body: bytes) -> None:
    assert port.posts(path, body).status == 400


def test_every_action_is_listed_with_its_meaning(port: Port) -> None:
    _status, listed = port.sends("GET", "/actions")
    assert list(listed) == list(ACTIONS)
    assert all(one["does"] for one in listed.values())
    assert listed["fund"]["takes"] == {
        "rate": "number as text: from -1 to 1; default: 0.0001",
        "symbol": "text; default: the first market of the category",
        "category": "text: linear or spot; default: that of the order, else linear",
    }
    assert listed["refuse"]["takes"] == {"ms": "whole number of milliseconds; required"}


def test_a_refusal_during_another_one_replaces_its_time(venue: RunningVenue, port: Port) -> None:
    for ms in (3_600_000, 1):
        assert port.sends("POST", "/actions/refuse", {"ms": ms}) == (200, {"sockets": 0})
    venue.await_listening()
    assert pybit_http(venue).get_server_time()["retCode"] == 0


def test_a_fault_of_a_symbol_strikes_a_batch_with_an_order_of_it(venue: RunningVenue, port: Port) -> None:
    fault = {"where": "/v5/order/create-batch", "kind": "code", "value": 10016, "symbol": "BTCUSDT"}
    port.sends("POST", "/faults", fault)
    order = {"side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "49000"}
    session = pybit_http(venue)
    session.place_batch_order(category="linear", request=[{**order, "symbol": "ETHUSDT"}])
    with pytest.raises(Exception, match="10016"):
        session.place_batch_order(
            category="linear", request=[{**order, "symbol": one} for one in ("ETHUSDT", "BTCUSDT")]
        )


STOPS = [
    ("Buy", {"stopLoss": "49000"}, "48000", "0"),
    ("Buy", {"takeProfit": "51000"}, "52000", "0"),
    ("Sell", {"stopLoss": "51000"}, "52000", "0"),
    ("Buy", {"stopLoss": "49000", "slTriggerBy": "MarkPrice"}, "48000", "0"),
    ("Buy", {"stopLoss": "49000"}, "49000.1", "0.010"),
]


@pytest.mark.parametrize(("side", "stop", "price", "left"), STOPS)
def test_a_stop_fires_where_the_market_is_moved_beyond_it(
    venue: RunningVenue, port: Port, side: str, stop: dict[str, str], price: str, left: str
) -> None:
    session = pybit_http(venue)
    session.place_order(**BTC, side=side, orderType="Market", qty="0.01", **stop)
    status, did = port.sends("POST", "/actions/move", {"price": price})
    assert (status, len(did.get("executions", []))) == (200, 1 if left == "0" else 0)
    position = session.get_positions(**BTC)["result"]["list"][0]
    assert Decimal(position["size"]) == Decimal(left)
    last = Decimal(session.get_tickers(**BTC)["result"]["list"][0]["lastPrice"])
    assert abs(last - Decimal(price)) < 1


def test_a_moved_market_fills_what_stood_in_its_way_at_its_own_price(venue: RunningVenue, port: Port) -> None:
    session = pybit_http(venue)
    session.place_order(**BTC, side="Buy", orderType="Limit", qty="0.01", price="49500", orderLinkId="one")
    _status, did = port.sends("POST", "/actions/move", {"price": "49000"})
    assert did["executions"][0].items() >= {"execPrice": "49500", "execQty": "0.01", "side": "Buy"}.items()
    assert did["orders"][0].items() >= {"orderLinkId": "one", "orderStatus": "Filled"}.items()


def test_the_synthetic_market_goes_on_from_where_it_was_moved_to() -> None:
    venue = Venue([contract_of(one.instrument, number) for number, one in enumerate(known(), 1)], START, 1)
    play = market_of(venue, {"linear": {"BTCUSDT": Decimal(60_000)}}, 1, START)
    market = venue.market("BTCUSDT")
    play(START + 1_000)
    displace(venue, market, Decimal(57_000), START + 1_000)
    for second in range(2, 10):
        play(START + second * 1_000)
        bid, ask = market.book.best(Side.BUY), market.book.best(Side.SELL)
        assert bid is not None
        assert ask is not None
        assert Decimal(56_900) < bid < ask < Decimal(57_100)
    assert all(DEPTH * 0.9 < len(half) <= DEPTH for half in market.book.sides.values())


DID: list[tuple[str, dict[str, str], tuple[dict[str, int], list[tuple[str, ...]], list[str]]]] = [
    ("cut", {}, ({"sockets": 0}, [], [])),
    ("skew", {}, ({}, [], [])),
    ("cancel_by_hand", {"orderLinkId": "resting"}, ({}, [("resting", "Cancelled", "0")], [])),
    ("fill", {"orderLinkId": "resting"}, ({}, [("resting", "Filled", "0.01")], ["Trade"])),
    ("fund", {}, ({}, [], [])),
]
"""Action, its fields, and what it changes: sockets, orders, executions."""


@pytest.mark.parametrize(("action", "body", "did"), DID)
def test_an_action_answers_what_it_changed(
    venue: RunningVenue, port: Port, action: str, body: dict[str, str], did: tuple[Any, ...]
) -> None:
    order = {**BTC, "orderType": "Limit", "price": "49000", "side": "Buy", "qty": "0.01"}
    pybit_http(venue).place_order(**order, orderLinkId="resting")
    _status, answer = port.sends("POST", f"/actions/{action}", body)
    orders = [(one["orderLinkId"], one["orderStatus"], one["cumExecQty"]) for one in answer.pop("orders", [])]
    executions = [one["execType"] for one in answer.pop("executions", [])]
    assert (answer, orders, executions) == did


def test_the_root_names_what_the_port_has(port: Port) -> None:
    status, places = port.sends("GET", "/")
    assert (status, places["faults"][-7:], places["actions"][-8:]) == (200, "/faults", "/actions")


def test_an_action_that_names_no_symbol_acts_on_the_first_market() -> None:
    listed = [contract_of(one.instrument, 1) for one in known() if "ETHUSDT" in str(one.instrument.id)]
    server = VenueServer(Venue(listed, START, 1), VirtualClock(START))
    asyncio.run(act(server, "fund", {"rate": "0.001"}))
    assert server.venue.market("ETHUSDT").funding_rate == Decimal("0.001")


def test_what_happens_is_noticed_in_one_line_each(venue: RunningVenue, port: Port) -> None:
    seen: list[str] = []
    venue.do(lambda one: one.notices.listeners.append(lambda kind, text: seen.append(f"{kind} {text}")))
    session = pybit_http(venue)
    order = {**BTC, "orderType": "Limit", "price": "49000", "side": "Buy", "qty": "0.01"}
    session.place_order(**order, orderLinkId="one")
    with pytest.raises(Exception, match="110072"):
        session.place_order(**order, orderLinkId="one")
    assert urllib3.request("GET", f"{venue.url}/v5/nothing").status == 200
    port.sends("POST", "/actions/fill", {"orderLinkId": "one"})
    port.sends("POST", "/faults", {"where": "/v5/market/time", "kind": "code", "value": 10016})
    with pytest.raises(Exception, match="10016"):
        session.get_server_time()
    assert seen == [
        "order BTCUSDT Buy Limit 0.01 at 49000 New one",
        "refused POST /v5/order/create 110072 OrderLinkedID is duplicate",
        "refused GET /v5/nothing 10017 Route not found.",
        "action fill orderLinkId=one",
        "order BTCUSDT Buy Limit 0.01 at 49000 Filled one",
        "fill BTCUSDT Buy 0.01 at 49000 one",
        "fault 1 code 10016 struck /v5/market/time",
    ]
