"""A running venue for tests: the server in a thread of its own, and the real clients that use it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypeVar

from adapters.simulated.server import VenueServer, VirtualClock
from adapters.simulated.server.actions import act
from adapters.simulated.server.clock import Clock
from adapters.simulated.server.faults import Fault, Kind
from adapters.simulated.server.limits import AddressLimit, RateLimits
from adapters.simulated.server.sockets import NETWORK
from adapters.simulated.venue import Venue, contract_of, pairs
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.categories import LINEAR, SERVED
from domain.catalogue import known
from domain.direction import Side
from tests.event_loop import running_loop

KEY, SECRET = "venue-key", "venue-secret"
START = 1_750_000_000_000
PRICE = Decimal(50_000)
T = TypeVar("T")


class RunningVenue:
    """A server on a free port; every call on it runs in the server's own thread."""

    def __init__(self, server: VenueServer, loop: asyncio.AbstractEventLoop, account: Account) -> None:
        self.server, self.account, self._loop = server, account, loop

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def socket_url(self) -> str:
        return self.server.socket_url

    def do(self, call: Callable[[VenueServer], T]) -> T:
        """Runs `call` in the server's thread and sends what it changed."""

        async def run() -> T:
            done = call(self.server)
            self.server.publish()
            return done

        return self.wait(run())

    def wait(self, what: Coroutine[Any, Any, T], patience: float = 30) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(patience)

    def sessions(self) -> set[str]:
        """The ids of the open WebSockets."""
        return self.do(lambda one: {session.id for session in one.sockets.sessions})

    def await_topic(self, topic: str) -> None:
        """Returns when a session has subscribed to the topic."""
        self.await_other_session(topic, set())

    def await_other_session(self, topic: str, before: set[str]) -> None:
        """Returns when a session that is not among those `before` has subscribed to the topic."""
        self.wait(
            self._until(
                lambda one: any(
                    topic in session.topics and session.id not in before for session in one.sockets.sessions
                )
            )
        )

    def await_account(self, account: Account, topics: frozenset[str]) -> None:
        """Returns when a session of the account has subscribed to all the topics."""
        self.wait(
            self._until(
                lambda one: any(
                    session.account is account and session.topics >= topics
                    for session in one.sockets.sessions
                )
            )
        )

    def await_orders(self, account: Account, is_there: Callable[[frozenset[str]], bool]) -> None:
        """Returns when the ids of the account's open orders, those without one left out, are as wanted.

        A program that sends them has two minutes to start.
        """

        def reached(_server: VenueServer) -> bool:
            return is_there(frozenset(one.link for one in account.orders.values() if one.link))

        self.wait(self._until(reached, 120), 130)

    def await_fault(self) -> None:
        """Returns when no fault is left."""
        self.wait(self._until(lambda one: not one.faults.listed()))

    def await_listening(self) -> None:
        """Returns when the server accepts connections again."""
        self.wait(self._until(lambda one: one.is_listening))

    async def _until(self, reached: Callable[[VenueServer], bool], patience: float = 10) -> None:
        """The server is looked at after each of its steps."""
        async with asyncio.timeout(patience):
            while not reached(self.server):
                await self.server.stepped.wait()

    def fails(self, where: str, kind: str, **more: Any) -> None:
        """Puts a fault in force."""
        self.do(lambda one: one.faults.add(Fault(where=where, kind=Kind(kind), **more)))

    def act(self, name: str, **request: Any) -> None:
        """Performs an action of `actions.ACTIONS`."""
        self.wait(act(self.server, name, request))

    def trade(
        self, side: Side, price: str, quantity: str, symbol: str = "BTCUSDT", category: str = LINEAR
    ) -> None:
        """A taker of the market trades up to `price`, and prints what is left at it."""
        self.do(
            lambda one: one.venue.trade(
                symbol, side, Decimal(price), Decimal(quantity), one.clock.market(), category
            )
        )

    def show(
        self, side: Side, price: str, quantity: str, symbol: str = "BTCUSDT", category: str = LINEAR
    ) -> None:
        """The market shows a quantity at a price."""
        self.do(
            lambda one: one.venue.show(
                symbol, side, Decimal(price), Decimal(quantity), one.clock.market(), category
            )
        )


@contextmanager
def running_venue(
    balance: str = "10000",
    *,
    limited: bool = False,
    most: int = 0,
    start: int = START,
    band: Decimal = Decimal("0.01"),
    network: float = NETWORK,
    clock: Clock | None = None,
) -> Generator[RunningVenue]:
    """A venue whose clock stands still at `start`, with a book of ten levels of 1 BTC around 50,000 USDT.

    Another `clock` begins at `start`.

    `band` is that of every contract. `limited` puts Bybit's rate limits in force; `most` are the requests in five
    seconds from one address, 0 for any. pybit's own socket of orders needs the `network`.
    """
    contracts = [contract_of(one.instrument, number, band) for number, one in enumerate(known(), 1)]
    venue = Venue([*contracts, *pairs()], start, 1)
    account = venue.open_account(KEY, SECRET, Decimal(balance))
    for category in SERVED:
        quote(venue, category=category)
    limits = RateLimits(1.0 if limited else 0.0)
    server = VenueServer(
        venue,
        clock or VirtualClock(start),
        limits=limits,
        addresses=AddressLimit(most),
        network=network,
    )
    with running_loop() as loop:
        running = RunningVenue(server, loop, account)
        try:
            running.wait(server.start())
            yield running
        finally:
            running.wait(server.stop())


def quote(venue: Venue, symbol: str = "BTCUSDT", price: Decimal = PRICE, category: str = LINEAR) -> None:
    """Ten levels of 1 on each side, a tick apart, and one trade at the price between them."""
    tick = venue.listed(category)[symbol].contract.instrument.tick
    for number in range(1, 11):
        venue.show(symbol, Side.BUY, price - tick * number, Decimal(1), START, category)
        venue.show(symbol, Side.SELL, price + tick * number, Decimal(1), START, category)
    venue.trade(symbol, Side.BUY, price, Decimal("0.001"), START, category)
