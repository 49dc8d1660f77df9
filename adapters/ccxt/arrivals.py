"""What streams and polls bring to the thread of the caller: rows, gaps and messages that could not be understood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TypeVar

from msgspec import Struct

from adapters.ccxt.order_row import OrderRow
from adapters.ccxt.trade_row import TradeRow
from adapters.drained import drained
from adapters.instruments.document import Table
from adapters.secrecy import Credentials
from commands.exchange import Gap, Unread

T = TypeVar("T")


class Funding(Struct, frozen=True, gc=False):
    """A funding payment as ccxt unifies it."""

    row: Table


class Pushed(Struct, frozen=True, gc=False):
    """An order (`watch` is `watchOrders`) or a trade (`watchMyTrades`) of a stream, as ccxt unifies it."""

    watch: str
    row: Table


Arrival = OrderRow | TradeRow | Funding | Pushed


class Arrivals:
    """Queues that any thread may fill; `on_arrival` is called, in the thread that fills them, after each change.

    What could not be understood and the reasons of gaps are kept without key, secret and signatures.
    """

    def __init__(self, on_arrival: Callable[[], None], credentials: Credentials) -> None:
        self._on_arrival, self._credentials = on_arrival, credentials
        self._rows: SimpleQueue[Arrival] = SimpleQueue()
        self._gaps: SimpleQueue[Gap] = SimpleQueue()
        self._unread: SimpleQueue[Unread] = SimpleQueue()

    def put(self, rows: Sequence[Arrival]) -> None:
        """Adds rows in their order; none is ever dropped."""
        for row in rows:
            self._rows.put(row)
        self._on_arrival()

    def gap(self, gap: Gap) -> None:
        """Its reason is the fault of a stream or poll, in which what the exchange stated is hidden already."""
        self._gaps.put(gap)
        self._on_arrival()

    def refuse(self, content: object, reason: str) -> None:
        """Records what could not be understood."""
        hide = self._credentials.hide
        self._unread.put(Unread(hide(str(content)), hide(reason)))
        self._on_arrival()

    def changed(self) -> None:
        """Reports that the state of a stream or of the poll has changed."""
        self._on_arrival()

    def rows(self) -> list[Arrival]:
        return drained(self._rows)

    def gaps(self) -> list[Gap]:
        return drained(self._gaps)

    def unread(self) -> list[Unread]:
        return drained(self._unread)
