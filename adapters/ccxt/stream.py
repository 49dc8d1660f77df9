"""The private streams of ccxt.pro: an event loop in a thread of its own, supervised.

ccxt.pro's `watch` calls return what came since the last call, and a message that comes between two calls is returned
with the next message only. So they are used to connect and to notice the end; rows are taken as ccxt puts them into its
caches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Any

from msgspec import Struct

from adapters.ccxt.arrivals import Arrivals, Pushed
from adapters.ccxt.failure import WATCH_RAISED, shown
from adapters.ccxt.guarded import guard
from adapters.ccxt.site import Timing
from adapters.ccxt.supervised import Supervised
from adapters.instruments.document import Table
from adapters.secrecy import Credentials
from commands.exchange import Gap

WATCHES = ("watchOrders", "watchMyTrades")
_METHODS = {"watchOrders": "watch_orders", "watchMyTrades": "watch_my_trades"}
_CACHES = {"watchOrders": "orders", "watchMyTrades": "myTrades"}
_CACHED = 1_000


class StreamState(Struct, frozen=True, gc=False):
    """Whether the streams are connected, the connections so far, the messages with orders or trades so far, and
    what is wrong."""

    is_live: bool
    connects: int
    pushes: int
    fault: str


class Stream(Supervised):
    """Runs from `start` to `close`. `opened` makes ccxt.pro's client, in the thread of the stream.

    `on_connect` is called after each connection, in the thread of the stream.
    """

    def __init__(
        self,
        opened: Callable[[], Any],
        credentials: Credentials,
        timing: Timing,
        arrivals: Arrivals,
        on_connect: Callable[[], None],
    ) -> None:
        super().__init__(timing, "ccxt-stream")
        self._opened, self._credentials = opened, credentials
        self._arrivals, self._on_connect = arrivals, on_connect
        self._state = StreamState(is_live=False, connects=0, pushes=0, fault="")
        self._last_sign: datetime | None = None
        self._came: list[Pushed] = []

    @property
    def state(self) -> StreamState:
        return self._state

    async def _one_connection(self) -> None:
        """One client, used until one of its watches fails: ccxt subscribes to that topic again, and only to that."""
        client = self._opened()
        client.streaming = {**client.streaming, "keepAlive": int(self._timing.ping * 1000)}
        self._hook(client)
        watches = [asyncio.ensure_future(self._watch(client, name)) for name in WATCHES]
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([*watches, stopping], return_when=asyncio.FIRST_COMPLETED)
        faults = [fault for one in watches if one.done() and (fault := one.result())]
        for one in (*watches, stopping):
            one.cancel()
        await asyncio.wait([*watches, stopping])
        await client.close()
        self._change(is_live=False, fault=faults[0] if faults else "")

    async def _watch(self, client: Any, name: str) -> str:
        """Watches until it fails; returns why."""
        try:
            while True:
                await getattr(client, _METHODS[name])()
        except WATCH_RAISED as error:
            return shown(error, self._credentials)

    def _hook(self, client: Any) -> None:
        """Takes each order and trade as ccxt keeps it, and notices each message and connection."""
        handle, connected = client.handle_message, client.on_connected

        def on_message(socket: Any, message: object) -> None:
            self._came = []
            handle(socket, message)
            self._message()

        def on_connected(socket: Any, message: object = None) -> None:
            guard(socket, self._arrivals.refuse, self._credentials)
            connected(socket, message)
            self._connected()

        client.handle_message, client.on_connected = on_message, on_connected
        for name in WATCHES:
            setattr(client, _CACHES[name], _cache(partial(self._take, name)))

    def _take(self, name: str, row: Table) -> None:
        self._came.append(Pushed(name, dict(row)))

    def _message(self) -> None:
        self._last_sign = datetime.now(UTC)
        if self._came:
            state = self._state
            self._state = StreamState(state.is_live, state.connects, state.pushes + 1, state.fault)
            self._arrivals.put(self._came)

    def _connected(self) -> None:
        now = datetime.now(UTC)
        self._arrivals.gap(Gap(self._last_sign, now, self._state.fault))
        self._last_sign = now
        self._change(is_live=True, fault="")
        self._on_connect()

    def _change(self, *, is_live: bool, fault: str) -> None:
        state = self._state
        self._state = StreamState(is_live, state.connects + is_live, state.pushes, fault)
        self._arrivals.changed()


def _cache(take: Callable[[Table], None]) -> Any:
    """A cache of ccxt that passes on every row that it gets, merged with what was known of it."""
    base: Any = import_module("ccxt.async_support.base.ws.cache").ArrayCacheBySymbolById

    def append(cache: Any, row: Table) -> None:
        base.append(cache, row)
        take(cache[len(cache) - 1])

    return type("Cache", (base,), {"append": append})(_CACHED)
