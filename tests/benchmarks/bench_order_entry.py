"""An order's round trip over loopback, by REST and over the socket: the adapter beside the bare clients."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from threading import Event
from typing import Any, cast
from uuid import uuid4

import websocket

from adapters.bybit import BybitExchange, Credentials, Site, Timing
from adapters.bybit.client import http
from adapters.order_way import OrderWay
from adapters.simulated.server.signatures import signature
from commands.exchange import Ticket
from domain.direction import Purpose, Side
from domain.instrument import instrument_id
from domain.order import OrderPlaced, OrderType
from tests.adapters.simulated.server.serving import KEY, SECRET
from tests.benchmarks.figure import Figure
from tests.benchmarks.venue_apart import now_ms, symbols, venue_apart

ORDERS, WARM = 1_000, 50
_SYMBOL = symbols(1)[0]
_IDS = count(1)
_PATIENT = Timing(response=30, pong=15, answer=30)
_CREDENTIALS = Credentials(KEY, SECRET)
Place = Callable[[str], None]
"""Places a limit order with this client order id, and returns after its acknowledgement."""


def run() -> list[Figure]:
    """The ways take turns, order by order, so that all of them meet the same load; each order is cancelled after it."""
    with venue_apart(1) as venue, ExitStack() as opened:
        ways: Mapping[str, Place] = {
            name: opened.enter_context(way(venue.site))
            for name, way in (
                ("REST, the adapter", _adapter(OrderWay.REST)),
                ("REST, bare pybit", _bare_pybit),
                ("WebSocket, the adapter", _adapter(OrderWay.WEBSOCKET)),
                ("WebSocket, bare socket", _bare_socket),
            )
        }
        session = http(_CREDENTIALS, venue.site, _PATIENT)
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(WARM + ORDERS):
            for name, place in ways.items():
                order_id = f"o{next(_IDS)}"
                began = time.perf_counter()
                place(order_id)
                took = time.perf_counter() - began
                session.cancel_order(category="linear", symbol=_SYMBOL, orderLinkId=order_id)
                if number >= WARM:
                    taken[name].append(took * 1000)
    return [one for name, times in taken.items() for one in _figures(name, times)]


def _figures(name: str, times: list[float]) -> list[Figure]:
    note = f"{ORDERS} orders, in turn"
    return [
        Figure(f"{name}: p{share}", sorted(times)[int(len(times) * share / 100)], "ms", None, note)
        for share in (50, 99)
    ]


def _adapter(way: OrderWay) -> Callable[[Site], Any]:
    @contextmanager
    def opened(site: Site) -> Generator[Place]:
        arrived = Event()
        exchange = BybitExchange(
            _CREDENTIALS, site, timing=_PATIENT, limits={}, on_arrival=arrived.set, way=way
        )
        exchange.start()
        while not _is_connected(exchange):
            arrived.wait()
            arrived.clear()
        yield lambda order_id: exchange.submit([_ticket(order_id)])
        exchange.close()

    return opened


def _is_connected(exchange: BybitExchange) -> bool:
    trade = exchange.trade_state
    return exchange.stream_state.is_live and (trade is None or trade.is_live)


def _ticket(order_id: str) -> Ticket:
    now = datetime.now(UTC)
    terms = OrderPlaced(
        instrument=instrument_id(_SYMBOL),
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.1"),
        limit_price=Decimal("99.5"),
        trigger_price=None,
        reduce_only=False,
        purpose=Purpose.ENTRY,
        parent=None,
        fresh_until=now + timedelta(hours=1),
    )
    return Ticket(order_id, terms, now)


def _params(order_id: str) -> dict[str, Any]:
    """What the adapter sends."""
    return {
        "category": "linear",
        "symbol": _SYMBOL,
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.1",
        "orderLinkId": order_id,
        "positionIdx": 0,
        "reduceOnly": False,
        "price": "99.5",
        "timeInForce": "GTC",
    }


@contextmanager
def _bare_pybit(site: Site) -> Generator[Place]:
    session = http(_CREDENTIALS, site, _PATIENT)
    yield lambda order_id: session.place_order(**_params(order_id))
    session.client.close()


@contextmanager
def _bare_socket(site: Site) -> Generator[Place]:
    socket = websocket.create_connection(f"{site.socket}/v5/trade")
    expires = now_ms() + 10_000
    sign = signature(SECRET, f"GET/realtime{expires}".encode())
    _answer(socket, {"op": "auth", "args": [KEY, expires, sign]})

    def place(order_id: str) -> None:
        header = {"X-BAPI-TIMESTAMP": str(now_ms()), "X-BAPI-RECV-WINDOW": "5000"}
        request = {"reqId": uuid4().hex, "header": header, "op": "order.create", "args": [_params(order_id)]}
        _answer(socket, request)

    yield place
    socket.close()


def _answer(socket: Any, request: dict[str, Any]) -> None:
    socket.send(json.dumps(request))
    answer = cast("dict[str, Any]", json.loads(socket.recv()))
    if answer["retCode"]:
        raise ValueError(f"the venue refused the benchmark's request: {answer}")
