"""A hundred order books at 10,000 messages a second in one process: what sockets, books and figures take of a core.

Frames are encoded beforehand and sent by another process over loopback. Each way runs in a process of its own, for as
long as the messages take to arrive. Run alone: `python -m tests.benchmarks book_market`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Event
from typing import Final

import numpy as np
import psutil
from websockets.asyncio.client import connect

from adapters.book_kind import BookKind, preparation_of
from adapters.bybit import Site
from adapters.bybit.book_feed import BybitBooks
from adapters.bybit.book_frame import book_frame, book_push, book_terms
from adapters.ladder_book.fast_book import fast_book
from adapters.ladder_book.push_reader import PushReader
from adapters.ladder_book.scale import Scale
from domain.book.analysis.view import Preparation
from domain.book.book import Book, Taken
from domain.book.frame import BookFrame
from domain.book.readings import ReadingMaker
from domain.instrument import instrument_id
from infra.run.clock import utc_now
from tests.benchmarks.figure import Figure
from tests.benchmarks.market_sender import DEPTH, planned, sending

INSTRUMENTS, EACH, RATE, SECONDS = 100, 10, 10_000, 5
"""`EACH` instruments share a connection."""

MESSAGES: Final = RATE * SECONDS
_SYMBOLS: Final = [f"COIN{number}USDT" for number in range(INSTRUMENTS)]
_SCALE: Final = Scale(tick=Decimal("0.0001"), size_places=0)
_TERMS: Final = book_terms(DEPTH, 10.0)
_READ_LEVELS: Final = 200
_TENTH: Final = 0.1
_READINGS: Final = 2
"""Of an instrument a second."""
_HALF: Final = timedelta(seconds=1) / _READINGS
_PATIENCE: Final = 300.0
_MIB: Final = 2**20


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of all, and of the readings of figures among them; the most resident MiB; and p50 and p99 of the time
    from when a message was due at the sender, in ms, where it is measured.
    """

    used: float
    of_readings: float
    readings: int
    memory: float
    lost: int
    lags: tuple[float, float] | None

    @property
    def message(self) -> float:
        """CPU seconds of a message, without readings."""
        return (self.used - self.of_readings) / MESSAGES

    @property
    def core(self) -> float:
        """CPU seconds a second at the full rate, also where the machine was too busy to keep it."""
        reading = self.of_readings / self.readings if self.readings else 0.0
        return self.message * RATE + reading * INSTRUMENTS * _READINGS


class _One:
    """An instrument: its book, and what makes its readings."""

    def __init__(self, symbol: str, preparation: Preparation | None, *, is_fast: bool) -> None:
        self.name = instrument_id(symbol)
        self.book = fast_book(self.name, _TERMS, _SCALE) if is_fast else Book(self.name, _TERMS)
        self.read: Callable[[bytes], BookFrame] = (
            PushReader(f"orderbook.{DEPTH}.{symbol}", symbol, _SCALE).read if is_fast else _plain
        )
        self.maker = ReadingMaker(self.name, period=_HALF, preparation=preparation)
        self.update = -1

    def take(self, text: bytes) -> bool:
        """Whether the message was the next one of its book."""
        return self.book.take(self.read(text), 0.0) in (Taken.CHANGED, Taken.REPLACED)

    def analyse(self) -> None:
        """Passes the levels on, where they have changed."""
        if self.book.update != self.update:
            self.update = self.book.update
            self.maker.take_depth(self.book.depth(_READ_LEVELS, 0))


@dataclass(frozen=True, slots=True)
class Way:
    """What is done with the messages: the socket alone, with `books`, with figures twice a second of levels that are
    read ten times a second, or of each message."""

    books: bool = True
    is_fast: bool = True
    figures: bool = True
    each_message: bool = False


WAYS: Mapping[str, Way] = {
    "sockets": Way(books=False, figures=False),
    "sockets, plain books": Way(is_fast=False, figures=False),
    "sockets, fast books": Way(figures=False),
    "sockets, fast books, figures at 2 Hz": Way(),
    "the same, each message analysed": Way(each_message=True),
}


def run() -> Iterator[Figure]:
    """Each way in turn; then the feed of `whence books publish` with the library of its exchange's client."""
    with sending(_SYMBOLS, RATE, SECONDS) as address:
        for name, way in WAYS.items():
            yield from _figures(
                name, _apart(_client, address, way), is_whole=name == "sockets, fast books, figures at 2 Hz"
            )
        yield from _figures("the feed of Bybit, figures at 2 Hz", _apart(_feed, address, Way()))


def _figures(name: str, found: Measured, *, is_whole: bool = False) -> Iterator[Figure]:
    note = f"{INSTRUMENTS} instruments, {MESSAGES:,} messages, {found.readings:,} readings of all figures"
    yield Figure(f"{name}: CPU", 100.0 * found.core, "% of a core", 100.0 if is_whole else None, note)
    yield Figure(f"{name}: a message", 1e6 * found.message, "µs", None, "CPU, without readings")
    if found.readings:
        yield Figure(f"{name}: a reading", 1e6 * found.of_readings / found.readings, "µs", None, "CPU")
    yield Figure(f"{name}: memory", found.memory, "MiB", 1_024.0 if is_whole else None, "most resident")
    yield Figure(
        f"{name}: lost", found.lost, "messages", 0.0, "gaps of the books, or messages that are missing"
    )
    for which, lag in zip(("p50", "p99"), found.lags or (), strict=False):
        yield Figure(f"{name}: lag {which}", lag, "ms", None, "from when it was due at the sender")


def _apart(what: Callable[[Connection, str, Way], None], address: str, way: Way) -> Measured:
    """Runs in a process of its own."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=what, args=(theirs, address, way), daemon=True)
    process.start()
    assert ours.poll(_PATIENCE), f"{way} has not ended within {_PATIENCE:g} s"
    found: Measured = ours.recv()
    process.join()
    return found


class _Market:
    """All instruments of a process, and what it measures. The time before the first delta does not count."""

    def __init__(self, way: Way) -> None:
        self._way = way
        preparation = preparation_of(BookKind.FAST if way.is_fast else BookKind.PLAIN)
        self._all = {symbol: _One(symbol, preparation, is_fast=way.is_fast) for symbol in _SYMBOLS}
        self._lags = list[float]()
        self._count = self._readings = self._bad = 0
        self._began, self._of_readings = False, 0.0

    def begin(self) -> None:
        if not self._began:
            gc.freeze()
            self._began, self._used = True, time.process_time()

    def take(self, text: bytes, due: float) -> None:
        """A delta."""
        self._count += 1
        self._lags.append(time.time() - due)
        self.book(text)

    def book(self, text: bytes) -> None:
        """A message of a book."""
        way = self._way
        if way.books:
            one = self._all[_symbol(text)]
            self._bad += not one.take(text)
            if way.each_message:
                one.analyse()

    def look(self) -> None:
        """Ten times a second."""
        if self._way.figures:
            now = utc_now()
            for one in self._all.values():
                one.analyse()
            began = time.process_time()
            self._readings += sum(one.maker.reading(now) is not None for one in self._all.values())
            self._of_readings += time.process_time() - began

    def measured(self) -> Measured:
        return Measured(
            time.process_time() - self._used,
            self._of_readings,
            self._readings,
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
            MESSAGES - self._count + self._bad,
            _percentiles(self._lags),
        )


def _client(pipe: Connection, address: str, way: Way) -> None:
    market = _Market(way)

    async def main() -> None:
        async with asyncio.TaskGroup() as tasks:
            looks = tasks.create_task(_looks(market))
            readers = [
                tasks.create_task(_read(market, address, _SYMBOLS[first : first + EACH]))
                for first in range(0, INSTRUMENTS, EACH)
            ]
            await asyncio.gather(*readers)
            looks.cancel()

    asyncio.run(main())
    pipe.send(market.measured())


async def _looks(market: _Market) -> None:
    while True:
        await asyncio.sleep(_TENTH)
        market.look()


async def _read(market: _Market, address: str, symbols: Sequence[str]) -> None:
    each = RATE * len(symbols) / INSTRUMENTS
    count = MESSAGES * len(symbols) // INSTRUMENTS
    async with connect(f"{address}/", compression=None, ping_interval=None, max_queue=None) as socket:
        topics = [f"orderbook.{DEPTH}.{symbol}" for symbol in symbols]
        await socket.send(json.dumps({"op": "subscribe", "req_id": "1", "args": topics}))
        await socket.recv()
        for _ in symbols:
            market.book(await socket.recv(decode=False))
        first: float = json.loads(await socket.recv())["at"]
        market.begin()
        for number in range(count):
            market.take(await socket.recv(decode=False), planned(first, number, each))


def _feed(pipe: Connection, address: str, way: Way) -> None:
    """The feed that `whence books publish` reads, twenty times a second as it does."""
    names, arrived = [instrument_id(symbol) for symbol in _SYMBOLS], Event()
    preparation = preparation_of(BookKind.FAST)
    makers = {name: ReadingMaker(name, period=_HALF, preparation=preparation) for name in names}
    feed = BybitBooks(
        Site(http="http://127.0.0.1:9", socket=address),
        names,
        depth=DEPTH,
        with_trades=False,
        scales=dict.fromkeys(names, _SCALE),
        on_arrival=arrived.set,
    )
    feed.start()
    while not all(one.is_live for one in feed.states()):
        arrived.wait(_TENTH)
    gc.freeze()
    last = 1_000 + MESSAGES // INSTRUMENTS
    began, used, readings, of_readings = time.perf_counter(), time.process_time(), 0, 0.0
    updates = dict.fromkeys(names, 0)
    while min(updates.values()) < last and time.perf_counter() - began < _PATIENCE / 3:
        time.sleep(_TENTH / 2)
        now = utc_now()
        for name in names:
            depth = feed.depth(name, _READ_LEVELS)
            if depth is not None and depth.update_id != updates[name]:
                updates[name] = depth.update_id
                makers[name].take_depth(depth)
        started = time.thread_time()
        readings += sum(one.reading(now) is not None for one in makers.values())
        of_readings += time.thread_time() - started
    used = time.process_time() - used
    gaps = sum(one.gaps for one in feed.states())
    memory = psutil.Process().memory_info().rss / _MIB
    pipe.send(Measured(used, of_readings, readings, memory, gaps, None))
    feed.close()


def _plain(text: bytes) -> BookFrame:
    return book_frame(book_push(text))


def _symbol(text: bytes) -> str:
    """The symbol in the topic, which comes first: `{"topic":"orderbook.200.BTCUSDT"`."""
    begin = text.index(b".", text.index(b".") + 1) + 1
    return text[begin : text.index(b'"', begin)].decode()


def _percentiles(lags: Sequence[float]) -> tuple[float, float]:
    p50, p99 = np.percentile(lags, [50, 99]) * 1e3
    return float(p50), float(p99)
