"""A `Book` whose sides are ladders."""

from __future__ import annotations

from adapters.ladder_book.ladder_side import LadderSide
from adapters.ladder_book.scale import SLOTS, Scale
from domain.book.book import Book, BookTerms
from domain.errors import InvalidInput


def fast_book(instrument: str, terms: BookTerms, scale: Scale, slots: int = SLOTS) -> Book:
    """Raises InvalidInput for terms with a checksum: it covers texts, which a ladder does not keep."""
    if terms.checksum is not None:
        raise InvalidInput(f"a ladder has no checksum; keep the book of {instrument} by its rows")
    return Book(
        instrument, terms, (LadderSide(scale, slots, is_bid=True), LadderSide(scale, slots, is_bid=False))
    )
