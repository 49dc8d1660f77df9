"""What the strategies on books have in common: the watcher, and proposals at a reading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from domain.candle import Candle
from domain.direction import Direction
from domain.market import BookReading
from domain.strategies import Intent, Proposal
from domain.strategies.book_levels import price_of
from domain.strategies.book_pace import BookPace
from domain.strategies.levels import levels_around

INTERVAL = timedelta(seconds=1)
"""The interval of a proposal at a reading, which is of no candle. An entry may be sent until the book that it was
judged with is stale (`commands/processes/moment.py`)."""


class Levels(Struct, frozen=True, gc=False):
    """Stop and target of an entry, in quote currency."""

    stop: Decimal
    target: Decimal


class Sight(Protocol):
    """What a strategy reads of one book."""

    @property
    def side(self) -> Direction | None:
        """The direction in which it would enter; None for neither."""
        ...

    @property
    def turned(self) -> Direction | None:
        """The direction to which the book has turned, against a position in the other one; None for neither."""
        ...

    @property
    def trend(self) -> float:
        """The longer trend, -1..1."""
        ...

    @property
    def span(self) -> float:
        """The volatility of 120 s, in bps."""
        ...

    def levels(self, direction: Direction) -> Levels | None:
        """Stop and target of an entry in this direction; None where the book has no place for them."""
        ...

    def confidence(self, direction: Direction) -> float:
        """The confidence of an entry, 0..1."""
        ...

    def inputs(self, direction: Direction) -> Mapping[str, float]:
        """The figures of a proposal in this direction, by name."""
        ...


class BookRule(Protocol):
    """A strategy on books: it makes a `Sight` of each reading."""

    @property
    def name(self) -> str:
        """The name of the strategy."""
        ...

    def look(self, reading: BookReading) -> Sight | None:
        """What it reads of a book that is known; None where a figure that it needs is missing."""
        ...

    def forget(self) -> None:
        """The book is not known: what was concluded from it no longer holds."""
        ...


class PacedWatcher:
    """A strategy on the book of one instrument; it proposes by its pace."""

    __slots__ = ("_pace", "_rule")

    def __init__(self, rule: BookRule, readings: int, cooldown_seconds: float) -> None:
        self._rule, self._pace = rule, BookPace(readings, timedelta(seconds=cooldown_seconds))

    def on_candle(self, candle: Candle) -> Proposal | None:
        """None: the strategy proposes nothing at candles."""
        return None

    def on_book(self, reading: BookReading) -> Proposal | None:
        """Takes the next reading of its instrument, in time order; returns an entry, else an exit, else None.

        Raises InvalidInput for figures of another table.
        """
        pace = self._pace
        if pace.is_after_silence(reading.at):
            self._forget()
        if not reading.is_known or not reading.bids or not reading.asks:
            self._forget()
            return None
        sight = self._rule.look(reading)
        if sight is None:
            self._forget()
            return None
        entering = pace.entering(reading.at, sight.side)
        leaving = pace.leaving(sight.turned)
        if entering is not None and (proposal := _entry(reading, self._rule.name, sight, entering)):
            pace.entered(reading.at, entering)
            return proposal
        if leaving is not None and (proposal := _exit(reading, self._rule.name, sight, leaving)):
            pace.left(leaving)
            return proposal
        return None

    def _forget(self) -> None:
        self._pace.reset()
        self._rule.forget()


def _entry(reading: BookReading, strategy: str, sight: Sight, direction: Direction) -> Proposal | None:
    price, levels = price_of(reading, direction), sight.levels(direction)
    if levels is None or not _is_between(price, direction, levels):
        return None
    return _proposal(
        reading, strategy, sight, direction, Intent.ENTER, levels, confidence=sight.confidence(direction)
    )


def _is_between(price: Decimal, direction: Direction, levels: Levels) -> bool:
    below, above = (
        (levels.stop, levels.target) if direction is Direction.LONG else (levels.target, levels.stop)
    )
    return 0 < below < price < above


def _exit(reading: BookReading, strategy: str, sight: Sight, direction: Direction) -> Proposal | None:
    """An EXIT opens nothing, so its levels are only one volatility away."""
    price = price_of(reading, direction)
    span = float(price) * sight.span / 10_000.0
    found = levels_around(direction, price, span, span)
    if found is None:
        return None
    return _proposal(reading, strategy, sight, direction, Intent.EXIT, Levels(*found), confidence=1.0)


def _proposal(
    reading: BookReading,
    strategy: str,
    sight: Sight,
    direction: Direction,
    intent: Intent,
    levels: Levels,
    *,
    confidence: float,
) -> Proposal:
    return Proposal(
        strategy=strategy,
        instrument=reading.instrument,
        interval=INTERVAL,
        direction=direction,
        intent=intent,
        confidence=confidence,
        trend=sight.trend,
        price=price_of(reading, direction),
        stop=levels.stop,
        target=levels.target,
        inputs=sight.inputs(direction),
    )
