"""The feature sets of this program, by their id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.errors import Refused
from domain.features.book import BOOK_1
from domain.features.core import CORE_1
from domain.features.feature_set import FeatureSet

SETS: Final[Mapping[str, FeatureSet]] = {CORE_1.id: CORE_1, BOOK_1.id: BOOK_1}

_OF_BOOKS: Final = frozenset({BOOK_1.id})
"""The feature sets with figures of order books."""


def check_fed(name: str, *, has_books: bool) -> None:
    """Raises Refused for a feature set with figures of order books where no engine reads them.

    `has_books` is whether the engine has the book of every instrument. A set of another program passes.
    """
    if name in _OF_BOOKS and not has_books:
        fed = ", ".join(one for one in SETS if one not in _OF_BOOKS)
        raise Refused(
            f"{name} cannot be used by a model here: without trading.book.required the engine need not have an order "
            f"book, and every figure of one would be missing; set trading.book.required = true, or use {fed}"
        )
