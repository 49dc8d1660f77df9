"""The admin port: faults and actions by HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from adapters.simulated.server.actions import ACTIONS
from adapters.simulated.server.admin import Admin
from tests.adapters.simulated.server.clients import pybit_http
from tests.adapters.simulated.server.serving import RunningVenue

BTC = {"category": "linear", "symbol": "BTCUSDT"}


class Port:
    """The admin port of a venue."""

    def __init__(self, url: str) -> None:
        self._url = url

    def sends(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON answer."""
        data = None if body is None else json.dumps(body).encode()
        answer = urllib3.request(method, f"{self._url}{path}", body=data, timeout=10)
        return answer.status, json.loads(answer.data)


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


def test_a_fault_that_is_over_is_listed_with_how_often_it_struck(venue: RunningVenue, port: Port) -> None:
    port.sends("POST", "/faults", {"where": "/v5/market/tickers", "kind": "code", "value": 10016})
    with pytest.raises(Exception, match="10016"):
        pybit_http(venue).get_tickers(**BTC)
    listed = port.sends("GET", "/faults")[1]
    assert (listed["faults"], listed["over"][0]["struck"]) == ([], 1)


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
        ("/actions/nothing", {}),
        ("/actions/trade", {"side": "Buy"}),
        ("/actions/trade", {"side": "Buy", "price": "NaN", "qty": "1"}),
        ("/actions/fill", {"orderLinkId": "unknown"}),
        ("/faults", {"where": "/v5/order/creat", "kind": "drop"}),
        ("/faults", {"where": "order.BTCUSDT", "kind": "missing"}),
        ("/faults", {"where": "/v5/order/create", "kind": "missing"}),
        ("/faults", {"where": "order", "kind": "html"}),
        ("/faults", {"where": "order", "kind": "missing", "time": 0}),
        ("/faults", {"where": "*", "kind": "status", "value": 0}),
        ("/faults", {"where": "*", "kind": "code"}),
        ("/faults", {"where": "*", "kind": "delay", "value": -5}),
        ("/actions/prices", {"mark": "NaN"}),
        ("/actions/prices", {"mark": "1e400"}),
        ("/actions/prices", {"mark": "-5"}),
        ("/actions/prices", {"symbol": "FOOUSDT", "mark": "5"}),
        ("/actions/fund", {"symbol": "XX"}),
        ("/actions/fund", {"rate": "NaN"}),
        ("/actions/fund", {"rate": "Infinity"}),
        ("/actions/show", {"price": "49000.05", "qty": "1"}),
        ("/actions/trade", {"price": "49000", "qty": "0.0005"}),
        ("/actions/liquidate", {}),
        ("/actions/fund", {"rate": "much"}),
        ("/actions/fund", {"speed": 1}),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(port: Port, path: str, body: Any) -> None:
    status, answer = port.sends("POST", path, body)
    assert (status, list(answer)) == (400, ["error"])


def test_an_order_that_cannot_be_filled_or_cancelled_is_refused(venue: RunningVenue, port: Port) -> None:
    session = pybit_http(venue)
    session.place_order(
        **BTC, side="Buy", orderType="Limit", qty="0.01", price="49000", orderLinkId="resting"
    )
    session.place_order(**BTC, side="Buy", orderType="Market", qty="0.01", orderLinkId="filled")
    refused = (
        ("fill", {"orderLinkId": "filled"}),
        ("fill_twice", {"orderLinkId": "filled"}),
        ("cancel_by_hand", {"orderLinkId": "filled"}),
        ("fill", {"orderLinkId": "resting", "qty": "0.0015"}),
        ("fill", {"orderLinkId": "resting", "qty": "-1"}),
    )
    assert {port.sends("POST", f"/actions/{name}", body)[0] for name, body in refused} == {400}
    assert venue.account.links["resting"].filled == 0


def test_every_action_is_listed_with_its_meaning(port: Port) -> None:
    _status, listed = port.sends("GET", "/actions")
    assert list(listed) == list(ACTIONS)
    assert all(listed.values())


def test_connections_that_are_refused_already_are_not_refused_again(port: Port) -> None:
    assert port.sends("POST", "/actions/refuse", {"ms": 60_000})[0] == 200
    assert port.sends("POST", "/actions/refuse", {"ms": 1_000})[0] == 400
