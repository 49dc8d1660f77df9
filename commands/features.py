"""The features of the models in force: one reader a feature set, while a model in force reads that set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from domain.candle import Candle
from domain.errors import InvalidInput
from domain.features.bars import LONGEST_BARS
from domain.features.book import BOOK_1, BookFeatureReader
from domain.features.core import CORE_1
from domain.features.feature_set import FeatureRow
from domain.features.reader import FeatureReader
from domain.market import BookReading
from domain.model import ModelsInForce
from domain.portfolio import Portfolio
from domain.signal import SignalDetected


class FeatureReading(Protocol):
    """Reads closed candles of all instruments, and returns the features of a signal."""

    def take(self, candle: Candle) -> None:
        """Takes one closed candle; those of an instrument come in order."""
        ...

    def row(self, signal: SignalDetected, at: datetime, portfolio: Portfolio) -> FeatureRow:
        """The features of the signal at this time (UTC), by the candles so far and this portfolio."""
        ...


@runtime_checkable
class BookFeatureReading(Protocol):
    """Reads the figures of order books, too."""

    def take_reading(self, reading: BookReading) -> None:
        """Takes the next reading of an instrument's book; one of a book that is not known ends what was known."""
        ...


Readers = Mapping[str, Callable[[], FeatureReading]]
"""By feature set, as `core.1`: what makes its reader."""

READERS: Readers = {CORE_1.id: FeatureReader, BOOK_1.id: BookFeatureReader}
"""The feature sets of this program."""


_SPAN = timedelta(hours=26)
_BARS = LONGEST_BARS + 1
"""What the longest window of a set reads: of time, and of candles (`domain/features/bars.py`)."""


def span_of(models: ModelsInForce, interval: timedelta) -> timedelta:
    """The time of candles that the features of the models in force need; none where no model scores."""
    return max(_SPAN, interval * _BARS) if models.is_scoring else timedelta(0)


class Features:
    """The readers in use. A set that no model in force reads costs nothing; a reader begins with its first candle."""

    def __init__(self, readers: Readers) -> None:
        self._readers, self._in_use = readers, dict[str, FeatureReading]()

    def are_read(self, models: ModelsInForce) -> bool:
        """Whether `read` has to be called with the next candles."""
        return models.is_scoring or bool(self._in_use)

    def read(self, candles: Iterable[Candle], models: ModelsInForce) -> None:
        """Takes these candles, for the sets that the models in force read."""
        scoring = models.scoring
        if not scoring:
            self._in_use.clear()
            return
        wanted = {one.feature_set for _role, one in scoring}
        self._in_use = {name: one for name, one in self._in_use.items() if name in wanted}
        for name in sorted(wanted - self._in_use.keys()):
            made = self._readers.get(name)
            if made is not None:
                self._in_use[name] = made()
        for candle in candles:
            self._take(candle)

    def read_books(self, readings: Iterable[BookReading]) -> None:
        """Takes these readings of order books, for the sets in use that have figures of books; see `read`."""
        readers = [one for one in self._in_use.values() if isinstance(one, BookFeatureReading)]
        if readers:
            for reading in readings:
                for reader in readers:
                    reader.take_reading(reading)

    def rows(self, signal: SignalDetected, at: datetime, portfolio: Portfolio) -> Mapping[str, FeatureRow]:
        """The features of a signal, by set; a set that this program lacks has none."""
        found: dict[str, FeatureRow] = {}
        for name, reader in self._in_use.items():
            try:
                found[name] = reader.row(signal, at, portfolio)
            except InvalidInput:
                # Its score then has the outcome FEATURES_MISSING; a feature must not stop the engine.
                continue
        return found

    def _take(self, candle: Candle) -> None:
        for name, reader in list(self._in_use.items()):
            try:
                reader.take(candle)
            except InvalidInput:
                # The candles that it has read do not continue: it begins again, and lacks its features until then.
                self._in_use[name] = self._readers[name]()
