"""A loopback server that answers with prepared responses, and the adapter on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from adapters.ccxt import CcxtExchange, Credentials, Dialect, Site, Timing
from commands.exchange import AnyReport, Ticket
from domain.direction import Purpose, Side
from domain.order import OrderPlaced, OrderType

KEY, SECRET, PASSPHRASE = "served-key-4711", "served-secret-4712", "served-phrase-4713"
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
AT_MS = 1_793_534_400_000


class Request(NamedTuple):
    """What arrived: the fields of the query and the body are in one table."""

    method: str
    path: str
    fields: Mapping[str, Any]


class Page(NamedTuple):
    """A response that is no JSON."""

    status: int
    text: str


class Silence(NamedTuple):
    """No response: the connection is closed when the test ends."""


Answer = Callable[[Request], Any] | Page | Silence | dict[str, Any] | list[Any]
Answers = Mapping[str, Answer]


class Served:
    """`answers` are responses by method and path; a callable gets the request. Anything else is answered with 404."""

    def __init__(self, answers: Answers) -> None:
        self.answers: dict[str, Answer] = dict(answers)
        self.requests: list[Request] = []
        self.over = Event()
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served.answer(self)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the base class's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Prints nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def sent(self, method: str, path: str) -> list[Mapping[str, Any]]:
        """The fields of the requests to this path."""
        return [one.fields for one in self.requests if (one.method, one.path) == (method, path)]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        request = _request(handler)
        self.requests.append(request)
        found = self.answers.get(f"{request.method} {request.path}", Page(404, "{}"))
        answer = found(request) if callable(found) else found
        if isinstance(answer, Silence):
            self.over.wait()
            return
        page = answer if isinstance(answer, Page) else Page(200, json.dumps(answer))
        body = page.text.encode()
        handler.send_response(page.status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def exchange_on(
    name: str,
    answers: Answers,
    placed: Mapping[str, OrderPlaced] | None = None,
    response: float = 20,
    dialect: Dialect | None = None,
) -> Generator[tuple[CcxtExchange, Served]]:
    """The adapter without streams, on a server with these answers."""
    served = Served(answers)
    timing = Timing(
        response=response, poll=3600, funding_poll=0, look_back=3600, first_pause=0.02, longest_pause=0.1
    )
    arrived = Event()
    exchange = CcxtExchange(
        name,
        Credentials(KEY, SECRET, PASSPHRASE),
        Site(http=served.url, is_paced=False),
        placed or {},
        dialect=dialect,
        streams=False,
        timing=timing,
        on_arrival=arrived.set,
    )
    try:
        yield exchange, served
    finally:
        exchange.close()
        served.close()


def polled(exchange: CcxtExchange) -> Sequence[AnyReport]:
    """The reports of a poll that began after the call."""
    begun = exchange.poll_state.polls
    if not begun:
        exchange.start()
    exchange.poll_soon()
    while exchange.poll_state.polls <= begun + 1:
        exchange.poll_soon()
        assert not exchange.poll_state.fault, exchange.poll_state
    return exchange.reports()


def ticket(
    order_id: str,
    instrument: str,
    side: Side = Side.BUY,
    quantity: str = "0.5",
    *,
    limit: str | None = None,
    trigger: str | None = None,
    purpose: Purpose = Purpose.ENTRY,
    parent: str | None = None,
) -> Ticket:
    """A limit order if `limit` is given, a stop order if `trigger` is given, else a market order."""
    kind = OrderType.LIMIT if limit else OrderType.STOP if trigger else OrderType.MARKET
    terms = OrderPlaced(
        instrument=instrument,
        side=side,
        type=kind,
        quantity=Decimal(quantity),
        limit_price=None if limit is None else Decimal(limit),
        trigger_price=None if trigger is None else Decimal(trigger),
        reduce_only=purpose is not Purpose.ENTRY,
        purpose=purpose,
        parent=parent,
        fresh_until=AT + timedelta(hours=1),
    )
    return Ticket(order_id, terms, AT)


def bracket(entry: Ticket, stop: str, target: str) -> Sequence[Ticket]:
    """The entry with its stop `<id>-s1` and its target `<id>-t1`."""
    terms, name, quantity = entry.terms, entry.order_id, str(entry.terms.quantity)
    leg = partial(
        ticket, instrument=terms.instrument, side=terms.side.opposite, quantity=quantity, parent=name
    )
    return (
        entry,
        leg(f"{name}-s1", trigger=stop, purpose=Purpose.STOP),
        leg(f"{name}-t1", limit=target, purpose=Purpose.TARGET),
    )


def _request(handler: BaseHTTPRequestHandler) -> Request:
    split = urlsplit(handler.path)
    body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
    fields: dict[str, Any] = dict(parse_qsl(split.query))
    if body.startswith(("{", "[")):
        given = json.loads(body)
        fields |= given[0] if body.startswith("[") else given
    else:
        fields |= dict(parse_qsl(body))
    return Request(handler.command, split.path, fields)
