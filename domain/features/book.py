"""The feature set `book.1`: the features of `core.1`, and the figures of the instrument's order book."""

from __future__ import annotations

from datetime import datetime

import msgspec

from domain.book.analysis.book_analysis import STALE_MS
from domain.book.analysis.book_row import BookRow
from domain.book.analysis.table import FIGURES
from domain.candle import Candle
from domain.errors import InvalidInput
from domain.features.core import CORE_1
from domain.features.feature_set import Feature, FeatureRow, FeatureSet
from domain.features.reader import FeatureReader
from domain.market import BookReading
from domain.portfolio import Portfolio
from domain.signal import SignalDetected

_PREFIX = "book_"


def _of_book(feature: Feature) -> Feature:
    """The feature by a name that no feature of candles has."""
    return msgspec.structs.replace(feature, name=_PREFIX + feature.name)


BOOK_1 = FeatureSet("book", 1, (*CORE_1.features, *(_of_book(one.feature) for one in FIGURES)))
"""The features of `book.1`, in the order of a row's values: the names of the figures of a book begin with `book_`."""

_CLOCKS_DIFFER_MS = 5_000
"""By how much the time of a book, by the exchange's clock, may be later than the time of a row by ours."""
_NO_BOOK: tuple[None, ...] = (None,) * len(FIGURES)


class BookFeatureReader:
    """Reads closed candles as `FeatureReader`, and the rows of order books. A signal without a book lacks its figures.

    The last row of an instrument's book is used until it is ten seconds old.
    """

    __slots__ = ("_books", "_candles")

    feature_set = BOOK_1

    def __init__(self) -> None:
        self._candles = FeatureReader()
        self._books: dict[str, BookRow] = {}

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle of its instrument. Raises InvalidInput where its interval has changed."""
        self._candles.take(candle)

    def take_book(self, row: BookRow) -> None:
        """Takes the next row of an instrument's book; one that is older than the last is passed over.

        Raises InvalidInput for a row with another number of values than the table has figures.
        """
        if len(row.values) != len(FIGURES):
            raise InvalidInput(
                f"the row of the book of {row.instrument} has {len(row.values)} values; book.1 has {len(FIGURES)} "
                "figures: compute it by this version of the program"
            )
        last = self._books.get(row.instrument)
        if last is None or row.at >= last.at:
            self._books[row.instrument] = row

    def take_reading(self, reading: BookReading) -> None:
        """Takes the next reading of an instrument's book. One of a book that is not known, or with figures of another
        table, ends what was known of it.
        """
        if reading.is_known and reading.figures == BOOK_1.id and len(reading.values) == len(FIGURES):
            at = int(reading.at.timestamp() * 1_000)
            self.take_book(BookRow(instrument=reading.instrument, at=at, values=reading.values))
        else:
            self._books.pop(reading.instrument, None)

    def row(self, signal: SignalDetected, at: datetime, portfolio: Portfolio) -> FeatureRow:
        """The features of the signal at `at` (UTC, when it is recorded), with the portfolio before its unit of work.

        Raises InvalidInput where a candle or a book was taken that is later: a row would know the future.
        """
        core = self._candles.row(signal, at, portfolio)
        return FeatureRow(BOOK_1.id, (*core.values, *self._figures(signal.instrument, at)))

    def _figures(self, instrument: str, at: datetime) -> tuple[float | None, ...]:
        row = self._books.get(instrument)
        if row is None:
            return _NO_BOOK
        age = at.timestamp() * 1_000.0 - row.at
        if age < -_CLOCKS_DIFFER_MS:
            raise InvalidInput(
                f"features of {instrument} at {at.isoformat()}: a book of {-age:.0f} ms later was read already; take "
                "books and rows in order of time"
            )
        return row.values if age < STALE_MS else _NO_BOOK
