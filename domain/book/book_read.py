"""The order book with which an entry is judged, as the log holds it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from domain.direction import Side
from domain.market import BookReading, Level


class BookRead(Struct, frozen=True, gc=False, kw_only=True):
    """The best levels of a book at `at` (UTC), best first: the time of the matching engine, or the later one at which a
    book that nothing changed was confirmed (`BookReading.known_at`).

    `update_id` is the exchange's number of the update, -1 without one. `why` states why the book is not known; it is
    empty where the book is known. A book that is not known has no levels.
    """

    at: datetime
    update_id: int
    why: str = ""
    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()

    def taken_by(self, side: Side) -> tuple[Level, ...]:
        """The levels that a market order of this side takes, best first."""
        return self.asks if side is Side.BUY else self.bids


def read_of(reading: BookReading | None, now: datetime) -> BookRead:
    """The book of the last reading; without a reading it is not known at `now` (UTC)."""
    if reading is None:
        return BookRead(at=now, update_id=-1, why="no reading of the book has arrived yet")
    why = "" if reading.is_known else reading.why or "the book is not known"
    return BookRead(
        at=reading.known_at, update_id=reading.update_id, why=why, bids=reading.bids, asks=reading.asks
    )
