"""The stop behind levels of the order book: from a profit on it follows the strong levels that protect the position.

It acts at readings of a known book alone. While the book has a gap or is stale nothing is moved, and the stop stays
where it rests. A level that is withdrawn moves nothing back, because a stop is only ever tightened.
"""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT, ONE
from domain.managed import Rule
from domain.management.action import Finding, MoveStop
from domain.management.reading import Reading
from domain.management.stops import moved_stop
from domain.management.strong_book import evidence_of


def book_stop(reading: Reading) -> Finding | None:
    """Moves the stop behind the nearest strong level that leaves it `book_distance` of the price, by `book_behind`."""
    settings, profit, price = reading.settings, reading.profit, reading.price
    if not settings.book_stop_at or reading.book is None or profit is None or price is None:
        return None
    if profit < settings.book_stop_at:
        return None
    farthest = _against(reading, price.price, settings.book_distance)
    for level in reading.book.behind(reading.state.direction):
        found = _against(reading, level.price, settings.book_behind)
        if (found <= farthest) if reading.is_long else (found >= farthest):
            stop = moved_stop(reading, found, towards_price=False)
            figures = {"from_profit": f"{settings.book_stop_at:f}", **evidence_of(level)}
            return None if stop is None else Finding(Rule.BOOK_STOP, MoveStop(stop), figures)
    return None


def _against(reading: Reading, price: Decimal, share: Decimal) -> Decimal:
    """The price (quote currency) this share of itself against the position."""
    factor = EXACT.subtract(ONE, share) if reading.is_long else EXACT.add(ONE, share)
    return EXACT.multiply(price, factor)
