"""Every endpoint that is served, one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from adapters.simulated.server import (
    account_queries,
    market_queries,
    order_queries,
    order_requests,
    position_requests,
)
from adapters.simulated.server.call import UNSERVED, Answer, Call, Row
from adapters.simulated.venue.categories import SPOT

Handler = Callable[[Call], Row | Answer]


class Endpoint(Struct, frozen=True, gc=False):
    """`limit` is the number of requests a second for each account, 0 for none. Spot has a limit of its own where `spot`
    is not 0. A batch counts each of its orders.
    """

    method: str
    path: str
    handler: Handler
    signed: bool
    limit: int
    spot: int = 0

    def allowance(self, category: str) -> tuple[str, int]:
        """What a request of the category is counted with, and how many of those there may be in a second."""
        if category == SPOT and self.spot:
            return f"{self.path} {SPOT}", self.spot
        return self.path, self.limit


def _public(path: str, handler: Handler) -> Endpoint:
    return Endpoint("GET", path, handler, signed=False, limit=0)


def _query(path: str, handler: Handler, limit: int = 50) -> Endpoint:
    return Endpoint("GET", path, handler, signed=True, limit=limit)


def _list(path: str, handler: Handler, limit: int = 50) -> Endpoint:
    """A list of what the account has in a category; it has nothing in a category without instruments."""

    def listed(call: Call) -> Row | Answer:
        category = call.text("category")
        return (
            {"category": category, "list": [], "nextPageCursor": ""}
            if category in UNSERVED
            else handler(call)
        )

    return _query(path, listed, limit)


def _request(path: str, handler: Handler, spot: int = 0) -> Endpoint:
    return Endpoint("POST", path, handler, signed=True, limit=10, spot=spot)


_LISTED = (
    _public("/v5/market/time", market_queries.server_time),
    _public("/v5/market/instruments-info", market_queries.instruments),
    _public("/v5/market/kline", market_queries.klines),
    _public("/v5/market/tickers", market_queries.tickers),
    _public("/v5/market/orderbook", market_queries.order_book),
    _public("/v5/market/recent-trade", market_queries.recent_trades),
    _public("/v5/market/funding/history", market_queries.funding_history),
    _public("/v5/market/price-limit", market_queries.price_limit),
    _query("/v5/account/wallet-balance", account_queries.wallet_balance),
    _query("/v5/account/info", account_queries.account_info),
    _query("/v5/account/fee-rate", account_queries.fee_rates, limit=5),
    _query("/v5/user/query-api", account_queries.api_key, limit=10),
    _query("/v5/asset/coin/query-info", account_queries.coins, limit=5),
    _list("/v5/position/list", position_requests.positions),
    _list("/v5/position/closed-pnl", position_requests.closed_pnl),
    _list("/v5/order/realtime", order_queries.realtime),
    _list("/v5/order/history", order_queries.history),
    _list("/v5/execution/list", order_queries.executions),
    _request("/v5/position/set-leverage", position_requests.set_leverage),
    _request("/v5/position/switch-mode", position_requests.switch_mode),
    _request("/v5/position/trading-stop", position_requests.trading_stop),
    _request("/v5/order/create", order_requests.create, spot=20),
    _request("/v5/order/amend", order_requests.amend, spot=10),
    _request("/v5/order/cancel", order_requests.cancel, spot=20),
    _request("/v5/order/cancel-all", order_requests.cancel_all, spot=20),
    _request("/v5/order/create-batch", order_requests.create_batch, spot=20),
    _request("/v5/order/amend-batch", order_requests.amend_batch, spot=10),
    _request("/v5/order/cancel-batch", order_requests.cancel_batch, spot=20),
)
ENDPOINTS: Mapping[tuple[str, str], Endpoint] = {(one.method, one.path): one for one in _LISTED}
