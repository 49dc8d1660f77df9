"""The exchange of the torture: a `whence venue` in a thread of the harness, which outlives every engine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypeVar

from adapters.simulated.server import VenueServer
from adapters.simulated.server.faults import Fault
from adapters.simulated.steps import to_tick
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.displacement import displace
from adapters.simulated.venue.execution import ExecType, Execution
from adapters.simulated.venue.order import Order, StopKind
from adapters.simulated.venue.position import Position
from domain.direction import Side
from infra.run.venue import VenueOptions, venue_of
from tests.adapters.simulated.server.serving import RunningVenue
from tests.event_loop import running_loop

KEY, SECRET = "tortured", "not-so-secret"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
T = TypeVar("T")


class Exchange:
    """The venue with one account: what its market does, and what the account has. Called from the harness's thread."""

    def __init__(self, running: RunningVenue) -> None:
        self._running = running
        self.struck: dict[str, int] = {}

    @property
    def url(self) -> str:
        return self._running.url

    @property
    def account(self) -> Account:
        return self._running.account

    # -- what it does

    def spoil(self, faults: Sequence[Fault]) -> None:
        """Puts these faults into force beside those that are."""

        def spoils(server: VenueServer) -> None:
            for fault in faults:
                server.faults.add(fault)

        self._running.do(spoils)

    def mend(self) -> None:
        """Ends every fault, and counts those that have struck by their kind."""

        def ended(server: VenueServer) -> list[dict[str, Any]]:
            rows = [*server.faults.listed(), *server.faults.over()]
            server.faults.clear()
            return rows

        for row in self._running.do(ended):
            if row["struck"]:
                name = fault_name(row["fault"])
                self.struck[name] = self.struck.get(name, 0) + int(row["struck"])

    def acts(self, name: str, **more: Any) -> None:
        """Performs an action of the admin port."""
        self._running.act(name, **more)
        self.count(name)

    def does(self, call: Callable[[VenueServer], T]) -> T:
        """Runs `call` in the venue's thread and sends what it changed."""
        return self._running.do(call)

    def count(self, name: str) -> None:
        """Counts something that struck, beside the faults."""
        self.struck[name] = self.struck.get(name, 0) + 1

    def moves(self, symbol: str, part: Decimal) -> None:
        """The market jumps by this part of its price; what is in the way is filled or triggered."""

        def jumps(server: VenueServer) -> None:
            market = server.venue.market(symbol)
            assert market.quoted_price is not None
            to = to_tick(market.quoted_price * (1 + part), Side.BUY, market.contract.instrument.tick)
            displace(server.venue, market, to, server.clock.market())

        self._running.do(jumps)

    def fills(self, link: str, part: Decimal) -> bool:
        """Somebody trades with a part of a resting order; returns whether it rested."""

        def filled(server: VenueServer) -> bool:
            order = self.account.links.get(link)
            if order is None or order.entry is None:
                return False
            lot = server.venue.market_of(order).contract.instrument.lot
            quantity = max(order.leaves * part // lot * lot, lot)
            server.venue.fill(order, min(quantity, order.leaves), server.clock.market())
            return True

        return self._running.do(filled)

    def stands_still(self) -> None:
        """From now on the market makes nothing more."""

        def still(server: VenueServer) -> None:
            server._move = None  # pyright: ignore[reportPrivateUsage]

        self._running.do(still)

    # -- what it has

    def price(self, symbol: str) -> Decimal:
        """The price that the market shows."""
        found = self._running.do(lambda server: server.venue.market(symbol).quoted_price)
        assert found is not None
        return found

    def resting(self) -> Sequence[str]:
        """The client order ids of the open entries."""
        return self._running.do(lambda _: [one.link for one in self.account.orders.values() if is_sent(one)])

    def held(self) -> Mapping[str, Position]:
        """The open positions by symbol."""
        return self._running.do(lambda _: {one.contract.symbol: one for one in self.account.held()})

    def orders(self) -> Sequence[Order]:
        """Every order that there ever was, the open ones last."""
        return self._running.do(lambda _: [*self.account.ended.values(), *self.account.orders.values()])

    def executions(self) -> Sequence[Execution]:
        """Every trade of the account."""
        trades = self._running.do(lambda _: list(self.account.executions))
        return [one for one in trades if one.type == ExecType.TRADE]

    def balance(self) -> Decimal:
        """The account's money, without unrealised profit."""
        return self._running.do(lambda _: self.account.wallet.balance)


def is_sent(order: Order) -> bool:
    """Whether the order was sent with an id of its own, and is no stop or target that an entry carried."""
    return order.stop_kind in (StopKind.NONE, StopKind.STOP)


def fault_name(fault: Fault) -> str:
    """The kind of a fault, and where it struck."""
    when = " after it was carried out" if fault.commit else ""
    value = f" {fault.value}" if fault.kind in ("code", "status") else ""
    return f"{fault.kind}{value}{when} of {fault.where}"


@contextmanager
def exchange(seed: int) -> Generator[Exchange]:
    """A venue with the synthetic market of `SYMBOLS`, in real time, until the end of the block."""
    made = venue_of(VenueOptions(symbols=SYMBOLS, seed=seed, key=KEY, secret=SECRET, limits=False))
    with running_loop() as loop:
        running = RunningVenue(made.server, loop, made.account)
        try:
            running.wait(made.start())
            yield Exchange(running)
        finally:
            running.wait(made.stop())
