"""The server: one port for REST and WebSockets, and the tasks that move the market."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from aiohttp import web

from adapters.simulated.server.clock import Clock
from adapters.simulated.server.delivery import Delivery
from adapters.simulated.server.faults import Faults
from adapters.simulated.server.handling import Handling
from adapters.simulated.server.hub import Hub
from adapters.simulated.server.limits import AddressLimit, RateLimits
from adapters.simulated.server.listener import Listener
from adapters.simulated.server.notices import Notices
from adapters.simulated.server.public_feed import PublicFeed
from adapters.simulated.server.rest import Rest
from adapters.simulated.server.sockets import NETWORK, Sockets
from adapters.simulated.server.trade_socket import TradeSocket
from adapters.simulated.venue.categories import LINEAR, SERVED, SPOT
from adapters.simulated.venue.venue import Venue

TICK = 0.01
"""Seconds between two looks at market and streams."""

_MOST_BODY = 2**20
MoveMarket = Callable[[int], None]
"""Plays the market up to a time (ms)."""


class VenueServer:
    """Serves a venue on `host`, at a free port where `port` is 0. `move` plays its market; None leaves it to the
    caller, who calls `publish` after each change. `stepped` is set for a moment after each step. `network` is
    described at `NETWORK`.
    """

    def __init__(
        self,
        venue: Venue,
        clock: Clock,
        move: MoveMarket | None = None,
        limits: RateLimits | None = None,
        addresses: AddressLimit | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        network: float = NETWORK,
    ) -> None:
        self.venue, self.clock, self.notices = venue, clock, Notices()
        self.faults = Faults(self.notices.struck)
        self.delivery = Delivery(self.faults)
        self.hub = Hub(venue, clock, self.delivery, self.notices)
        self.feeds = {one: PublicFeed(venue, clock, self.delivery, one) for one in SERVED}
        handling = Handling(venue, clock, limits or RateLimits())
        trade = TradeSocket(venue, clock, self.faults, self.hub, handling)
        self.sockets = Sockets(venue, clock, self.hub, trade, network)
        self.rest = Rest(venue, clock, self.faults, self.hub, handling, addresses or AddressLimit())
        self.port, self._host, self._move = port, host, move
        self.stepped = asyncio.Event()
        self.is_listening = False
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None
        self._task: asyncio.Task[None] | None = None
        self._opening: asyncio.Task[None] | None = None
        self._refused: asyncio.TimerHandle | None = None

    @property
    def url(self) -> str:
        """`http://host:port` of the running server."""
        return f"http://{self._host}:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://{self._host}:{self.port}"

    async def start(self) -> None:
        """Listens, and moves the market from now on."""
        self._runner = web.AppRunner(self._app(), access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen()
        self._task = asyncio.create_task(self._run())

    @property
    def was_started(self) -> bool:
        return self._task is not None

    async def watch(self, seconds: float) -> None:
        """Returns after this time. Raises at once what ended the task that moves the market."""
        assert self._task is not None
        done, _waiting = await asyncio.wait({self._task}, timeout=seconds)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Closes every connection and ends the tasks. Raises what ended the task that moves the market."""
        try:
            if self._task is not None:
                self._task.cancel()
                with suppress(asyncio.CancelledError):
                    await self._task
        finally:
            self.sockets.cut()
            if self._listener is not None:
                await self._listener.close()
            if self._runner is not None:
                await self._runner.cleanup()

    async def refuse(self, seconds: float) -> int:
        """Cuts every connection and refuses new ones for a time, which replaces the time of a refusal before.

        Returns how many WebSockets were cut.
        """
        assert self._listener is not None
        if self._refused is not None:
            self._refused.cancel()
        if self.is_listening:
            self.is_listening = False
            await self._listener.close()
        cut = self.sockets.cut()
        self._drop_clients()
        self._refused = asyncio.get_running_loop().call_later(seconds, self._listen_again)
        return cut

    def restart(self) -> int:
        """A restart of the trading service: recent orders are forgotten, books begin anew, sockets are cut.

        Returns how many WebSockets were cut.
        """
        self.venue.restart()
        self.restart_books()
        return self.sockets.cut()

    def publish(self) -> None:
        """Sends everything that changed."""
        self.hub.deliver(self.hub.collect())
        trades, liquidations = self.venue.outbox.drain_trades(), self.venue.outbox.drain_liquidations()
        self.feeds[LINEAR].publish([one for one in trades if one.category == LINEAR], liquidations)
        self.feeds[SPOT].publish([one for one in trades if one.category == SPOT], ())

    def restart_books(self) -> None:
        """Sends every subscribed book anew with `u` 1."""
        for feed in self.feeds.values():
            feed.restart_books()

    async def _listen(self) -> None:
        assert self._runner is not None
        assert self._runner.server is not None
        self._listener = Listener(self._runner.server, self._host, self.port)
        await self._listener.open()
        self.is_listening = True
        self.port = self._listener.port

    def _listen_again(self) -> None:
        self._refused = None
        self._opening = asyncio.create_task(self._listen())

    def _drop_clients(self) -> None:
        assert self._runner is not None
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def _run(self) -> None:
        while True:
            self.step()
            self.stepped.set()
            self.stepped.clear()
            await asyncio.sleep(TICK)

    def step(self) -> None:
        """Moves market and funding to the clock's time, and sends what follows."""
        now = self.clock.market()
        if self._move is not None:
            self._move(now)
        self.venue.advance(now)
        self.publish()
        for feed in self.feeds.values():
            feed.tick(time.monotonic_ns() // 1_000_000)

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=_MOST_BODY)
        for category, feed in self.feeds.items():
            app.router.add_get(f"/v5/public/{category}", partial(self.sockets.public, feed))
        app.router.add_get("/v5/private", self.sockets.private)
        app.router.add_get("/v5/trade", self.sockets.trade)
        app.router.add_route("*", "/{path:.*}", self.rest.respond)
        return app
