"""The adapter on our Bybit venue over loopback, through ccxt's `bybit`, as the bench of the port's contract."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import count
from threading import Event

from adapters.ccxt import DIALECTS, CcxtExchange, Credentials, Site, Timing
from adapters.ccxt.client import redirect
from adapters.milliseconds import at_ms
from adapters.simulated.server import VenueServer
from adapters.simulated.venue.account import Account
from domain.catalogue import known
from domain.instrument import Instrument
from domain.order import OrderPlaced
from tests.adapters.bybit.bench import SYMBOL, closed_port, trade_at
from tests.adapters.simulated.server.serving import SECRET, RunningVenue
from tests.replacing import replace

QUICK = Timing(
    response=30,
    poll=60,
    safety_poll=60,
    funding_poll=0,
    look_back=2 * 86_400,
    first_pause=0.02,
    longest_pause=0.1,
)
"""Patience for a machine under load; polls are made when the bench wants one. The market's clock is a day late."""

RECENT = replace(DIALECTS["bybit"], history_days=10)
"""Trades of two years would be queried in a hundred windows."""

_TOPICS = frozenset({"order", "execution"})
_NUMBERS = count(1)


class CcxtBench:
    """An account of its own at the venue, and the adapter; the price is 100."""

    def __init__(
        self,
        venue: RunningVenue,
        *,
        streams: bool,
        placed: Mapping[str, OrderPlaced] | None = None,
        key: str = "",
        timing: Timing = QUICK,
    ) -> None:
        self.venue, self.key = venue, key or f"ccxt-{next(_NUMBERS)}"
        self.account: Account = venue.do(self._account)
        self.arrived = Event()
        self._exchange = CcxtExchange(
            "bybit",
            Credentials(self.key, SECRET),
            Site(http=venue.url, socket=venue.socket_url, is_paced=False),
            placed or {},
            dialect=RECENT,
            streams=streams,
            timing=timing,
            on_arrival=self.arrived.set,
        )
        self._exchange.start()
        self.until(lambda: self._exchange.poll_state.polls > 0)
        if streams:
            venue.await_account(self.account, _TOPICS)
        self._sent = venue.do(lambda one: one.delivery.sent)
        self.trades_at("100")

    def close(self) -> None:
        """Ends the account's orders, which would trade in the next test, and the adapter."""
        self.venue.do(self._end_orders)
        self._exchange.close()

    @property
    def exchange(self) -> CcxtExchange:
        return self._exchange

    @property
    def instrument(self) -> Instrument:
        return next(one.instrument for one in known() if one.instrument.id.startswith(SYMBOL))

    def now(self) -> datetime:
        return at_ms(self.venue.server.clock.market())

    def trades_at(self, *prices: str, volume: str = "1000") -> None:
        for price in prices:
            self.venue.do(partial(trade_at, price=Decimal(price), volume=Decimal(volume)))
        self.hear()

    def hear(self) -> None:
        """Returns when every push of the venue has arrived, or without streams when a poll has seen all."""
        stream = self._exchange.stream_state
        if stream is None:
            self.poll()
            return
        sent = self.venue.do(lambda one: one.delivery.sent) - self._sent
        self.until(lambda: self._pushes() >= sent)

    def poll(self) -> None:
        """Returns when a poll that began after the call was answered."""
        begun = self._exchange.poll_state.polls
        self._exchange.poll_soon()
        self.until(lambda: self._exchange.poll_state.polls > begun)
        self._exchange.poll_soon()
        self.until(lambda: self._exchange.poll_state.polls > begun + 1)

    def until(self, reached: Callable[[], bool]) -> None:
        """Returns when the adapter has reached a state; fails after 30 seconds without a change."""
        while not reached():
            assert self.arrived.wait(30), (self._exchange.poll_state, self._exchange.stream_state)
            self.arrived.clear()

    @contextmanager
    def cut(self) -> Generator[None]:
        """Requests go to a port at which nobody listens."""
        redirect(self._exchange.ccxt, f"http://127.0.0.1:{closed_port()}")
        yield
        redirect(self._exchange.ccxt, self.venue.url)

    @contextmanager
    def deafen(self) -> Generator[None]:
        self.venue.fails("*", "drop", commit=True, times=0)
        yield
        self.venue.do(lambda one: one.faults.clear())

    def _pushes(self) -> int:
        stream = self._exchange.stream_state
        assert stream is not None
        return stream.pushes

    def _account(self, server: VenueServer) -> Account:
        known_account = server.venue.accounts.get(self.key)
        return known_account or server.venue.open_account(self.key, SECRET, Decimal(10_000))

    def _end_orders(self, server: VenueServer) -> None:
        for order in list(self.account.orders.values()):
            server.venue.end(order, "CancelByAdmin", server.clock.market())
