"""The metrics of a process that publishes readings of order books, and of one that reads them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from adapters.metrics import catalogue
from adapters.metrics.registry import counter, gauge
from domain.market import BookReading


class BooksMetrics:
    """Counts what a publisher of an exchange's books does, from any thread."""

    def __init__(self, exchange: str, registry: CollectorRegistry) -> None:
        self._exchange = exchange
        self._leases = counter(catalogue.BOOK_LEASES, registry)
        self._readings = counter(catalogue.BOOK_READINGS_SENT, registry)
        self._held = gauge(catalogue.BOOKS_HELD, registry).labels(exchange)
        self._known = gauge(catalogue.BOOKS_KNOWN, registry).labels(exchange)
        self._dropped = gauge(catalogue.BOOK_READINGS_DROPPED, registry).labels(exchange)
        self._unpublished = gauge(catalogue.BOOKS_UNPUBLISHED, registry).labels(exchange)

    def leased(self, change: str) -> None:
        """A lease was taken or given."""
        self._leases.labels(self._exchange, change).inc()

    def published(self, reading: BookReading) -> None:
        """A reading was sent."""
        self._readings.labels(self._exchange, "known" if reading.is_known else "unknown").inc()

    def show(self, *, held: int, known: int, dropped: int, unpublished: int) -> None:
        """The state after a step."""
        self._held.set(held)
        self._known.set(known)
        self._dropped.set(dropped)
        self._unpublished.set(unpublished)
