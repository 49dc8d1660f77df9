"""Every key of the official example of each endpoint and topic that is served is there, with the documented type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.simulated.server.endpoints import ENDPOINTS
from domain.direction import Side
from tests.adapters.simulated.server.clients import Inbox, pybit_http, pybit_socket
from tests.adapters.simulated.server.documented import differences, documented_paths, example
from tests.adapters.simulated.server.serving import RunningVenue, running_venue

BTC = {"category": "linear", "symbol": "BTCUSDT"}
LIMIT = {**BTC, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "49000"}
MARKET = {**BTC, "side": "Buy", "orderType": "Market", "qty": "0.01"}

# What is sent to each endpoint; a link names an order that `prepared` has placed.
QUERIES: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "/v5/market/time"): {},
    ("GET", "/v5/market/instruments-info"): {"category": "linear"},
    ("GET", "/v5/market/kline"): {**BTC, "interval": "1"},
    ("GET", "/v5/market/tickers"): BTC,
    ("GET", "/v5/market/orderbook"): BTC,
    ("GET", "/v5/market/recent-trade"): BTC,
    ("GET", "/v5/market/funding/history"): BTC,
    ("GET", "/v5/market/price-limit"): BTC,
    ("GET", "/v5/account/wallet-balance"): {"accountType": "UNIFIED"},
    ("GET", "/v5/account/info"): {},
    ("GET", "/v5/account/fee-rate"): BTC,
    ("GET", "/v5/position/list"): BTC,
    ("GET", "/v5/position/closed-pnl"): BTC,
    ("GET", "/v5/order/realtime"): BTC,
    ("GET", "/v5/order/history"): BTC,
    ("GET", "/v5/execution/list"): BTC,
    ("POST", "/v5/position/set-leverage"): {**BTC, "buyLeverage": "5", "sellLeverage": "5"},
    ("POST", "/v5/position/trading-stop"): {**BTC, "stopLoss": "40000"},
    ("POST", "/v5/position/switch-mode"): {"category": "linear", "symbol": "ETHUSDT", "mode": 3},
    ("POST", "/v5/order/create"): LIMIT,
    ("POST", "/v5/order/amend"): {**BTC, "orderLinkId": "amended", "price": "48000"},
    ("POST", "/v5/order/cancel"): {**BTC, "orderLinkId": "cancelled"},
    ("POST", "/v5/order/create-batch"): {"category": "linear", "request": [LIMIT, LIMIT]},
    ("POST", "/v5/order/amend-batch"): {
        "category": "linear",
        "request": [{"symbol": "BTCUSDT", "orderLinkId": "amended", "qty": "0.02"}],
    },
    ("POST", "/v5/order/cancel-batch"): {
        "category": "linear",
        "request": [{"symbol": "BTCUSDT", "orderLinkId": "amended"}],
    },
    ("POST", "/v5/order/cancel-all"): BTC,
}


@pytest.fixture(scope="module")
def prepared() -> Iterator[RunningVenue]:
    """An account with a position, open and ended orders, a closed part and a settled funding."""
    with running_venue() as venue:
        session = pybit_http(venue)
        for link in ("amended", "cancelled", "kept"):
            session.place_order(**LIMIT, orderLinkId=link)
        session.place_order(**MARKET)
        session.place_order(**{**MARKET, "side": "Sell", "qty": "0.005"})
        venue.do(lambda one: one.venue.advance(one.venue.markets["BTCUSDT"].next_funding))
        yield venue


def test_every_documented_endpoint_that_is_served_is_compared(market_data: Path) -> None:
    assert set(documented_paths(market_data)) & set(ENDPOINTS) == set(QUERIES)


@pytest.mark.parametrize("place", QUERIES, ids="-".join)
def test_an_answer_has_every_documented_key(
    place: tuple[str, str], prepared: RunningVenue, market_data: Path
) -> None:
    method, path = place
    answer = pybit_http(prepared)._submit_request(
        method=method, path=f"{prepared.url}{path}", query=dict(QUERIES[place]), auth=ENDPOINTS[place].signed
    )
    page = documented_paths(market_data)[place]
    assert list(differences(example(market_data, page), answer)) == []


Hears = Callable[[Any, Inbox], object]
PRIVATE: dict[str, Hears] = {
    "order": lambda socket, inbox: socket.order_stream(inbox.put),
    "execution": lambda socket, inbox: socket.execution_stream(inbox.put),
    "fast-execution": lambda socket, inbox: socket.fast_execution_stream(inbox.put),
    "position": lambda socket, inbox: socket.position_stream(inbox.put),
    "wallet": lambda socket, inbox: socket.wallet_stream(inbox.put),
}


def test_a_private_push_has_every_documented_key(venue: RunningVenue, market_data: Path) -> None:
    socket = pybit_socket(venue, "private")
    inboxes = {page: Inbox() for page in PRIVATE}
    for page, hear in PRIVATE.items():
        hear(socket, inboxes[page])
    venue.await_topic("wallet")
    pybit_http(venue).place_order(**MARKET)
    found = {
        page: list(differences(example(market_data, f"websocket__private__{page}", 1), inbox.next()))
        for page, inbox in inboxes.items()
    }
    socket.exit()
    assert found == {page: [] for page in PRIVATE}


def test_a_public_push_has_every_documented_key(venue: RunningVenue, market_data: Path) -> None:
    socket = pybit_socket(venue, "linear")
    inbox = {page: Inbox() for page in ("orderbook", "trade", "ticker", "kline", "all-liquidation")}
    socket.orderbook_stream(50, "BTCUSDT", inbox["orderbook"].put)
    socket.trade_stream("BTCUSDT", inbox["trade"].put)
    socket.ticker_stream("BTCUSDT", inbox["ticker"].put)
    socket.kline_stream(1, "BTCUSDT", inbox["kline"].put)
    socket.all_liquidation_stream("BTCUSDT", inbox["all-liquidation"].put)
    venue.await_topic("allLiquidation.BTCUSDT")
    heard = {"orderbook": inbox["orderbook"].next()}
    pybit_http(venue).place_order(**MARKET)
    venue.trade(Side.SELL, "45000", "20")
    heard |= {page: one.next() for page, one in inbox.items() if page not in heard}
    found = {
        page: list(differences(example(market_data, f"websocket__public__{page}"), message))
        for page, message in heard.items()
    }
    socket.exit()
    assert found == {page: [] for page in inbox}
