"""The live books of one process: a feed for each instrument that somebody looks at, shared by all who look at it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Event, Lock, Thread

from adapters.book_view.seen import BookSeen
from adapters.book_view.watched import STEP_SECONDS, WatchedBooks
from commands.book_feed import BookFeed
from domain.errors import RefusedForNow

_log = logging.getLogger(__name__)
LINGER_SECONDS = 10.0
"""A feed is kept for so long after the last one left: a page that is loaded again finds its book."""

OpenFeed = Callable[[str], BookFeed]
"""The feed of an instrument's book, not started yet. Raises InvalidInput where no exchange of ours has its book."""


class SharedBooks:
    """Opens at most `most` books at the same time; calls may come from any thread."""

    def __init__(self, open_feed: OpenFeed, most: int, *, linger: float = LINGER_SECONDS) -> None:
        self._open_feed, self._most, self._linger = open_feed, most, linger
        self._open = dict[str, _Open]()
        self._lock = Lock()

    @contextmanager
    def looking(self, instrument: str) -> Generator[Callable[[int], BookSeen]]:
        """Within the block the book is read; yields the function that returns its best levels as they are now.

        Raises InvalidInput where the instrument has no book here, RefusedForNow where too many others are open.
        """
        book = self._taken(instrument)
        try:
            yield book.seen
        finally:
            with self._lock:
                book.leave()

    @property
    def instruments(self) -> list[str]:
        """The instruments whose feeds are open."""
        with self._lock:
            return sorted(self._open)

    def close(self) -> None:
        """Ends all feeds, and waits for their ends."""
        with self._lock:
            ending = list(self._open.values())
            self._open.clear()
        for book in ending:
            book.end()
        for book in ending:
            book.join()

    def _taken(self, instrument: str) -> _Open:
        with self._lock:
            book = self._open.get(instrument)
            if book is None:
                self._make_room()
                book = self._open[instrument] = _Open(
                    instrument, self._open_feed(instrument), self._linger, self._left, self._failed
                )
                book.start()
            book.enter()
            return book

    def _make_room(self) -> None:
        """Ends a book that nobody looks at, where all places are taken. Raises RefusedForNow where there is none."""
        if len(self._open) < self._most:
            return
        idle = next((name for name, book in self._open.items() if not book.lookers), None)
        if idle is None:
            raise RefusedForNow(
                f"{self._most} books are looked at already ({', '.join(sorted(self._open))}), as many as "
                "book_view.most allows: close one of them"
            )
        self._open.pop(idle).end()

    def _left(self, instrument: str, book: _Open) -> bool:
        """Removes the book if nobody has come meanwhile; returns whether its feed ends."""
        with self._lock:
            if book.lookers and self._open.get(instrument) is book:
                return False
            self._removed(instrument, book)
            return True

    def _failed(self, instrument: str, book: _Open) -> None:
        """Removes a book whose feed has failed; the next one who looks opens it anew."""
        with self._lock:
            self._removed(instrument, book)

    def _removed(self, instrument: str, book: _Open) -> None:
        if self._open.get(instrument) is book:
            del self._open[instrument]


class _Open:
    """One book, its thread, and how many look at it. The lock of `SharedBooks` guards `lookers`."""

    def __init__(
        self,
        instrument: str,
        feed: BookFeed,
        linger: float,
        left: Callable[[str, _Open], bool],
        failed: Callable[[str, _Open], None],
    ) -> None:
        self.lookers = 0
        self._instrument, self._feed, self._linger = instrument, feed, linger
        self._left, self._failed = left, failed
        self._watched = WatchedBooks(feed, (instrument,))
        self._left_at = time.monotonic()
        self._ending = Event()
        self._thread = Thread(target=self._run, name=f"book-{instrument}", daemon=True)

    def start(self) -> None:
        """Begins to read."""
        self._thread.start()

    def enter(self) -> None:
        """One more looks at the book."""
        self.lookers += 1

    def leave(self) -> None:
        """One of those has left."""
        self.lookers -= 1
        self._left_at = time.monotonic()

    def end(self) -> None:
        """Ends the feed soon."""
        self._ending.set()

    def join(self) -> None:
        """Waits for the end of the feed."""
        self._thread.join()

    def seen(self, levels: int) -> BookSeen:
        """See `WatchedBooks.seen`."""
        return self._watched.seen(self._instrument, levels)

    def _run(self) -> None:
        try:
            self._follow()
        except Exception as fault:  # noqa: BLE001  (fail closed: its last levels would look like those of now)
            _log.exception("the live book of %s has failed", self._instrument)
            self._watched.fail(f"its feed has failed: {type(fault).__name__}; open the book again")
            self._failed(self._instrument, self)
        finally:
            self._feed.close()

    def _follow(self) -> None:
        self._feed.start()
        while not self._ending.wait(STEP_SECONDS):
            self._watched.step()
            if self._is_idle() and self._left(self._instrument, self):
                break

    def _is_idle(self) -> bool:
        return not self.lookers and time.monotonic() - self._left_at >= self._linger
