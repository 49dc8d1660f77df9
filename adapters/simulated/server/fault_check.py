"""Whether a fault can strike at all: a test whose fault never strikes passes for the wrong reason."""

from __future__ import annotations

from collections.abc import Callable, Collection

from adapters.simulated.server.endpoints import ENDPOINTS
from adapters.simulated.server.faults import ANYWHERE, Fault, Kind
from adapters.simulated.server.hub import PRIVATE_TOPICS
from adapters.simulated.server.public_feed import is_place
from adapters.simulated.server.trade_socket import PATHS
from adapters.simulated.venue.categories import SERVED
from adapters.simulated.venue.order import Status
from adapters.simulated.venue.venue import Venue
from domain.errors import InvalidInput
from domain.plain_text import meant

_OF_PUSHES = (Kind.DELAY, Kind.MISSING, Kind.DUPLICATE, Kind.REORDERED)
_OF_OPERATIONS = (Kind.DELAY, Kind.DROP, Kind.CODE, Kind.TRUNCATED)
_OF_REQUESTS = (*_OF_OPERATIONS, Kind.STATUS, Kind.HTML)
_QUERIES = frozenset(path for method, path in ENDPOINTS if method == "GET")
_LISTS = _QUERIES & {
    "/v5/order/realtime",
    "/v5/order/history",
    "/v5/execution/list",
    "/v5/position/list",
    "/v5/position/closed-pnl",
}
"""The queries about an account whose answer is a list."""
_REQUESTS = frozenset(path for method, path in ENDPOINTS if method == "POST")
_EXAMPLES = ("publicTrade", "tickers", "allLiquidation", "orderbook.50", "kline.1")
_KINDS: tuple[tuple[Callable[[str], bool], Collection[Kind]], ...] = (
    (lambda where: where == ANYWHERE, tuple(Kind)),
    (_LISTS.__contains__, (*_OF_REQUESTS, Kind.STALE, Kind.EMPTY)),
    (_QUERIES.__contains__, (*_OF_REQUESTS, Kind.STALE)),
    (_REQUESTS.__contains__, _OF_REQUESTS),
    (PATHS.__contains__, _OF_OPERATIONS),
    (lambda where: where in PRIVATE_TOPICS or is_place(where), _OF_PUSHES),
)
"""The kinds that strike at each sort of place."""


def check_fault(venue: Venue, fault: Fault) -> None:
    """Raises InvalidInput for a place, kind, symbol, category or status with which the fault would never strike."""
    kinds = next((kinds for fits, kinds in _KINDS if fits(fault.where)), None)
    if kinds is None:
        places = (*_QUERIES, *_REQUESTS, *PATHS, *PRIVATE_TOPICS, *_EXAMPLES)
        raise InvalidInput(f"no place {fault.where!r}{meant(fault.where, places)}")
    if fault.kind not in kinds:
        raise InvalidInput(f"{fault.kind} does not strike at {fault.where}: {', '.join(kinds)} do")
    symbols = {one.symbol for one in venue.every_market()}
    for name, value, known in (
        ("symbol", fault.symbol, symbols),
        ("category", fault.category, SERVED),
        ("status", fault.status, tuple(Status)),
    ):
        if value and value not in known:
            raise InvalidInput(f"no {name} {value!r}{meant(value, known)}")
    if fault.kind is Kind.CODE and not fault.value:
        raise InvalidInput("value, the return code, is missing")
