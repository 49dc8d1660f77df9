"""The two kinds of book, which the tests of this folder hold to one behaviour."""

from __future__ import annotations

from decimal import Decimal
from importlib.util import find_spec
from typing import Protocol

import pytest

from domain.book.book import Book, BookTerms

TICK = Decimal("0.05")
"""Of the messages in `frames`."""


class NewBook(Protocol):
    """Makes a book; `tick` is the step of its prices, whose sizes have one decimal."""

    def __call__(self, instrument: str, terms: BookTerms, tick: Decimal = TICK) -> Book: ...


def rows(instrument: str, terms: BookTerms, tick: Decimal = TICK) -> Book:
    """The plain book; it needs no tick."""
    return Book(instrument, terms)


def ladder(instrument: str, terms: BookTerms, tick: Decimal = TICK) -> Book:
    """The fast book."""
    from adapters.ladder_book.fast_book import fast_book
    from adapters.ladder_book.scale import Scale

    return fast_book(instrument, terms, Scale(tick=tick, size_places=1))


def short_ladder(instrument: str, terms: BookTerms, tick: Decimal = TICK) -> Book:
    """The fast book with so few slots that levels fall out of it."""
    from adapters.ladder_book.fast_book import fast_book
    from adapters.ladder_book.scale import Scale

    return fast_book(instrument, terms, Scale(tick=tick, size_places=1), slots=12)


WITHOUT_NUMBA = pytest.mark.skipif(find_spec("numba") is None, reason="needs the extra `fast`")
KINDS = (rows, pytest.param(ladder, marks=WITHOUT_NUMBA))
"""For tests in which no level falls out of a ladder."""

ALL_KINDS = (*KINDS, pytest.param(short_ladder, marks=WITHOUT_NUMBA))
