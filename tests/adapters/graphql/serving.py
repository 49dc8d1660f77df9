"""Serves subscriptions with a real server on loopback, from a log that a test writes to."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.websockets import WebsocketsTransport
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from adapters.avro import AvroCodec
from adapters.graphql.context import Context, Served
from adapters.http.endpoint import Endpoint
from adapters.http.gate import Gate
from adapters.live import Live, LiveTail, Prices
from adapters.log.recorder_log import RecordedLog
from adapters.metrics.api import ApiMetrics
from adapters.metrics.registry import new_registry
from commands.caller import Caller
from domain.errors import Unauthenticated
from domain.log import Envelope
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from tests.adapters.graphql.dealing import CALLERS, SCHEMA, models

_PATIENCE = 20
_RATE = "100000/second"


class Named:
    """Finds callers by tokens; the token of a caller is the name of its role."""

    def found(self, text: str) -> Caller:
        if text not in CALLERS:
            raise Unauthenticated("this token is not in force")
        return CALLERS[text]

    def remembered(self, text: str) -> Caller | None:
        return self.found(text)

    def refresh(self) -> None:
        """Reads nothing, because the tokens never change."""


class Serving:
    """The API of one process: a log in a file, the log's tail, and prices that a test publishes instead of an
    engine."""

    def __init__(self, log: str, held: int, *, trades: bool) -> None:
        self._settings = WhenceSettings(log=log)
        self._held, self._trades = held, trades
        self._log = open_owned(self._settings)
        self.live: Live | None = None
        self.port = 0
        self.is_up = threading.Event()

    def write(self, envelopes: Sequence[Envelope]) -> int:
        return self._log.append(envelopes)

    def read(self) -> RecordedLog:
        return open_reader(self._settings)

    def close(self) -> None:
        self._log.close()

    @property
    def app(self) -> Starlette:
        metrics = ApiMetrics(new_registry())
        endpoint = Endpoint(SCHEMA, self._context, Gate(Named(), _RATE, metrics), metrics)
        return Starlette(routes=[WebSocketRoute("/graphql", endpoint)], lifespan=self._lifespan)

    def _context(self, caller: Caller) -> Context:
        return Context(caller, Served(models(), AvroCodec().decode, live=self.live))

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        tail = LiveTail(self.read, self._held)
        await tail.start()
        self.live = Live(tail, Prices() if self._trades else None)
        self.is_up.set()
        yield
        await tail.close()


@contextmanager
def serving(
    log: str, first: Sequence[Envelope], held: int = 4096, *, trades: bool = True, ping: float = 20.0
) -> Generator[Serving]:
    """Runs the API for a log that begins with the events `first`."""
    api = Serving(log, held, trades=trades)
    api.write(first)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        api.port = listening.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(
                api.app,
                ws="websockets-sansio",
                log_level="warning",
                ws_ping_interval=ping,
                ws_ping_timeout=ping,
            )
        )
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            assert api.is_up.wait(_PATIENCE), "the server did not start"
            yield api
        finally:
            server.should_exit = True
            thread.join()
            api.close()


@asynccontextmanager
async def connected(api: Serving, role: str = "viewer", **more: Any) -> AsyncGenerator[AsyncClientSession]:
    """Opens a websocket session whose caller has this role."""
    transport = WebsocketsTransport(
        f"ws://127.0.0.1:{api.port}/graphql",
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        init_payload={"authorization": f"Bearer {role}"},
        **more,
    )
    async with Client(transport=transport) as session:
        yield session


async def first(
    session: AsyncClientSession, document: str, count: int, **variables: Any
) -> list[dict[str, Any]]:
    """The first `count` messages of a subscription, each without the name of its field."""
    found: list[dict[str, Any]] = []
    query = gql(document)
    query.variable_values = variables
    async with asyncio.timeout(_PATIENCE):
        stream = session.subscribe(query)
        async for data in stream:
            (message,) = data.values()
            found.append(message)
            if len(found) == count:
                await stream.aclose()
                break
    return found
