"""The observers: are notified of the engine's candles and units, and change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from domain.candle import Candle
from domain.log import Envelope
from domain.model import ModelRole


class Observer(Protocol):
    """The engine's thread calls these methods between two units; they must return at once and raise nothing."""

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """A candle of the instrument closed at the price `close` (quote currency), at the market's time `at`."""
        ...

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """One unit of work is durable. Not called for recalled units.

        `worked` is the time from the stimulus to its last decision, `appended` the time from that decision until the
        log responded, both in wall-clock seconds. If `envelopes` hold a DecisionMade, `worked` is the time from signal
        to decision. If they hold an OrderPlaced, `appended` is the time from decision to durable order intent.
        """
        ...


class CandleObserver(Protocol):
    """The engine's thread calls this method between two units; it must return at once and raise nothing."""

    def closed(self, candles: Sequence[Candle]) -> None:
        """The engine has taken these closed candles, in order: those of the market, and past ones that warm strategies.
        A candle can come again, after a restart or a recall of the log.
        """
        ...


@runtime_checkable
class ScoreTimes(Protocol):
    """An observer that is also notified of the time of each score. It must return at once and raise nothing."""

    def scored(self, role: ModelRole, seconds: float) -> None:
        """A model with this role took so many seconds for a score, on the clock of this machine."""
        ...


class ReadingOutcome(StrEnum):
    """What became of a reading of an order book.

    KNOWN and LOST, a book that is not known, reached the engine; REPLACED was replaced by a newer one before.
    """

    KNOWN = "KNOWN"
    LOST = "LOST"
    REPLACED = "REPLACED"


@runtime_checkable
class BookCounts(Protocol):
    """An observer that is also notified of readings of order books. Any thread may call it; it must return at once and
    raise nothing.
    """

    def read_books(self, outcome: ReadingOutcome, count: int) -> None:
        """So many readings had this outcome."""
        ...

    def passed_over(self, count: int) -> None:
        """So many changes of books and trades were not analysed, because the analysis was late."""
        ...


@runtime_checkable
class RecordCounts(Protocol):
    """An observer that is also notified of records of readings that other processes published. See `BookCounts`."""

    def read_record(self, outcome: str) -> None:
        """A record was taken, or refused for this reason (`adapters.book_topic.reader.Outcome`)."""
        ...

    def unpublished(self, count: int) -> None:
        """No process publishes the books of so many instruments that are read here."""
        ...


@runtime_checkable
class RouteCounts(Protocol):
    """An observer that is also notified of requests to other engines. See `BookCounts`."""

    def refused_route(self, instrument: str, wrong: str) -> None:
        """A request to the engine of the instrument failed, because what is at its address does not serve this one
        (`adapters.routing.faults.PeerWrong`).
        """
        ...
