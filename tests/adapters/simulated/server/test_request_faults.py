"""Every fault of a request, as the real clients see it."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import pytest

from adapters.simulated.venue.codes import AMBIGUOUS
from tests.adapters.simulated.server.clients import Inbox, ccxt_pro, ccxt_sync, pybit_http, pybit_socket
from tests.adapters.simulated.server.serving import RunningVenue, running_venue

BTC = {"category": "linear", "symbol": "BTCUSDT"}
ORDER = {**BTC, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "49000", "orderLinkId": "one"}
CCXT_BTC = "BTC/USDT:USDT"
CREATE = "/v5/order/create"

pybit_errors: Any = import_module("pybit.exceptions")
requests_errors: Any = import_module("requests.exceptions")
ccxt_errors: Any = import_module("ccxt.base.errors")

# What is spoiled, pybit's error and its status, ccxt's error.
SEEN: dict[str, tuple[dict[str, Any], Any, int | None, Any]] = {
    "refused for its frequency": (
        {"kind": "code", "value": 10006},
        pybit_errors.InvalidRequestError,
        10006,
        ccxt_errors.RateLimitExceeded,
    ),
    "server error": (
        {"kind": "code", "value": 10016},
        pybit_errors.InvalidRequestError,
        10016,
        ccxt_errors.ExchangeError,
    ),
    "clock": (
        {"kind": "code", "value": 10002},
        pybit_errors.InvalidRequestError,
        10002,
        ccxt_errors.InvalidNonce,
    ),
    "banned": (
        {"kind": "status", "value": 403},
        pybit_errors.FailedRequestError,
        403,
        ccxt_errors.RateLimitExceeded,
    ),
    "system limit": (
        {"kind": "status", "value": 429},
        pybit_errors.FailedRequestError,
        429,
        ccxt_errors.ExchangeError,
    ),
    "bad gateway": (
        {"kind": "status", "value": 502},
        pybit_errors.FailedRequestError,
        502,
        ccxt_errors.ExchangeNotAvailable,
    ),
    "page": ({"kind": "html"}, pybit_errors.FailedRequestError, 409, None),
    "half of the text": ({"kind": "truncated"}, pybit_errors.FailedRequestError, 409, None),
    "cut": ({"kind": "drop"}, requests_errors.ConnectionError, None, ccxt_errors.NetworkError),
}


@pytest.mark.parametrize("commit", [False, True], ids=["not executed", "executed"])
@pytest.mark.parametrize(("fault", "error", "status", "_ccxt"), SEEN.values(), ids=SEEN)
def test_pybit_sees_a_spoiled_answer_to_an_order(
    venue: RunningVenue, fault: dict[str, Any], error: Any, status: int | None, _ccxt: Any, commit: bool
) -> None:
    venue.fails(CREATE, **fault, commit=commit)
    with pytest.raises(error) as failed:
        pybit_http(venue).place_order(**ORDER)
    assert getattr(failed.value, "status_code", None) == status
    assert ("one" in venue.account.links) is commit
    pybit_http(venue).place_order(**{**ORDER, "orderLinkId": "two"})


@pytest.mark.parametrize(("fault", "_error", "_status", "error"), SEEN.values(), ids=SEEN)
def test_ccxt_sees_a_spoiled_answer_to_an_order(
    fault: dict[str, Any], _error: Any, _status: int | None, error: Any, ccxt_venue: tuple[RunningVenue, Any]
) -> None:
    venue, exchange = ccxt_venue
    venue.fails(CREATE, **fault, commit=True)
    if error is None:  # ccxt takes a text that is no JSON for success: an order without an id
        assert exchange.create_order(CCXT_BTC, "limit", "buy", 0.01, 49_000)["id"] is None
    else:
        with pytest.raises(error):
            exchange.create_order(CCXT_BTC, "limit", "buy", 0.01, 49_000)


@pytest.fixture(scope="module")
def ccxt_venue() -> Any:
    """ccxt with its markets loaded, which takes longer than a test."""
    with running_venue() as venue:
        exchange = ccxt_sync(venue)
        exchange.load_markets()
        exchange.fetch_balance()
        yield venue, exchange


@pytest.mark.parametrize("code", [one.number for one in AMBIGUOUS])
def test_an_ambiguous_code_hides_an_order_that_was_executed(venue: RunningVenue, code: int) -> None:
    venue.fails(CREATE, "code", value=code, commit=True)
    with pytest.raises(pybit_errors.InvalidRequestError) as failed:
        pybit_http(venue).place_order(**ORDER)
    assert failed.value.status_code == code
    found = pybit_http(venue).get_open_orders(**BTC, orderLinkId="one")["result"]["list"]
    assert [one["orderStatus"] for one in found] == ["New"]


def test_a_refusal_for_frequency_says_when_the_limit_ends(venue: RunningVenue) -> None:
    venue.fails(CREATE, "code", value=10006)
    with pytest.raises(pybit_errors.InvalidRequestError) as failed:
        pybit_http(venue).place_order(**ORDER)
    assert int(failed.value.resp_headers["X-Bapi-Limit-Reset-Timestamp"]) > venue.server.clock.wall() - 10_000


@pytest.mark.parametrize("commit", [False, True], ids=["before", "after"])
def test_a_delay_outlasts_the_patience_of_the_client(venue: RunningVenue, commit: bool) -> None:
    venue.fails(CREATE, "delay", value=60_000, commit=commit)
    with pytest.raises(requests_errors.ReadTimeout):
        pybit_http(venue, timeout=0.3).place_order(**ORDER)
    assert ("one" in venue.account.links) is commit


def test_a_push_comes_before_the_answer(venue: RunningVenue) -> None:
    inbox, socket = Inbox(), pybit_socket(venue, "private")
    socket.order_stream(inbox.put)
    venue.await_topic("order")
    venue.fails(CREATE, "delay", value=60_000, commit=True)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(pybit_http(venue, timeout=1).place_order, **ORDER)
        assert inbox.next()["data"][0]["orderLinkId"] == "one"
        assert not answer.done()
        assert isinstance(answer.exception(), requests_errors.ReadTimeout)
    socket.exit()


def test_a_stale_answer_shows_what_was_before(venue: RunningVenue) -> None:
    session = pybit_http(venue)
    assert session.get_open_orders(**BTC)["result"]["list"] == []
    session.place_order(**ORDER)
    venue.fails("/v5/order/realtime", "stale")
    assert session.get_open_orders(**BTC)["result"]["list"] == []
    assert len(session.get_open_orders(**BTC)["result"]["list"]) == 1


@pytest.mark.parametrize("path", ["/v5/order/realtime", "/v5/order/history"])
def test_an_empty_answer_has_a_page_without_rows(venue: RunningVenue, path: str) -> None:
    session = pybit_http(venue)
    session.place_order(**ORDER)
    query = session.get_open_orders
    if path.endswith("history"):
        session.cancel_order(**BTC, orderLinkId="one")
        query = session.get_order_history
    venue.fails(path, "empty")
    spoiled, true = (query(**BTC, orderLinkId="one")["result"] for _ in range(2))
    assert spoiled == {"category": "linear", "list": [], "nextPageCursor": ""}
    assert [row["orderLinkId"] for row in true["list"]] == ["one"]


@pytest.mark.parametrize(
    ("fault", "failures"),
    [
        ({"times": 2}, [True, True, False, False]),
        ({"skip": 1, "times": 1}, [False, True, False, False]),
        ({"times": 0}, [True, True, True, True]),
        ({"symbol": "ETHUSDT", "times": 0}, [False] * 4),
        ({"probability": 0.5, "times": 0, "seed": 1}, [True, False, False, True]),
    ],
)
def test_a_fault_strikes_as_often_and_where_it_is_to(
    venue: RunningVenue, fault: dict[str, Any], failures: list[bool]
) -> None:
    venue.fails("/v5/market/tickers", "code", value=10016, **fault)
    session, seen = pybit_http(venue), list[bool]()
    for _ in range(4):
        try:
            session.get_tickers(**BTC)
            seen.append(False)
        except pybit_errors.InvalidRequestError:
            seen.append(True)
    assert seen == failures


def test_a_wrong_clock_is_seen_by_pybit_and_ccxt(ccxt_venue: tuple[RunningVenue, Any]) -> None:
    venue, exchange = ccxt_venue
    venue.act("skew", ms=-60_000)
    with pytest.raises(pybit_errors.InvalidRequestError) as failed:
        pybit_http(venue).get_wallet_balance(accountType="UNIFIED")
    with pytest.raises(ccxt_errors.InvalidNonce):
        exchange.fetch_balance()
    venue.act("skew", ms=0)
    assert failed.value.status_code == 10002


def test_a_refused_connection_is_seen_and_ends(venue: RunningVenue) -> None:
    session = pybit_http(venue)
    session.get_server_time()
    venue.act("refuse", ms=300)
    with pytest.raises(requests_errors.ConnectionError):
        session.get_server_time()
    venue.await_listening()
    assert session.get_server_time()["retCode"] == 0


def test_a_lost_answer_over_the_trade_socket_leaves_the_order(venue: RunningVenue) -> None:
    async def order() -> None:
        exchange: Any = ccxt_pro(venue)
        try:
            await exchange.load_markets()
            venue.fails("order.create", "drop", commit=True)
            with pytest.raises(ccxt_errors.NetworkError):
                await exchange.create_order_ws(CCXT_BTC, "limit", "buy", 0.01, 49_000)
        finally:
            await exchange.close()

    asyncio.run(order())
    assert len(venue.account.orders) == 1


def test_a_delay_over_the_trade_socket_strikes_a_request_once_however_often_it_is_to_strike(
    venue: RunningVenue,
) -> None:
    async def order() -> list[Any]:
        exchange: Any = ccxt_pro(venue)
        try:
            await exchange.load_markets()
            venue.fails("order.create", "delay", value=10, times=0)
            async with asyncio.timeout(10):
                placed = await exchange.create_order_ws(CCXT_BTC, "limit", "buy", 0.01, 49_000)
            return [placed["id"], *venue.do(lambda one: [row["struck"] for row in one.faults.listed()])]
        finally:
            await exchange.close()

    assert asyncio.run(order()) == [*venue.account.orders, 1]


def test_a_client_that_ends_before_its_answer_leaves_no_error_in_the_venues_log(
    venue: RunningVenue, caplog: pytest.LogCaptureFixture
) -> None:
    venue.fails("/v5/market/time", "delay", value=100)
    with socket.create_connection(("127.0.0.1", venue.server.port)) as client:
        client.sendall(b"GET /v5/market/time HTTP/1.1\r\nHost: venue\r\n\r\n")
        venue.await_fault()
    venue.fails("/v5/market/time", "delay", value=200)
    assert pybit_http(venue).get_server_time()["retCode"] == 0
    assert [record for record in caplog.records if record.name.startswith("aiohttp")] == []
