"""Who may send what: keys, signatures over raw bytes, windows of time, limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest
import urllib3

from adapters.simulated.server.limits import AddressLimit
from adapters.simulated.server.signatures import signature
from tests.adapters.simulated.server.clients import pybit_http
from tests.adapters.simulated.server.serving import KEY, SECRET, RunningVenue, running_venue

BALANCE = "/v5/account/wallet-balance"
QUERY = "accountType=UNIFIED"
ORDER = {
    "category": "linear",
    "symbol": "BTCUSDT",
    "side": "Buy",
    "orderType": "Limit",
    "qty": "0.01",
    "price": "49000",
}

pybit_errors: Any = import_module("pybit.exceptions")


def sent(
    venue: RunningVenue,
    path: str,
    query: str = "",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """The JSON answer to a request whose bytes are given."""
    url = f"{venue.url}{path}?{query}" if query else f"{venue.url}{path}"
    method = "GET" if body is None else "POST"
    return json.loads(urllib3.request(method, url, body=body, headers=headers or {}, timeout=10).data)


def signed(
    venue: RunningVenue, payload: str, key: str = KEY, secret: str = SECRET, late: int = 0, window: int = 5000
) -> dict[str, str]:
    """The headers of a payload that was signed `late` ms ago."""
    stamp = str(venue.server.clock.wall() - late)
    sign = signature(secret, f"{stamp}{key}{window}{payload}".encode())
    return {
        "X-BAPI-API-KEY": key,
        "X-BAPI-TIMESTAMP": stamp,
        "X-BAPI-RECV-WINDOW": str(window),
        "X-BAPI-SIGN": sign,
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize(
    ("signing", "code"),
    [
        ({}, 0),
        ({"late": 4_000}, 0),
        ({"late": 30_000}, 10002),
        ({"late": 30_000, "window": 60_000}, 0),
        ({"late": -30_000}, 10002),
        ({"key": "other"}, 10003),
        ({"secret": "other"}, 10004),
    ],
)
def test_a_signature_is_judged_by_key_secret_and_time(
    venue: RunningVenue, signing: dict[str, Any], code: int
) -> None:
    assert sent(venue, BALANCE, QUERY, headers=signed(venue, QUERY, **signing))["retCode"] == code


@pytest.mark.parametrize(
    "body",
    [
        '{"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "0.01"}',
        '{"qty":"0.01","orderType":"Market","side":"Buy","symbol":"BTCUSDT","category":"linear"}',
        '{ "qty" : "0.01","orderType":"Market",\n"side":"Buy","symbol":"BTCUSDT","category":"linear"}',
    ],
)
def test_a_body_is_verified_as_it_was_sent(venue: RunningVenue, body: str) -> None:
    answer = sent(venue, "/v5/order/create", body=body.encode(), headers=signed(venue, body))
    assert answer["retCode"] == 0


def test_a_percent_encoded_query_is_verified_as_it_was_sent(venue: RunningVenue) -> None:
    query = "category=linear&cursor=132766%3A2%2C&symbol=BTCUSDT"
    assert sent(venue, "/v5/order/history", query, headers=signed(venue, query))["retCode"] == 0


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/v5/order/create-nothing", "", 10017),
        ("/", "", 10017),
        ("/v5/order/create", "", 10017),
        ("/v5/market/tickers", "category=option2", 10001),
        ("/v5/market/tickers", "", 10001),
        ("/v5/market/tickers", "category=linear&symbol=NOUSDT", 10029),
        ("/v5/market/kline", "category=linear&symbol=BTCUSDT&interval=7", 10001),
        ("/v5/market/kline", "category=linear&symbol=BTCUSDT&interval=1&limit=1001", 10001),
        ("/v5/market/orderbook", "category=linear&symbol=BTCUSDT&limit=-1", 10001),
        (BALANCE, QUERY, 10003),
    ],
)
def test_what_is_not_served_is_refused_with_a_code(
    venue: RunningVenue, path: str, query: str, code: int
) -> None:
    assert sent(venue, path, query)["retCode"] == code


@pytest.mark.parametrize("body", ["", "[]", "{", "nothing", '{"category":"spot"}', '"\\ud800"'])
def test_a_body_that_is_no_order_is_refused(venue: RunningVenue, body: str) -> None:
    answer = sent(venue, "/v5/order/create", body=body.encode(), headers=signed(venue, body))
    assert (answer["retCode"], answer["result"]) == (10001, {})


def one_order(session: Any) -> tuple[int, str]:
    """The code of an order, and the number of orders that its answer says are left."""
    try:
        answer, _elapsed, headers = session.place_order(**ORDER)
    except pybit_errors.InvalidRequestError as error:
        return error.status_code, error.resp_headers["X-Bapi-Limit-Status"]
    return answer["retCode"], headers["X-Bapi-Limit-Status"]


def test_the_eleventh_order_of_a_second_is_refused_and_each_answer_states_what_is_left() -> None:
    with running_venue(limited=True) as venue:
        session = pybit_http(venue, return_response_headers=True)
        limits = [one_order(session) for _ in range(11)]
    assert limits == [*((0, str(left)) for left in range(9, -1, -1)), (10006, "0")]


def test_a_batch_beyond_the_limit_is_executed_as_far_as_it_goes_and_refused_order_by_order() -> None:
    one = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.001", "price": "49000"}
    batch = [{**one, "orderLinkId": f"n{number}"} for number in range(12)]
    with running_venue(limited=True) as venue:
        answer = pybit_http(venue).place_batch_order(category="linear", request=batch)
        assert len(venue.account.orders) == 10
        with pytest.raises(pybit_errors.InvalidRequestError, match="10006"):
            pybit_http(venue).place_batch_order(category="linear", request=batch[10:])
    assert [row["code"] for row in answer["retExtInfo"]["list"]] == [0] * 10 + [10006] * 2
    assert [row["orderLinkId"] for row in answer["result"]["list"]] == [f"n{number}" for number in range(12)]


def test_an_address_that_sends_too_much_is_banned() -> None:
    limit = AddressLimit(most=3, ban=1_000)
    assert [limit.refuses("a", 0) for _ in range(4)] == [False, False, False, True]
    assert (limit.refuses("a", 900), limit.refuses("b", 900), limit.refuses("a", 7_000)) == (
        True,
        False,
        False,
    )


def test_pybit_sees_the_ban_of_its_address() -> None:
    with running_venue(most=3) as venue:
        session = pybit_http(venue)
        for _ in range(3):
            session.get_server_time()
        with pytest.raises(pybit_errors.FailedRequestError) as failed:
            session.get_server_time()
    assert failed.value.status_code == 403
