"""Every key of the official example of each endpoint and topic that is served is there, with the documented type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.simulated.server.endpoints import ENDPOINTS
from adapters.simulated.venue.categories import LINEAR, SPOT
from domain.direction import Side
from tests.adapters.simulated.server.clients import Inbox, pybit_http, pybit_socket
from tests.adapters.simulated.server.documented import differences, documented_paths, example, example_of
from tests.adapters.simulated.server.serving import RunningVenue, running_venue

BTC = {"category": LINEAR, "symbol": "BTCUSDT"}
LIMIT = {**BTC, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "49000"}
MARKET = {**BTC, "side": "Buy", "orderType": "Market", "qty": "0.01", "marketUnit": "baseCoin"}
CATEGORIES = (LINEAR, SPOT)
NOT_IN_SPOT = ("tpslMode is missing", "createType is missing")
"""Keys that rows of spot do not have ("Spot does not have this field"); the examples are of contracts."""

Queries = dict[tuple[str, str], dict[str, Any]]


def queries(category: str) -> Queries:
    """What is sent to each endpoint that both categories have; a link names an order that `prepared` has placed."""
    at, scope = {**BTC, "category": category}, {"category": category}
    limit = {**LIMIT, **at}
    return {
        ("GET", "/v5/market/time"): {},
        ("GET", "/v5/market/instruments-info"): scope,
        ("GET", "/v5/market/kline"): {**at, "interval": "1"},
        ("GET", "/v5/market/tickers"): at,
        ("GET", "/v5/market/orderbook"): at,
        ("GET", "/v5/market/recent-trade"): at,
        ("GET", "/v5/market/price-limit"): at,
        ("GET", "/v5/account/wallet-balance"): {"accountType": "UNIFIED"},
        ("GET", "/v5/account/info"): {},
        ("GET", "/v5/account/fee-rate"): at,
        ("GET", "/v5/order/realtime"): at,
        ("GET", "/v5/order/history"): at,
        ("GET", "/v5/execution/list"): at,
        ("POST", "/v5/order/create"): limit,
        ("POST", "/v5/order/amend"): {**at, "orderLinkId": "amended", "price": "48000"},
        ("POST", "/v5/order/cancel"): {**at, "orderLinkId": "cancelled"},
        ("POST", "/v5/order/create-batch"): {**scope, "request": [limit, limit]},
        ("POST", "/v5/order/amend-batch"): {
            **scope,
            "request": [{"symbol": "BTCUSDT", "orderLinkId": "amended", "qty": "0.02"}],
        },
        ("POST", "/v5/order/cancel-batch"): {
            **scope,
            "request": [{"symbol": "BTCUSDT", "orderLinkId": "amended"}],
        },
        ("POST", "/v5/order/cancel-all"): at,
    }


ONLY_LINEAR: Queries = {
    ("GET", "/v5/market/funding/history"): BTC,
    ("GET", "/v5/position/list"): BTC,
    ("GET", "/v5/position/closed-pnl"): BTC,
    ("POST", "/v5/position/set-leverage"): {**BTC, "buyLeverage": "5", "sellLeverage": "5"},
    ("POST", "/v5/position/trading-stop"): {**BTC, "stopLoss": "40000"},
    ("POST", "/v5/position/switch-mode"): {"category": "linear", "symbol": "ETHUSDT", "mode": 3},
}
QUERIES: dict[str, Queries] = {LINEAR: {**ONLY_LINEAR, **queries(LINEAR)}, SPOT: queries(SPOT)}
PLACES = [(category, place) for category in CATEGORIES for place in QUERIES[category]]


@pytest.fixture(scope="module")
def prepared() -> Iterator[RunningVenue]:
    """An account with a position and coins, open and ended orders, a closed part and a settled funding."""
    with running_venue() as venue:
        session = pybit_http(venue)
        for category in CATEGORIES:
            at = {"category": category}
            for link in ("amended", "cancelled", "kept"):
                session.place_order(**{**LIMIT, **at}, orderLinkId=link)
            session.place_order(**{**MARKET, **at})
            session.place_order(**{**MARKET, **at, "side": "Sell", "qty": "0.005"})
        venue.do(lambda one: one.venue.advance(one.venue.markets["BTCUSDT"].next_funding))
        yield venue


def test_every_documented_endpoint_that_is_served_is_compared(market_data: Path) -> None:
    assert set(documented_paths(market_data)) & set(ENDPOINTS) == set(QUERIES[LINEAR])


@pytest.mark.parametrize(("category", "place"), PLACES, ids=[f"{one}{'-'.join(two)}" for one, two in PLACES])
def test_an_answer_has_every_documented_key(
    category: str, place: tuple[str, str], prepared: RunningVenue, market_data: Path
) -> None:
    method, path = place
    query = dict(QUERIES[category][place])
    answer = pybit_http(prepared)._submit_request(
        method=method, path=f"{prepared.url}{path}", query=query, auth=ENDPOINTS[place].signed
    )
    page = documented_paths(market_data)[place]
    assert _differences(example_of(market_data, page, category), answer, category) == []


@pytest.mark.parametrize("place", ONLY_LINEAR, ids="-".join)
def test_spot_has_no_positions_leverage_or_funding(place: tuple[str, str], prepared: RunningVenue) -> None:
    query = {**ONLY_LINEAR[place], "category": SPOT}
    with pytest.raises(Exception, match="10001"):
        pybit_http(prepared)._submit_request(
            method=place[0], path=f"{prepared.url}{place[1]}", query=query, auth=ENDPOINTS[place].signed
        )


Hears = Callable[[Any, Inbox], object]
PRIVATE: dict[str, Hears] = {
    "order": lambda socket, inbox: socket.order_stream(inbox.put),
    "execution": lambda socket, inbox: socket.execution_stream(inbox.put),
    "fast-execution": lambda socket, inbox: socket.fast_execution_stream(inbox.put),
    "position": lambda socket, inbox: socket.position_stream(inbox.put),
    "wallet": lambda socket, inbox: socket.wallet_stream(inbox.put),
}


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_private_push_has_every_documented_key(
    venue: RunningVenue, market_data: Path, category: str
) -> None:
    socket = pybit_socket(venue, "private")
    pages = [page for page in PRIVATE if category == LINEAR or page != "position"]
    inboxes = {page: Inbox() for page in pages}
    for page in pages:
        PRIVATE[page](socket, inboxes[page])
    venue.await_topic("wallet")
    pybit_http(venue).place_order(**{**MARKET, "category": category})
    found = {
        page: _differences(example(market_data, f"websocket__private__{page}", 1), inbox.next(), category)
        for page, inbox in inboxes.items()
    }
    socket.exit()
    assert found == {page: [] for page in pages}


def _differences(documented: Any, answer: Any, category: str) -> list[str]:
    found = differences(documented, answer)
    return [one for one in found if category == LINEAR or not one.endswith(NOT_IN_SPOT)]


TICKERS = {LINEAR: 0, SPOT: 3}
"""The examples of the topic `tickers`."""


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_public_push_has_every_documented_key(
    venue: RunningVenue, market_data: Path, category: str
) -> None:
    socket = pybit_socket(venue, category)
    pages = ["orderbook", "trade", "ticker", "kline", *(["all-liquidation"] if category == LINEAR else [])]
    inbox = {page: Inbox() for page in pages}
    socket.orderbook_stream(50, "BTCUSDT", inbox["orderbook"].put)
    socket.trade_stream("BTCUSDT", inbox["trade"].put)
    socket.ticker_stream("BTCUSDT", inbox["ticker"].put)
    socket.kline_stream(1, "BTCUSDT", inbox["kline"].put)
    venue.await_topic("kline.1.BTCUSDT")
    if category == LINEAR:
        socket.all_liquidation_stream("BTCUSDT", inbox["all-liquidation"].put)
        venue.await_topic("allLiquidation.BTCUSDT")
    heard = {"orderbook": inbox["orderbook"].next()}
    pybit_http(venue).place_order(**{**MARKET, "category": category})
    venue.trade(Side.SELL, "45000", "20", category=category)
    heard |= {page: one.next() for page, one in inbox.items() if page not in heard}
    found = {
        page: list(
            differences(example(market_data, f"websocket__public__{page}", number(page, category)), message)
        )
        for page, message in heard.items()
    }
    socket.exit()
    assert found == {page: [] for page in inbox}


def number(page: str, category: str) -> int:
    return TICKERS[category] if page == "ticker" else 0
