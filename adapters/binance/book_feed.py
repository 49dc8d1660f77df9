"""Order books and public trades of Binance's spot or USD-M market: the port `commands.book_feed`."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, ClientWebSocketResponse, WSMsgType
from msgspec import Struct

from adapters.back_off import random_pause
from adapters.binance.depth_frame import delta
from adapters.binance.market import Market, market_at_binance
from adapters.binance.snapshot_query import SnapshotQuery
from adapters.binance.stream_frame import (
    BestPrices,
    Combined,
    best_prices,
    combined,
    depth_update,
    record_candle,
    record_trade,
    trade,
)
from adapters.book_shelf import BookListener, BookShelf, utc_now
from adapters.ladder_book.scale import Scale
from adapters.market_recordings.tap import MarketTap
from commands.exchange import Unread
from commands.feed import FeedState
from domain.book.book import BookTerms
from domain.book.depth import Depth, PublicTrade
from domain.book.sweep import Sweep
from domain.direction import Side
from domain.errors import ExchangeError, InvalidInput
from domain.instrument import symbol_of

_EACH = 50
"""Instruments of one connection, so that the address with all its streams stays below 8 KB."""

_CANDLES = "kline_1m"

_SLOTS = 2**16
"""Slots of a side of a fast book: in the recordings a spot market left 2**14 ticks within five minutes."""

_LARGEST = 4 * 2**20
"""Bytes of a message."""

_SIGNS = frozenset({WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG})
_PINGS = 3
"""Pings in the time after which a silent book is stale. Binance allows five a second."""


class Site(Struct, frozen=True, kw_only=True):
    """`http` and `socket` are the addresses of a server of one's own; empty for Binance itself."""

    http: str = ""
    socket: str = ""


class Timing(Struct, frozen=True, kw_only=True):
    """Seconds. A connection that brings no frame for `silence` is made anew; the n-th failure in a row waits at most
    `first_pause` x 2**(n-1), and never more than `longest_pause`. Snapshots are looked for every `look`.
    """

    connect: float = 10.0
    response: float = 10.0
    silence: float = 60.0
    look: float = 0.1
    first_pause: float = 0.5
    longest_pause: float = 60.0


def _nothing() -> None:
    """Does nothing with an arrival."""


class _Line:
    """One connection: its path, its streams, and what is wrong with it; `fault` is empty where it stands."""

    def __init__(self, path: str, instruments: Sequence[str], kinds: Sequence[str]) -> None:
        self.path, self.instruments = path, instruments
        self.streams = {f"{symbol_of(name).lower()}@{kind}": name for name in instruments for kind in kinds}
        self.has_books = any(kind.startswith("depth") for kind in kinds)
        self.fault, self.is_heard = "not connected yet", False


class BinanceBooks:
    """See `BookFeed`; it runs in a thread of its own. `patience` is the seconds without a frame of the connection,
    or behind best prices and trades, after which a book is stale; three pings are sent in that time.

    A gap queries the snapshot of that instrument, and of no other. The books of instruments in `scales` are fast (extra
    `fast`). With a `tap` candles of a minute arrive, too, and it
    gets every message.

    Raises InvalidInput for instruments that are not all spot, or all linear contracts, of Binance.
    """

    def __init__(
        self,
        site: Site,
        instruments: Sequence[str],
        *,
        patience: float = 10.0,
        timing: Timing | None = None,
        on_arrival: Callable[[], None] = _nothing,
        clock: Callable[[], datetime] = utc_now,
        tap: MarketTap | None = None,
        scales: Mapping[str, Scale] | None = None,
        listener: BookListener | None = None,
    ) -> None:
        self._tap, self._patience = tap, patience
        self._market = market = market_at_binance(tuple(instruments))
        self._http, self._socket = site.http or market.http, site.socket or market.socket
        self._timing, self._on_arrival = timing or Timing(), on_arrival
        terms = BookTerms(rule=market.rule, listed=market.listed, patience=patience)
        self._shelf = BookShelf(
            instruments, terms, clock=clock, tap=tap, listener=listener, scales=scales, slots=_SLOTS
        )
        self._lines = list(_lines(market, instruments, with_candles=tap is not None))
        self._best: dict[str, BestPrices] = {}
        self._query_fault: dict[str, str] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="binance-books", daemon=True)
        self._ready, self.connects = threading.Event(), 0

    def start(self) -> None:
        """See `BookFeed.start`."""
        self._thread.start()
        self._ready.wait()

    def close(self) -> None:
        """See `BookFeed.close`."""
        if self._thread.ident is None:
            return
        if self._loop is not None and self._task is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has ended since
                self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def depth(self, instrument: str, count: int) -> Depth | None:
        """See `BookFeed.depth`."""
        return self._shelf.depth(instrument, count)

    def is_fast(self, instrument: str) -> bool:
        """Whether the book of the instrument is a fast one now."""
        return self._shelf.is_fast(instrument)

    def sweep(self, instrument: str, side: Side, size: Decimal) -> Sweep | None:
        """See `BookFeed.sweep`."""
        return self._shelf.sweep(instrument, side, size)

    def best(self, instrument: str) -> BestPrices | None:
        """The last message of the stream `bookTicker`, which comes before the delta of the book; None before the
        first."""
        return self._best.get(instrument)

    def lose(self, instruments: Collection[str], why: str) -> None:
        """See `BookShelf.lose`."""
        self._shelf.lose(instruments, why)

    def trades(self) -> Sequence[PublicTrade]:
        """See `BookFeed.trades`."""
        return self._shelf.trades()

    def unread(self) -> Sequence[Unread]:
        """See `BookFeed.unread`."""
        return self._shelf.unread()

    def states(self) -> Sequence[FeedState]:
        """See `BookFeed.states`. A fault of the connection of trades is a fault of the instrument, too."""
        faults: dict[str, str] = {}
        for line in self._lines:
            for name in line.instruments:
                faults[name] = faults.get(name) or line.fault or self._query_fault.get(name, "")
        return self._shelf.states(faults)

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._ready.set()
        async with ClientSession(timeout=ClientTimeout(total=None, connect=self._timing.connect)) as session:
            query = SnapshotQuery(session, self._http, self._market, timeout=self._timing.response)
            async with asyncio.TaskGroup() as tasks:
                for line in self._lines:
                    tasks.create_task(self._keep(session, line))
                tasks.create_task(self._resync(query))

    async def _keep(self, session: ClientSession, line: _Line) -> None:
        """Connects, and connects again after the end of a connection."""
        failures, timing = 0, self._timing
        while True:
            await asyncio.sleep(random_pause(failures, timing.first_pause, timing.longest_pause))
            line.is_heard = False
            try:
                fault = await self._connection(session, line)
            except (ClientError, OSError, TimeoutError) as error:
                fault = f"the connection failed: {type(error).__name__}"
            line.fault = fault
            failures = 1 if line.is_heard else failures + 1
            self._on_arrival()

    async def _connection(self, session: ClientSession, line: _Line) -> str:
        """One connection; returns why it has ended. Raises what aiohttp raises where it fails."""
        url = f"{self._socket}{line.path}?streams={'/'.join(line.streams)}"
        async with (
            session.ws_connect(url, max_msg_size=_LARGEST, autoping=False) as socket,
            self._pinged(socket),
        ):
            self.connects += 1
            if line.has_books:
                self._shelf.begin(line.instruments)
            line.fault = ""
            while True:
                message = await socket.receive(timeout=self._timing.silence)
                if line.has_books and message.type in _SIGNS:
                    self._shelf.hear(line.instruments)
                if message.type is WSMsgType.PING:
                    await socket.pong(message.data)
                if message.type in (WSMsgType.PING, WSMsgType.PONG):
                    continue
                if message.type is not WSMsgType.TEXT:
                    return f"the connection has ended with code {socket.close_code}"
                line.is_heard = True
                self._take(line, message.data)
                self._on_arrival()

    @contextlib.asynccontextmanager
    async def _pinged(self, socket: ClientWebSocketResponse) -> AsyncGenerator[None]:
        """Sends pings during the block. Their answers show that a connection of quiet markets stands."""

        async def ping() -> None:
            with contextlib.suppress(ConnectionError):  # the reader of the socket notices its end, too
                while True:
                    await asyncio.sleep(self._patience / _PINGS)
                    await socket.ping()

        task = asyncio.create_task(ping())
        try:
            yield
        finally:
            task.cancel()

    def _take(self, line: _Line, text: str) -> None:
        """A message that cannot be read is kept; the numbers of the next one show what it was."""
        try:
            self._apply(line, combined(text))
        except (msgspec.DecodeError, RecursionError, InvalidInput) as fault:
            self._shelf.add_unread(text, str(fault))

    def _apply(self, line: _Line, message: Combined) -> None:
        name = line.streams.get(message.stream)
        if name is None:
            raise InvalidInput("nobody subscribed to this stream")
        symbol, kind = symbol_of(name), message.stream.partition("@")[2]
        if kind.startswith("depth"):
            self._shelf.take(name, delta(depth_update(message.data, symbol)))
        elif kind == "bookTicker":
            self._best[name] = best = best_prices(message.data, symbol)
            self._shelf.reach(name, best.update)
            if self._tap is not None:
                self._tap.quote(name, best.update, best.matched_ms, best.bid, best.ask)
        elif kind == _CANDLES and self._tap is not None:
            record_candle(message.data, symbol, name, self._tap)
        else:
            self._shelf.add_trades([trade(message.data, symbol, name)])
            if self._tap is not None:
                record_trade(message.data, name, self._tap)

    async def _resync(self, query: SnapshotQuery) -> None:
        """Queries the snapshots that the books need, one after another."""
        while True:
            connected = [
                name for line in self._lines if line.has_books and not line.fault for name in line.instruments
            ]
            for name in self._shelf.requests(connected):
                await self._query(query, name)
            await asyncio.sleep(self._timing.look)

    async def _query(self, query: SnapshotQuery, name: str) -> None:
        try:
            self._shelf.take(name, await query.snapshot(symbol_of(name)))
        except ExchangeError as fault:
            self._query_fault[name] = str(fault)
        except InvalidInput as fault:
            self._query_fault[name] = f"the snapshot of its book is not usable: {fault}"
        else:
            self._query_fault.pop(name, None)
        self._on_arrival()


def _lines(market: Market, instruments: Sequence[str], *, with_candles: bool) -> Iterator[_Line]:
    for first in range(0, len(instruments), _EACH):
        for path, kinds in market.streams.items():
            candles = (_CANDLES,) if with_candles and path == market.candles else ()
            yield _Line(path, instruments[first : first + _EACH], (*kinds, *candles))
