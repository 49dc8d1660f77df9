"""The adapter on our Bybit venue over loopback, as the bench of the port's contract."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import count
from threading import Event
from types import MappingProxyType
from typing import Any

from adapters.bybit import BybitExchange, Credentials, Site, Timing
from adapters.bybit.fields import at_ms
from adapters.bybit.trade_socket import TradeSocket
from adapters.order_way import OrderWay
from adapters.simulated.server import VenueServer, VirtualClock
from adapters.simulated.venue.account import Account
from domain.catalogue import known
from domain.instrument import Instrument
from domain.order import OrderPlaced
from tests.adapters.simulated.server.serving import SECRET, RunningVenue, running_venue
from tests.adapters.simulated.still_market import show_and_trade

SYMBOL = "BTCUSDT"
D = Decimal
WIDE = D("0.3")
QUICK = Timing(response=30, pong=15, answer=30, first_pause=0.02, longest_pause=0.1)
"""Short pauses; patience for a machine under load."""

_STEP = 1_000
_NUMBERS = count(1)


@contextmanager
def bybit_venue(**more: Any) -> Generator[RunningVenue]:
    """A venue whose market time stands still a day ago, and whose prices a bench moves."""
    with running_venue(start=time.time_ns() // 1_000_000 - 86_400_000, band=WIDE, **more) as venue:
        yield venue


class BybitBench:
    """An account of its own at the venue, and the adapter with its sockets connected; the price is 100."""

    def __init__(
        self,
        venue: RunningVenue,
        placed: Mapping[str, OrderPlaced] | None = None,
        key: str = "",
        way: OrderWay = OrderWay.REST,
        timing: Timing = QUICK,
        limits: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.venue, self.key = venue, key or f"key-{next(_NUMBERS)}"
        self.credentials = Credentials(self.key, SECRET)
        self.account: Account = venue.do(self._account)
        self.arrived = Event()
        self._exchange = BybitExchange(
            self.credentials,
            Site(http=venue.url, socket=venue.socket_url),
            placed or {},
            timing=timing,
            limits=limits,
            on_arrival=self.arrived.set,
            way=way,
        )
        self._exchange.start()
        self.until(lambda: self._exchange.stream_state.is_live and self.has_way())
        self._sent = venue.do(lambda one: one.delivery.sent)
        self.trades_at("100")

    def close(self) -> None:
        """Ends the account's orders, which would trade in the next test, and the adapter."""
        self.venue.do(self._end_orders)
        self._exchange.close()

    @property
    def exchange(self) -> BybitExchange:
        return self._exchange

    @property
    def instrument(self) -> Instrument:
        return next(one.instrument for one in known() if one.instrument.id.startswith(SYMBOL))

    def now(self) -> datetime:
        return at_ms(self.venue.server.clock.market())

    def trades_at(self, *prices: str, volume: str = "1000") -> None:
        for price in prices:
            self.venue.do(partial(trade_at, price=D(price), volume=D(volume)))
        self.hear()

    def hear(self) -> None:
        """Returns when every push that the venue has sent has arrived."""
        sent = self.venue.do(lambda one: one.delivery.sent) - self._sent
        self.until(lambda: self._exchange.pushes >= sent)

    def until(self, reached: Callable[[], bool]) -> None:
        """Returns when the stream has reached a state; fails after 30 seconds without a change."""
        while not reached():
            assert self.arrived.wait(30), self._exchange.stream_state
            self.arrived.clear()

    def has_way(self) -> bool:
        """Whether the socket of orders is connected, or not wanted."""
        state = self._exchange.trade_state
        return state is None or state.is_live

    @contextmanager
    def cut(self) -> Generator[None]:
        """Requests go to a port at which nobody listens, and the socket of orders is not connected."""
        session, client = self._exchange.session, self._exchange.client
        address, session.endpoint = session.endpoint, f"http://127.0.0.1:{closed_port()}"
        trade = client.trade
        if trade is not None:
            client.trade = TradeSocket(Site(), self.credentials, QUICK, self.arrived.set)
        yield
        session.endpoint, client.trade = address, trade

    @contextmanager
    def deafen(self) -> Generator[None]:
        self.venue.fails("*", "drop", commit=True, times=0)
        yield
        self.venue.do(lambda one: one.faults.clear())
        self.until(self.has_way)

    def _account(self, server: VenueServer) -> Account:
        known_account = server.venue.accounts.get(self.key)
        return known_account or server.venue.open_account(self.key, SECRET, D(10_000))

    def _end_orders(self, server: VenueServer) -> None:
        for order in list(self.account.orders.values()):
            server.venue.end(order, "CancelByAdmin", server.clock.market())


def trade_at(server: VenueServer, price: Decimal, volume: Decimal) -> None:
    """The market shows a quantity at the price on both sides, and trades what rests at it or better."""
    assert isinstance(server.clock, VirtualClock)
    server.clock.advance(_STEP)
    show_and_trade(server.venue, SYMBOL, price, volume, server.clock.market())


def closed_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
