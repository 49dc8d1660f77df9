"""The metrics of a publisher of order books."""

from __future__ import annotations

from datetime import UTC, datetime

from prometheus_client import generate_latest

from adapters.metrics.books import BooksMetrics
from adapters.metrics.catalogue import BOOKS, series_of
from adapters.metrics.registry import new_registry
from domain.market import BookReading


def test_every_metric_of_a_publisher_of_books_is_counted_by_its_exchange() -> None:
    registry = new_registry()
    metrics = BooksMetrics("bybit", registry)
    for change in ("taken", "given"):
        metrics.leased(change)
    for is_known in (True, True, False):
        at = datetime(2026, 3, 1, tzinfo=UTC)
        metrics.published(
            BookReading(instrument="BTCUSDT-LINEAR.BYBIT", at=at, update_id=1, is_known=is_known)
        )
    metrics.show(held=5, known=4, dropped=2, unpublished=3)
    text = generate_latest(registry).decode()
    assert all(any(f"{name}{{" in text for name in series_of(one)) for one in BOOKS)
    for line in (
        'whence_book_leases_total{change="given",exchange="bybit"} 1.0',
        'whence_book_readings_sent_total{exchange="bybit",state="known"} 2.0',
        'whence_books_held{exchange="bybit"} 5.0',
        'whence_books_known{exchange="bybit"} 4.0',
        'whence_book_readings_dropped{exchange="bybit"} 2.0',
        'whence_books_unpublished{exchange="bybit"} 3.0',
    ):
        assert line in text
