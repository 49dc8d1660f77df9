"""The engine's metrics: an observer that times units of work and counts candles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from prometheus_client import CollectorRegistry

from adapters.metrics import catalogue
from adapters.metrics.registry import counter, gauge, histogram
from adapters.metrics.scores import ScoreMetrics
from commands.observer import ReadingOutcome
from domain.log import Envelope
from domain.model import ModelRole
from domain.order import OrderPlaced
from domain.signal import DecisionMade


class EngineMetrics:
    """A `commands.observer.Observer`, `ScoreTimes`, `BookCounts`, `RecordCounts` and `RouteCounts`. Its metrics are of
    this process, and zero when it starts.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._candles = counter(catalogue.CANDLES, registry)
        self._decision = histogram(catalogue.SIGNAL_TO_DECISION, registry)
        self._order = histogram(catalogue.DECISION_TO_ORDER, registry)
        self._append = histogram(catalogue.APPEND, registry)
        self._scores = ScoreMetrics(registry)
        self._score_seconds = histogram(catalogue.SCORE_SECONDS, registry)
        self._readings = counter(catalogue.BOOK_READINGS, registry)
        self._passed_over = counter(catalogue.BOOK_PASSED_OVER, registry)
        self._records = counter(catalogue.BOOK_RECORDS, registry)
        self._unpublished = gauge(catalogue.BOOKS_MISSED, registry)
        self._routes_refused = counter(catalogue.ROUTES_REFUSED, registry)

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        """See `Observer`."""
        self._candles.labels(instrument).inc()

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        """See `Observer`."""
        happened = {type(envelope.event) for envelope in envelopes}
        self._append.observe(appended)
        for envelope in envelopes:
            self._scores.take(envelope)
        if DecisionMade in happened:
            self._decision.observe(worked)
        if OrderPlaced in happened:
            self._order.observe(appended)

    def scored(self, role: ModelRole, seconds: float) -> None:
        """See `commands.observer.ScoreTimes`."""
        self._score_seconds.labels(role).observe(seconds)

    def read_books(self, outcome: ReadingOutcome, count: int) -> None:
        """See `commands.observer.BookCounts`."""
        self._readings.labels(outcome).inc(count)

    def passed_over(self, count: int) -> None:
        """See `commands.observer.BookCounts`."""
        self._passed_over.inc(count)

    def read_record(self, outcome: str) -> None:
        """See `commands.observer.RecordCounts`."""
        self._records.labels(outcome).inc()

    def unpublished(self, count: int) -> None:
        """See `commands.observer.RecordCounts`."""
        self._unpublished.set(count)

    def refused_route(self, instrument: str, wrong: str) -> None:
        """See `commands.observer.RouteCounts`."""
        self._routes_refused.labels(instrument, wrong).inc()
