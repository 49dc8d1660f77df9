"""Readings of order books made by hand: 12 levels a side of one unit each, a tenth apart, around a mid of 1,000."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.book.analysis.table import FIGURES
from domain.market import BookReading, Level
from domain.strategies.book_figures import TABLE

NAME = "BTCUSDT-LINEAR.BYBIT"
BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
NAMES = tuple(one.feature.name for one in FIGURES)
COUNT = 12
CALM: Mapping[str, float] = {
    "imbalance_1": 0.0,
    "imbalance_5": 0.0,
    "imbalance_20": 0.0,
    "microprice": 0.0,
    "spread": 2.0,
    "absorption": 0.5,
    "volume_delta": 0.0,
    "volume_ratio": 1.0,
    "value_place": 0.5,
    "value_width": 20.0,
    "control_share": 0.2,
    "control_distance": 0.0,
    "hot_density_bid": 3.0,
    "hot_density_ask": 3.0,
    "ofi_excess": 0.0,
    "volatility": 10.0,
    "spoofing_bid": 0.0,
    "spoofing_ask": 0.0,
}
"""The figures of a book in which nothing happens; its volatility is the usual one of the strategies."""


def a_side(best: str, step: str, strong: Mapping[str, str]) -> tuple[Level, ...]:
    """The levels from the best price on, each of one unit but those of `strong`, by their prices."""
    prices = [Decimal(best) + Decimal(step) * number for number in range(COUNT)]
    sizes = {Decimal(price): Decimal(size) for price, size in strong.items()}
    assert set(sizes) <= set(prices), "a strong level has a price that the book has not"
    return tuple(Level(price, sizes.get(price, Decimal(1))) for price in prices)


def a_book(
    number: int = 0,
    figures: Mapping[str, float | None] = CALM,
    *,
    strong: Mapping[str, str] | None = None,
    strong_asks: Mapping[str, str] | None = None,
) -> BookReading:
    """Reading `number`, 100 ms after the one before: bids from 999.9 down, asks from 1000.1 up; `strong` are bids.

    The figures are those of `CALM` but for `figures`.
    """
    values: Mapping[str, float | None] = {**CALM, **figures}
    return BookReading(
        instrument=NAME,
        at=BEGIN + number * timedelta(milliseconds=100),
        update_id=number + 1,
        is_known=True,
        bids=a_side("999.9", "-0.1", strong or {}),
        asks=a_side("1000.1", "0.1", strong_asks or {}),
        figures=TABLE,
        values=tuple(values.get(name) for name in NAMES),
    )


def a_gap(number: int) -> BookReading:
    """Reading `number` of a book that is not known."""
    return BookReading(
        instrument=NAME,
        at=BEGIN + number * timedelta(milliseconds=100),
        update_id=number + 1,
        is_known=False,
        why="a message is missing",
    )
