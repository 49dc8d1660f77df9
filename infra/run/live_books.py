"""The order books of a live run: which instruments need one, and their readings as inputs of the engine."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from commands.book_readings import BookReadings
from commands.inputs import MarketMoved
from commands.observer import BookCounts, Observer, ReadingOutcome
from commands.watching import Instance
from domain.errors import InvalidSettings
from domain.features.book import BOOK_1
from domain.management.in_force import A_SCANNER, manages_by_books
from domain.market import BookReading
from domain.model import ModelsInForce
from domain.settings import Settings
from domain.strategies.book_figures import are_of_another_table
from infra.run.clock import SteadyClock
from infra.run.live_plan import BooksOf, Wake

_log = logging.getLogger(__name__)
MOST_AHEAD: Final = timedelta(seconds=2)
"""How far the clocks of the exchange and of this machine may be apart before a reading does not count."""


class LiveBooks:
    """The readings of the instruments that need a book; none where none does. `choose` makes the source of them."""

    def __init__(
        self,
        books_of: BooksOf | None,
        wake: Wake,
        clock: SteadyClock,
        observer: Observer | None = None,
        away: Collection[str] = (),
    ) -> None:
        """`observer` is notified of the readings where it counts them (`BookCounts`). `away` are the instruments of
        other engines whose books `books_of` can make, too.
        """
        self._books_of, self._wake, self._clock, self._away = books_of, wake, clock, away
        self._counts: BookCounts | None = None
        if isinstance(observer, BookCounts):
            self._counts = observer
        self._source: BookReadings | None = None
        self._lost: set[str] = set()
        self._instruments: Collection[str] = ()
        self._instances: Sequence[Instance] = ()
        self._named: Sequence[str] = ()
        self._missing: Sequence[str] = ()
        self._settings: Settings | None = None
        self._models: ModelsInForce | None = None

    def choose(
        self,
        instruments: Collection[str],
        instances: Sequence[Instance],
        settings: Settings,
        models: ModelsInForce,
        *,
        holds: bool = False,
    ) -> None:
        """Makes the source of those among the instruments that need a book; `holds` where a position is open.

        Raises InvalidSettings where settings or instances need one and the exchange's adapter has no books. Where a
        position is open it is a warning instead, because the position is to be managed, and entries are skipped. A
        model that reads books does not prevent a start: without a book its scores lack features.
        """
        self._instruments, self._instances = instruments, instances
        missing = self._open(settings, models)
        if missing and not holds:
            raise InvalidSettings(_no_books(missing))
        if missing:
            _log.warning("%s; positions are open: entries that need a book are skipped", _no_books(missing))

    def follow(self, settings: Settings, models: ModelsInForce) -> None:
        """Opens what settings or models need that were put in force after the start; logs a warning where this
        adapter has no books.
        """
        if settings is self._settings and models is self._models:
            return
        before, source, without = self._named, self._source, self._missing
        missing = self._open(settings, models)
        if missing and missing != without:
            _log.warning("%s; entries that need a book are skipped", _no_books(missing))
        if self._named != before:
            if source is not None:
                source.close()
            self.start()

    def _open(self, settings: Settings, models: ModelsInForce) -> Sequence[str]:
        """Makes the source where it lacks an instrument that needs a book; returns those for which none can be made."""
        self._settings, self._models = settings, models
        away = [name for name in settings.venues.fees_elsewhere if name in self._away]
        needed = [*with_books(self._instruments, self._instances, settings), *away]
        if self._books_of is None:
            self._missing = needed
            return needed
        named = [*self._instruments, *away] if reads_books(models) else needed
        if not set(named) <= set(self._named):
            known = (*self._instruments, *self._away)
            self._named = [one for one in known if one in {*self._named, *named}]
            self._source = self._books_of(self._named, settings.book_readings, self._wake)
        return ()

    def start(self) -> None:
        """Begins to receive."""
        if self._source is not None:
            self._source.start()

    def close(self) -> None:
        """Ends connections and threads; idempotent."""
        if self._source is not None:
            self._source.close()

    def moves(self) -> Iterator[MarketMoved]:
        """The readings that arrived since the last call, as one input; none where nothing arrived.

        A reading whose figures are of another version of the program, or whose time is more than `MOST_AHEAD` after the
        engine's, is not known: one of them must neither end the run nor move its clock.
        """
        given = () if self._source is None else self._source.readings()
        if given:
            now = self._clock.tick()
            found = tuple(_usable(one, now) for one in given)
            self._count(found)
            self._state(found)
            self._clock.not_before(max(one.at for one in found))
            yield MarketMoved(self._clock.tick(), found)

    def _count(self, found: Sequence[BookReading]) -> None:
        if self._counts is not None:
            known = sum(one.is_known for one in found)
            self._counts.read_books(ReadingOutcome.KNOWN, known)
            self._counts.read_books(ReadingOutcome.LOST, len(found) - known)

    def _state(self, found: Sequence[BookReading]) -> None:
        """Logs a line where a book is lost, and one where it is known again."""
        for one in found:
            if not one.is_known and one.instrument not in self._lost:
                self._lost.add(one.instrument)
                _log.warning(
                    "the order book of %s is lost, entries that need it wait: %s", one.instrument, one.why
                )
            elif one.is_known and one.instrument in self._lost:
                self._lost.remove(one.instrument)
                _log.warning("the order book of %s is known again", one.instrument)


def _no_books(instruments: Sequence[str]) -> str:
    return (
        "trading.book.required, trading.venues.equal, or a strategy or rule that reads books, needs the order book of "
        f"{', '.join(instruments)}, and this exchange's adapter has no books at exchange speed: trade on bybit, read "
        'those of `whence books publish` (book_source = "topic"), or switch those off'
    )


def _usable(reading: BookReading, now: datetime) -> BookReading:
    """The reading, or in its place that its book is not known at `now` (UTC). Its suspicions stay: they are evidence of
    what was seen, whether the book is to be traded or not, and each is stated once.
    """
    why = ""
    if reading.at - now > MOST_AHEAD:
        seconds = (reading.at - now).total_seconds()
        why = f"its reading is of {seconds:.1f} s ahead of this machine's clock; set the clocks right"
    elif are_of_another_table(reading):
        why = f"its figures are of another version of the program ({reading.figures or 'none'}, not {BOOK_1.id})"
    if not why:
        return reading
    return BookReading(
        instrument=reading.instrument,
        at=min(reading.at, now),
        update_id=reading.update_id,
        is_known=False,
        why=why,
        suspicions=reading.suspicions,
    )


def with_books(
    instruments: Collection[str], instances: Sequence[Instance], settings: Settings
) -> Sequence[str]:
    """The instruments that need a book: those of instances that read books, must have one, or whose positions are
    managed by them, and equal ones. All of them where that is required, or where rules on books manage the positions of
    scanners, which may open one in any instrument.
    """
    equal = settings.venues.instruments
    needing = [
        one
        for one in instances
        if one.reads_books or settings.book_of(one.id).required or manages_by_books(one.id, settings)
    ]
    needs_all = settings.book.required or manages_by_books(A_SCANNER, settings)
    return [
        name for name in instruments if needs_all or name in equal or any(one.trades(name) for one in needing)
    ]


def reads_books(models: ModelsInForce) -> bool:
    """Whether a model in force reads the figures of books."""
    return any(one.feature_set == BOOK_1.id for _role, one in models.scoring)
