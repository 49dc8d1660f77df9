"""Readings of an order book, computed by the analysis from levels and trades as a feed of books would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

from domain.book.analysis.book_analysis import BookAnalysis
from domain.book.analysis.table import row_of
from domain.book.depth import Depth, PublicTrade
from domain.market import BookReading, Level
from domain.strategies.book_figures import TABLE

LEVELS = 50
EVERY_MS = 100


def readings_of(messages: Iterable[Depth | PublicTrade], name: str) -> Iterator[BookReading]:
    """A reading at most every 100 ms, after the message that makes it due, with the best 50 levels of each side."""
    analysis, last = BookAnalysis(name), 0
    for one in messages:
        if isinstance(one, PublicTrade):
            analysis.on_trade(one)
            continue
        analysis.on_depth(one)
        if one.matched_ms - last >= EVERY_MS:
            last = one.matched_ms
            yield _reading(analysis, one)


def _reading(analysis: BookAnalysis, depth: Depth) -> BookReading:
    return BookReading(
        instrument=depth.instrument,
        at=datetime.fromtimestamp(depth.matched_ms / 1_000, UTC),
        update_id=depth.update_id,
        is_known=True,
        bids=_levels(depth.bid_prices.tolist(), depth.bid_sizes.tolist()),
        asks=_levels(depth.ask_prices.tolist(), depth.ask_sizes.tolist()),
        figures=TABLE,
        values=row_of(analysis, analysis.last_ms),
    )


def _levels(prices: list[float], sizes: list[float]) -> tuple[Level, ...]:
    pairs = zip(prices[:LEVELS], sizes[:LEVELS], strict=True)
    return tuple(Level(Decimal(str(price)), Decimal(str(size))) for price, size in pairs)
