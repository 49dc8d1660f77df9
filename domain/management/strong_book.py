"""The strong levels of a book at one reading, as the rules of the manager read them, and as their events state them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from domain.book.strong_levels import strong_levels
from domain.direction import Direction
from domain.market import BookReading, Level


class StrongBook(Struct, frozen=True, gc=False):
    """The strong levels of bids and asks, best first."""

    bids: Sequence[Level]
    asks: Sequence[Level]

    def behind(self, direction: Direction) -> Sequence[Level]:
        """The levels that protect a position in this direction: bids of a long, asks of a short; the nearest first."""
        return self.bids if direction is Direction.LONG else self.asks

    def ahead(self, direction: Direction) -> Sequence[Level]:
        """The levels in the way of its profit; the nearest first."""
        return self.behind(direction.opposite)


def strong_book(reading: BookReading | None, multiple: Decimal) -> StrongBook | None:
    """The levels with at least `multiple` median sizes of their side; None where no book is known."""
    if reading is None or not reading.is_known:
        return None
    return StrongBook(strong_levels(reading.bids, multiple), strong_levels(reading.asks, multiple))


def evidence_of(level: Level) -> dict[str, str]:
    """The figures by which an event states the level of its rule."""
    return {"level": f"{level.price:f}", "level_size": f"{level.size:f}"}


def book_read(figures: Mapping[str, str], side: Direction) -> StrongBook:
    """The book that an event was decided from, as its evidence states it: one level on the side of this direction."""
    level = (Level(Decimal(figures["level"]), Decimal(figures["level_size"])),)
    return StrongBook(level, ()) if side is Direction.LONG else StrongBook((), level)
