"""Several observers of one engine; observers can be added while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from commands.observer import BookCounts, Observer, ReadingOutcome, RecordCounts, RouteCounts, ScoreTimes
from domain.log import Envelope
from domain.model import ModelRole


def ignored(_: Envelope) -> None:
    """Ignores an event of the run; the read models read it from the log."""


class Watchers:
    """An `Observer` that notifies all added observers, in the order of addition; any thread may call `add`."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def add(self, observer: Observer) -> None:
        """Adds an observer, which is notified from the next candle on."""
        self._observers = (*self._observers, observer)

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `Observer`."""
        for observer in self._observers:
            observer.saw(instrument, close, at)

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `Observer`."""
        for observer in self._observers:
            observer.recorded(envelopes, worked, appended)

    def scored(self, role: ModelRole, seconds: float) -> None:
        """See `ScoreTimes`; observers that are none are not notified."""
        for observer in self._observers:
            if isinstance(observer, ScoreTimes):
                observer.scored(role, seconds)

    def read_books(self, outcome: ReadingOutcome, count: int) -> None:
        """See `BookCounts`; observers that are none are not notified."""
        for observer in self._observers:
            if isinstance(observer, BookCounts):
                observer.read_books(outcome, count)

    def passed_over(self, count: int) -> None:
        """See `BookCounts`; observers that are none are not notified."""
        for observer in self._observers:
            if isinstance(observer, BookCounts):
                observer.passed_over(count)

    def read_record(self, outcome: str) -> None:
        """See `RecordCounts`; observers that are none are not notified."""
        for observer in self._observers:
            if isinstance(observer, RecordCounts):
                observer.read_record(outcome)

    def unpublished(self, count: int) -> None:
        """See `RecordCounts`; observers that are none are not notified."""
        for observer in self._observers:
            if isinstance(observer, RecordCounts):
                observer.unpublished(count)

    def refused_route(self, instrument: str, wrong: str) -> None:
        """See `RouteCounts`; observers that are none are not notified."""
        for observer in self._observers:
            if isinstance(observer, RouteCounts):
                observer.refused_route(instrument, wrong)
