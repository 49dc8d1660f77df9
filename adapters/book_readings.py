"""Readings of the order books of a feed in this process: a thread of its own analyses them for the engine."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread
from typing import Protocol

from adapters.book_shelf import BookListener
from commands.feed import FeedState
from commands.observer import BookCounts, ReadingOutcome
from domain.book.analysis.view import Preparation
from domain.book.depth import Depth, PublicTrade
from domain.book.readings import ReadingMaker, newer, references_of
from domain.market import BookReading

MOST_WAITING = 2_000
"""So many changes and trades of one instrument wait for the analysis at most. With more the book counts as lost: an
analysis of books of long ago is of no use, and one with a hole is wrong.
"""
MOST_BYTES = 64 * 2**20
"""So much of all instruments together waits at most, but for the newest message of each; then a book that adds to it is
lost, too. 200 levels a side are 6.4 KB.
"""
_TRADE_BYTES = 500
_LOOKS_PER_PERIOD = 4
_CLOSING_SECONDS = 5.0
_log = logging.getLogger(__name__)


class StartedFeed(Protocol):
    """The part of a feed of books that is needed here."""

    def start(self) -> None:
        """Begins to receive; returns at once."""
        ...

    def close(self) -> None:
        """Ends the connections and threads."""
        ...

    def states(self) -> Sequence[FeedState]:
        """The state of each book."""
        ...


class _Lost:
    """The book is not known any more."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


_Given = Depth | PublicTrade | _Lost


class FeedReadings:
    """See `commands.book_readings.BookReadings`. It is the listener of its feed.

    The feed's threads only hand over what they have received, and the engine only takes the newest readings, so that
    neither waits for the analysis. Where that is late by `MOST_WAITING` or `MOST_BYTES`, the book is lost until its
    next change, and where the engine is late, a newer reading replaces the one that it has not taken; both are counted.
    """

    def __init__(
        self,
        feed_of: Callable[[BookListener], StartedFeed],
        instruments: Sequence[str],
        *,
        levels: int,
        period: timedelta,
        confirms: timedelta | None = None,
        on_reading: Callable[[], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        counts: BookCounts | None = None,
        preparation: Preparation | None = None,
    ) -> None:
        """`feed_of` makes the feed of these instruments, with this listener. `levels`, `period` and `confirms` are
        those of `ReadingMaker`, `on_reading` is called after new readings, `clock` returns the time of receipt (UTC).
        `counts` is notified of what was replaced and passed over. No other thread may use the `preparation`.
        """
        self._makers = {
            name: ReadingMaker(name, levels, period, confirms, preparation=preparation)
            for name in sorted(instruments)
        }
        self._waiting = {name: list[_Given]() for name in self._makers}
        self._bytes = dict.fromkeys(self._makers, 0)
        self._references = references_of(self._makers)
        self._newest: dict[str, BookReading] = {}
        self._lock, self._is_ended = Lock(), Event()
        self._pause, self._on_reading, self._clock = period / _LOOKS_PER_PERIOD, on_reading, clock
        self._feed = feed_of(self)
        self._thread = Thread(target=self._run, name="book readings", daemon=True)
        self._counts = counts

    def start(self) -> None:
        """See `BookReadings.start`."""
        self._thread.start()
        self._feed.start()

    def close(self) -> None:
        """See `BookReadings.close`; idempotent."""
        self._is_ended.set()
        self._feed.close()
        if self._thread.is_alive():
            self._thread.join(_CLOSING_SECONDS)

    def readings(self) -> Sequence[BookReading]:
        """See `BookReadings.readings`."""
        with self._lock:
            found, self._newest = self._newest, {}
        return [found[name] for name in sorted(found)]

    def changed(self, depth: Depth) -> None:
        """See `BookListener.changed`."""
        self._put(depth.instrument, depth)

    def lost(self, instrument: str, why: str) -> None:
        """See `BookListener.lost`."""
        self._put(instrument, _Lost(why))

    def traded(self, trade: PublicTrade) -> None:
        """See `BookListener.traded`."""
        self._put(trade.instrument, trade)

    def look(self) -> None:
        """Analyses what has arrived, and keeps the readings that are due. The thread calls it all the time."""
        now, has_new = self._clock(), False
        for maker in self._makers.values():
            self._analyse(maker)
            reading = self._reading(maker, now)
            if reading is not None:
                self._keep(reading)
                has_new = True
        if has_new:
            self._on_reading()

    def _run(self) -> None:
        while not self._is_ended.wait(self._pause.total_seconds()):
            self.look()

    def _put(self, instrument: str, given: _Given) -> None:
        with self._lock:
            waiting, size = self._waiting[instrument], _bytes_of(given)
            is_full = len(waiting) >= MOST_WAITING or sum(self._bytes.values()) + size > MOST_BYTES
            late = len(waiting) if is_full else 0
            if late:
                waiting.clear()
                waiting.append(_Lost("the analysis of the book is late"))
                self._bytes[instrument] = 0
            waiting.append(given)
            self._bytes[instrument] += size
        if late and self._counts is not None:
            self._counts.passed_over(late)

    def _taken(self, instrument: str) -> Sequence[_Given]:
        with self._lock:
            taken = self._waiting[instrument]
            self._waiting[instrument], self._bytes[instrument] = [], 0
        return taken

    def _analyse(self, maker: ReadingMaker) -> None:
        for given in self._taken(maker.instrument):
            try:
                if isinstance(given, Depth):
                    maker.take_depth(given)
                elif isinstance(given, PublicTrade):
                    maker.take_trade(given)
                else:
                    maker.lose(given.why)
            except Exception as fault:  # noqa: BLE001  (fail closed, and go on with the other books)
                fail_closed(maker, fault)

    def _reading(self, maker: ReadingMaker, now: datetime) -> BookReading | None:
        try:
            other = self._references.get(maker.instrument)
            found = maker.reading(now, None if other is None else self._makers[other].bins)
            is_confirmed = found is not None and found.confirmed_at is not None
            if is_confirmed and (why := self._fault(maker.instrument)):
                maker.lose(why)
                found = None
        except Exception as fault:  # noqa: BLE001  (fail closed, and go on with the other books)
            fail_closed(maker, fault)
            return None
        return found

    def _fault(self, instrument: str) -> str:
        """Why the feed has no book of the instrument now; empty where it has. A thread of the feed that has ended
        declares no loss, so nothing is confirmed without this.
        """
        states = (one for one in self._feed.states() if one.instrument == instrument)
        return next((one.fault or "its feed is not live" for one in states if not one.is_live), "")

    def _keep(self, reading: BookReading) -> None:
        with self._lock:
            replaced = self._newest.get(reading.instrument)
            self._newest[reading.instrument] = newer(reading, replaced)
        if replaced is not None and self._counts is not None:
            self._counts.read_books(ReadingOutcome.REPLACED, 1)


def fail_closed(maker: ReadingMaker, fault: Exception) -> None:
    """Loses a book that cannot be analysed until its next change, and logs the fault that is being handled."""
    _log.exception("the order book of %s could not be analysed", maker.instrument)
    maker.lose(f"it could not be analysed: {type(fault).__name__}")


def _bytes_of(given: _Given) -> int:
    if not isinstance(given, Depth):
        return _TRADE_BYTES
    sides = (given.bid_prices, given.bid_sizes, given.ask_prices, given.ask_sizes)
    return sum(one.nbytes for one in sides)
