"""The feature set `book.1`: the features of the candles, and those of a book where one runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.book.analysis.book_row import BookRow
from domain.book.analysis.table import FIGURES
from domain.errors import InvalidInput
from domain.features.book import BOOK_1, BookFeatureReader
from domain.features.core import CORE_1
from domain.features.reader import FeatureReader
from domain.features.sets import SETS
from domain.portfolio import EMPTY
from tests.domain.features.markets import a_market, a_signal_at, in_order
from tests.domain.history import BTC, ETH

MARKET = a_market(6, 300)
AT = MARKET[ETH][-1].close_time
NOW_MS = int(AT.timestamp() * 1_000)
VALUES = tuple(float(number) for number in range(len(FIGURES)))


def a_book(at: int = NOW_MS, instrument: str = ETH, value: float = 0.0) -> BookRow:
    return BookRow(instrument=instrument, at=at, values=tuple(one + value for one in VALUES))


def read(*books: BookRow) -> tuple[float | None, ...]:
    """The figures of the book in the row of a signal after these rows of books."""
    reader, candles = BookFeatureReader(), FeatureReader()
    for candle in in_order(MARKET):
        reader.take(candle)
        candles.take(candle)
    for one in books:
        reader.take_book(one)
    signal = a_signal_at(MARKET, AT)
    row = reader.row(signal, AT, EMPTY)
    assert row.feature_set == BOOK_1.id
    count = len(CORE_1.features)
    assert row.values[:count] == candles.row(signal, AT, EMPTY).values
    return row.values[count:]


def test_the_set_is_core_1_and_the_figures_with_distinct_names() -> None:
    assert SETS[BOOK_1.id] is BOOK_1
    assert BOOK_1.features[: len(CORE_1.features)] == CORE_1.features
    assert len(set(BOOK_1.names)) == len(CORE_1.features) + len(FIGURES)


def test_a_row_has_the_figures_of_the_last_book_of_its_instrument() -> None:
    later = a_book(value=7.0)
    books = (a_book(NOW_MS - 500), later, a_book(NOW_MS - 400), a_book(instrument=BTC, value=9.0))
    assert read(*books) == later.values


@pytest.mark.parametrize("books", [(), (a_book(NOW_MS - 10_000),), (a_book(instrument=BTC),)])
def test_a_row_without_a_fresh_book_lacks_its_figures(books: tuple[BookRow, ...]) -> None:
    assert read(*books) == (None,) * len(FIGURES)


def test_a_book_of_the_future_is_refused() -> None:
    reader = BookFeatureReader()
    reader.take_book(a_book(NOW_MS + 5_001))
    with pytest.raises(InvalidInput, match="5001 ms later was read already"):
        reader.row(a_signal_at(MARKET, AT), AT - timedelta(0), EMPTY)


def test_a_row_of_another_table_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has 1 values"):
        BookFeatureReader().take_book(BookRow(instrument=ETH, at=NOW_MS, values=(1.0,)))
