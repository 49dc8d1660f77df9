"""The books and trades of a feed's instruments: its own thread writes them, any thread reads them."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Lock
from typing import Protocol

from adapters.back_off import random_pause
from adapters.extras import FAST, check_extras
from adapters.ladder_book.scale import SLOTS, Scale
from adapters.market_recordings.row import Notice
from adapters.market_recordings.tap import MarketTap
from adapters.milliseconds import in_ms
from adapters.time_bound import FUTURE
from commands.exchange import Unread
from commands.feed import FeedState
from domain.book.book import Book, BookState, BookTerms, Taken
from domain.book.depth import Depth, PublicTrade
from domain.book.frame import BookFrame
from domain.book.sweep import Sweep
from domain.direction import Side
from domain.errors import InvalidInput

_log = logging.getLogger(__name__)
_MOST_TRADES = 100_000
_MOST_UNREAD = 1_000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_FUTURE_MS = FUTURE // timedelta(milliseconds=1)


def utc_now() -> datetime:
    return datetime.now(UTC)


class BookListener(Protocol):
    """Hears of every change of the books and of every trade, in order. Its calls must be short: they delay the feed."""

    def changed(self, depth: Depth) -> None:
        """The book is known, and has these best levels now."""
        ...

    def lost(self, instrument: str, why: str) -> None:
        """The book is not known any more."""
        ...

    def traded(self, trade: PublicTrade) -> None:
        """The next trade of the market."""
        ...


_Numbers = tuple[int, int]
"""The update and the sequence number of a book."""
LISTENED_LEVELS = 200
"""The best levels of each side that a listener gets: as many as the analysis reads (`domain/book/analysis`)."""


class _Kept:
    """A book, when its last message came, the trades that nobody took in time, and the requests for a snapshot since
    the book was last known. `silent_at` are the numbers of the book that was lost by silence, None after any news."""

    def __init__(self, book: Book, scale: Scale | None) -> None:
        self.book, self.scale = book, scale
        self.heard_at: datetime | None = None
        self.requests, self.request_at, self.dropped = 0, 0.0, 0
        self.silent_at: _Numbers | None = None
        self.has_repeated = False
        """Whether the exchange has answered with the book that was lost by silence."""

    def repeats(self, frame: BookFrame) -> bool:
        """Whether the message is a snapshot of the book that was lost by silence. Any other one is news."""
        if frame.is_snapshot and self.silent_at == (frame.last, frame.sequence):
            self.has_repeated = True
            return True
        if self.has_repeated:
            self.requests, self.request_at = 0, 0.0  # the back-off was that of a market without news
        self.forget_silence()
        return False

    def forget_silence(self) -> None:
        """The next snapshot is taken, whatever its numbers."""
        self.silent_at, self.has_repeated = None, False


class BookShelf:
    """`clock` returns this machine's time (UTC), `seconds` that of a clock which never goes back. `tap` gets each
    message of a book, and a notice where a connection begins and where messages are missing. `listener` gets the
    books themselves.

    A book that was lost by silence stays lost until there is news of it. An exchange whose market stands still answers
    each request with the same snapshot; the book would be stale again after its patience, and so in turns. Such a
    snapshot changes nothing, and the tap does not get it.

    The books of instruments in `scales` are fast, with so many `slots`; the others are plain. A fast book that does not
    fit what the exchange sends is replaced by a plain one.
    """

    def __init__(
        self,
        instruments: Sequence[str],
        terms: BookTerms,
        *,
        clock: Callable[[], datetime] = utc_now,
        seconds: Callable[[], float] = time.monotonic,
        tap: MarketTap | None = None,
        listener: BookListener | None = None,
        scales: Mapping[str, Scale] | None = None,
        slots: int = SLOTS,
    ) -> None:
        """Raises MissingParts for scales without the extra `fast`."""
        self._tap, self._listener, self._slots = tap, listener, slots
        self._clock, self._seconds, self._terms = clock, seconds, terms
        self._kept = {name: self._new(name, (scales or {}).get(name)) for name in sorted(instruments)}
        self._trades: deque[PublicTrade] = deque()
        self._unread: deque[Unread] = deque(maxlen=_MOST_UNREAD)
        self._lock = Lock()

    def lose(self, instruments: Collection[str], why: str) -> None:
        """Declares a gap of those books that are known, for a reason of the caller: each is requested anew."""
        with self._lock:
            now = self._seconds()
            for name in instruments:
                kept = self._kept[name]
                if kept.book.state(now) is BookState.KNOWN:
                    kept.book.begin()  # its next snapshot may have the numbers that the book has
                    kept.book.lose(why)
                    self._declare(kept.book)

    def begin(self, instruments: Sequence[str]) -> None:
        """A new connection of these instruments: their books are awaited anew."""
        with self._lock:
            for name in instruments:
                kept = self._kept[name]
                kept.book.begin()
                kept.forget_silence()
                if self._tap is not None:
                    self._tap.notice(name, Notice.CONNECTED)
                if self._listener is not None:
                    self._listener.lost(name, "the connection has begun anew")
                kept.requests, kept.request_at = 0, self._seconds() + _FIRST_PAUSE

    def take(self, instrument: str, frame: BookFrame) -> Taken:
        """See `Book.take`. Raises InvalidInput for a message whose time lies ahead of this machine's clock."""
        heard_at = self._clock()
        if frame.matched_ms > in_ms(heard_at) + _FUTURE_MS:
            raise InvalidInput(f"its time {frame.matched_ms} ms lies ahead of this machine's clock")
        with self._lock:
            kept = self._kept[instrument]
            if kept.repeats(frame):
                kept.heard_at = heard_at
                return Taken.OLD
            taken = kept.book.take(frame, self._seconds())
            if kept.scale is not None and taken in (Taken.GAP, Taken.REPLACED):
                taken = self._fitted(kept, kept.scale, frame, taken)
            if self._tap is not None:
                self._tap.book(instrument, self._terms.depth or 0, frame)
                if taken is Taken.GAP:
                    self._tap.notice(instrument, Notice.GAP, kept.book.why)
            kept.heard_at = heard_at
            if self._listener is not None:
                _pass_on(self._listener, kept.book, taken, heard_at)
            if taken is Taken.REPLACED:
                kept.requests = 0
            elif taken is Taken.HELD and not kept.requests:
                kept.request_at = 0.0
            return taken

    def is_fast(self, instrument: str) -> bool:
        """Whether the book of the instrument is a fast one now."""
        return self._kept[instrument].scale is not None

    def hear(self, instruments: Sequence[str]) -> None:
        """Takes any frame of the connection of these instruments: see `Book.hear`."""
        with self._lock:
            now = self._seconds()
            for name in instruments:
                self._kept[name].book.hear(now)

    def reach(self, instrument: str, update: int) -> None:
        """Takes the update that the market has reached, by a stream other than that of the book."""
        with self._lock:
            book = self._kept[instrument].book
            if update > book.update:
                book.fall_behind(self._seconds())

    def add_trades(self, trades: Sequence[PublicTrade]) -> None:
        """Keeps trades for `trades`, or passes them to the listener.

        A trade changes the book, so one that is later than its book is ahead of it."""
        with self._lock:
            now = self._seconds()
            for one in trades:
                book = self._kept[one.instrument].book
                if one.matched_ms > book.matched_ms:
                    book.fall_behind(now)
            if self._listener is not None:
                for one in trades:
                    self._listener.traded(one)
                return
            self._trades.extend(trades)
            while len(self._trades) > _MOST_TRADES:
                self._kept[self._trades.popleft().instrument].dropped += 1

    def add_unread(self, content: str, reason: str) -> None:
        """Keeps a message for `unread`."""
        with self._lock:
            self._unread.append(Unread(content, reason))

    def requests(self, instruments: Sequence[str]) -> list[str]:
        """The instruments whose snapshot is to be requested now, after a gap or a silence, or before the market
        leaves the levels of the last one; each with a back-off.

        Where the exchange sends no snapshot by itself, also those whose first snapshot is awaited.
        """
        with self._lock:
            now = self._seconds()
            return [name for name in instruments if self._is_requested(self._kept[name], now)]

    def awaited(self, instruments: Sequence[str]) -> list[str]:
        """The instruments whose snapshots have not come."""
        with self._lock:
            now = self._seconds()
            return [name for name in instruments if self._is_awaited(self._kept[name], now)]

    def depth(self, instrument: str, count: int) -> Depth | None:
        """See `BookFeed.depth`."""
        with self._lock:
            book = self._known(instrument)
            return None if book is None else book.depth(count, in_ms(self._clock()))

    def sweep(self, instrument: str, side: Side, size: Decimal) -> Sweep | None:
        """See `BookFeed.sweep`."""
        with self._lock:
            book = self._known(instrument)
            return None if book is None else book.sweep(side, size)

    def trades(self) -> Sequence[PublicTrade]:
        """See `BookFeed.trades`."""
        with self._lock:
            found = list(self._trades)
            self._trades.clear()
            return found

    def unread(self) -> Sequence[Unread]:
        """See `BookFeed.unread`."""
        with self._lock:
            found = list(self._unread)
            self._unread.clear()
            return found

    def states(self, faults: Mapping[str, str]) -> Sequence[FeedState]:
        """See `BookFeed.states`; `faults` are those of the connections by instrument, empty where one stands."""
        with self._lock:
            now = self._seconds()
            return [self._state(kept, now, faults[name]) for name, kept in self._kept.items()]

    def _new(self, instrument: str, scale: Scale | None) -> _Kept:
        if scale is None:
            return _Kept(Book(instrument, self._terms), None)
        check_extras("a fast order book", FAST)
        from adapters.ladder_book.fast_book import fast_book

        return _Kept(fast_book(instrument, self._terms, scale, self._slots), scale)

    def _fitted(self, kept: _Kept, scale: Scale, frame: BookFrame, taken: Taken) -> Taken:
        """Replaces a fast book whose scale or number of slots does not fit the message; returns what became of it."""
        if taken is Taken.GAP:
            why = scale.misfit((*frame.bids, *frame.asks))
        else:
            why = f"its levels lie more than {self._slots:,} ticks apart" if kept.book.is_running_out else ""
        if not why:
            return taken
        old = kept.book
        _log.warning("the book of %s is plain from now on: %s", old.instrument, why)
        kept.book, kept.scale = Book(old.instrument, self._terms), None
        kept.book.gaps, kept.book.refused = old.gaps - (taken is Taken.GAP), old.refused
        return kept.book.take(frame, self._seconds()) if frame.is_snapshot else kept.book.lose(why)

    def _is_requested(self, kept: _Kept, now: float) -> bool:
        book = kept.book
        state = book.state(now)
        if state is BookState.STALE:
            why = "no change of the book came after the market moved" if book.is_behind else "nothing came"
            kept.silent_at = None if book.is_behind else (book.update, book.sequence)
            book.begin()  # the numbers of the exchange may have begun anew, so any snapshot is taken
            book.lose(f"{why} for {self._terms.patience:g} s")
            self._declare(book)
        elif (state is BookState.KNOWN and not book.is_running_out) or (
            state is BookState.AWAITED and not self._terms.rule.holds_early
        ):
            return False
        if now < kept.request_at:
            return False
        kept.requests += 1
        kept.request_at = now + random_pause(kept.requests, _FIRST_PAUSE, _LONGEST_PAUSE)
        return True

    def _is_awaited(self, kept: _Kept, now: float) -> bool:
        return not kept.has_repeated and kept.book.state(now) in (BookState.AWAITED, BookState.GAP)

    def _declare(self, book: Book) -> None:
        if self._tap is not None:
            self._tap.notice(book.instrument, Notice.GAP, book.why)
        if self._listener is not None:
            self._listener.lost(book.instrument, book.why)

    def _known(self, instrument: str) -> Book | None:
        kept = self._kept.get(instrument)
        if kept is None:
            raise InvalidInput(f"this feed has no book of {instrument}; it has {', '.join(self._kept)}")
        return kept.book if kept.book.state(self._seconds()) is BookState.KNOWN else None

    def _state(self, kept: _Kept, now: float, fault: str) -> FeedState:
        book = kept.book
        state = book.state(now)
        return FeedState(
            instrument=book.instrument,
            is_live=not fault and state is BookState.KNOWN,
            heard_at=kept.heard_at,
            dropped=kept.dropped,
            fault=fault or book.why or ("" if state is BookState.KNOWN else f"the book is {state.name}"),
            gaps=book.gaps,
            refused=book.refused,
        )


def _pass_on(listener: BookListener, book: Book, taken: Taken, heard_at: datetime) -> None:
    if taken in _CHANGES:
        listener.changed(book.depth(LISTENED_LEVELS, in_ms(heard_at)))
    elif taken is Taken.GAP:
        listener.lost(book.instrument, book.why)


_CHANGES = frozenset({Taken.CHANGED, Taken.REPLACED})
