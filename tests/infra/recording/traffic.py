"""Recorded traffic of exchanges, received once more by a feed's shelf of books, which a recorder taps."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec import Raw

from adapters.binance.depth_frame import delta, snapshot
from adapters.binance.market import MARKETS
from adapters.binance.stream_frame import BestPrices, best_prices, combined, depth_update, record_trade, trade
from adapters.book_shelf import BookShelf
from adapters.bybit.book_frame import book_frame, book_push, book_terms
from adapters.market_recordings.row import MarketRow, Notice, NoticeRow
from adapters.market_recordings.tap import MarketTap
from domain.book.book import BookTerms, Taken
from domain.book.depth import PublicTrade
from domain.book.frame import BookFrame
from domain.book.readings import ANALYSED, ReadingMaker
from domain.errors import InvalidInput
from domain.market import BookReading
from infra.recording.moments import in_ns, moment_after
from infra.recording.sink import FolderSink
from tests.recordings import bybit_messages

BTC, XRP = "BTCUSDT-LINEAR.BINANCE", "XRPUSDT-LINEAR.BYBIT"
_NS = 1_000_000_000
_BEHIND_NS = 1_300_000_000
"""The clock of the machine that recorded Binance was behind the exchange's; with this it receives messages after they
were sent."""
_TRAVELS_NS = 20_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Message(NamedTuple):
    """One message with the time at which it was received, in nanoseconds since 1970."""

    arrived_ns: int
    text: bytes


class _Stops:
    def requested(self) -> bool:
        return False

    def wait(self, seconds: float) -> None:
        raise AssertionError(seconds)


@dataclass
class Receiver:
    """A shelf of one book on a clock that the messages move. `rows` has what the tap passed, `readings` what was read
    of the books live, at the end of each tenth of a second in which something arrived, where the receiver `reads` them.
    """

    instrument: str
    terms: BookTerms
    reads: bool = True
    rows: list[MarketRow] = field(default_factory=list[MarketRow])
    readings: list[BookReading] = field(default_factory=list[BookReading])

    def __post_init__(self) -> None:
        self.now_ns = 0
        self._tap = MarketTap(self.rows.append, lambda: self.now_ns)
        self._shelf = BookShelf(
            [self.instrument],
            self.terms,
            clock=lambda: _EPOCH + timedelta(microseconds=self.now_ns // 1_000),
            seconds=lambda: self.now_ns / _NS,
            tap=self._tap,
        )
        self._maker = ReadingMaker(self.instrument)

    def begin(self, at_ns: int) -> None:
        """A connection begins."""
        self._move(at_ns)
        self._shelf.begin([self.instrument])
        self._maker.lose("the connection began anew")

    def book(self, at_ns: int, frame: BookFrame) -> None:
        """A message of the book is received."""
        self._move(at_ns)
        taken = self._shelf.take(self.instrument, frame)
        if taken is Taken.GAP:
            self._maker.lose(self._shelf.states({self.instrument: ""})[0].fault)
        depth = self._shelf.depth(self.instrument, ANALYSED) if self.reads else None
        if (
            self.reads
            and taken in (Taken.REPLACED, Taken.CHANGED)
            and depth is not None
            and depth.matched_ms > 0
        ):
            self._maker.take_depth(depth)

    def trade(self, at_ns: int, one: PublicTrade, record: Callable[[MarketTap], None]) -> None:
        """A trade is received."""
        self._move(at_ns)
        record(self._tap)
        self._maker.take_trade(one)

    def quote(self, at_ns: int, record: Callable[[MarketTap], None]) -> None:
        """The best prices are received."""
        self._move(at_ns)
        record(self._tap)

    def end(self) -> None:
        """Reads once more at the end of the present tenth of a second."""
        self._read()

    def _move(self, at_ns: int) -> None:
        at_ns = max(at_ns, self.now_ns)
        if self.now_ns and moment_after(at_ns) > moment_after(self.now_ns):
            self._read()
        self.now_ns = at_ns

    def _read(self) -> None:
        found = self._maker.reading(moment_after(self.now_ns))
        if found is not None:
            self.readings.append(found)


def binance_traffic(market_data: Path, until: datetime) -> Iterator[Message]:
    """What was received of USD-M's BTCUSDT on 2024-08-08 from 23:54:16 UTC on, at most until 23:59."""
    end_ns = in_ns(until)
    with gzip.open(market_data / "ticks" / "usdm_btcusdt_20240808.gz") as lines:
        for line in lines:
            at, _, text = line.partition(b" ")
            arrived_ns = int(at) + _BEHIND_NS
            if arrived_ns >= end_ns:
                return
            yield Message(arrived_ns, text)


def received_from_binance(messages: Iterator[Message], *, reads: bool = True) -> Receiver:
    """Receives these messages of USD-M's BTCUSDT; for `reads` see `Receiver`."""
    market = MARKETS["LINEAR"]
    found = Receiver(BTC, BookTerms(rule=market.rule, listed=market.listed), reads)
    for at_ns, text in messages:
        if not found.now_ns:
            found.begin(at_ns)
        if text.startswith(b'{"lastUpdateId"'):
            found.book(at_ns, snapshot(text))
            continue
        message = combined(text)
        if "@depth" in message.stream:
            found.book(at_ns, delta(depth_update(message.data, "BTCUSDT")))
        elif message.stream.endswith("@trade"):
            _traded(found, at_ns, message.data)
        else:
            best = best_prices(message.data, "BTCUSDT")
            found.quote(at_ns, partial(_record_quote, best))
    found.end()
    return found


def _record_quote(one: BestPrices, tap: MarketTap) -> None:
    tap.quote(BTC, one.update, one.matched_ms, one.bid, one.ask)


def _traded(found: Receiver, at_ns: int, data: Raw) -> None:
    try:
        one = trade(data, "BTCUSDT", BTC)
    except InvalidInput:
        return  # a trade of the insurance fund, which the feed refuses, too
    found.trade(at_ns, one, lambda tap: record_trade(data, BTC, tap))


def received_from_bybit(market_data: Path) -> Receiver:
    """Receives the 50 recorded messages of XRPUSDT, 20 ms after they were sent."""
    found = Receiver(XRP, book_terms(500, patience=10.0))
    for text in bybit_messages(market_data):
        push = book_push(text)
        at_ns = push.ts * 1_000_000 + _TRAVELS_NS
        if not found.now_ns:
            found.begin(at_ns)
        found.book(at_ns, book_frame(push))
    found.end()
    return found


def recorded(found: Receiver, folder: Path) -> Path:
    """Records what the receiver's tap passed, as `whence record` does: the segments are sealed at the end.

    Returns the folder.
    """
    first, last = found.rows[0].arrived_ns, found.rows[-1].arrived_ns
    notices = [NoticeRow(arrived_ns=first, instrument=found.instrument, notice=Notice.BEGUN, detail="")]
    with closing(FolderSink(folder, first)) as sink:
        sink.write([*notices, *found.rows], _Stops())
        end = NoticeRow(arrived_ns=last + _NS, instrument=found.instrument, notice=Notice.ENDED, detail="")
        sink.write([end], _Stops())
    return folder
