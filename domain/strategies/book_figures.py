"""The figures of a reading of an order book, by name."""

from __future__ import annotations

from dataclasses import Field, fields
from math import isfinite, nan
from typing import Any, ClassVar, Self

from domain.book.analysis.table import FIGURES
from domain.direction import Direction
from domain.errors import InvalidInput
from domain.market import BookReading

TABLE = "book.1"
"""The table of `domain/book/analysis/table.py`, as readings name it."""
_PLACES = {one.feature.name: place for place, one in enumerate(FIGURES)}


def are_of_another_table(reading: BookReading) -> bool:
    """Whether the reading has figures, and they are not those of this program's table."""
    if not reading.figures and not reading.values:
        return False
    return reading.figures != TABLE or len(reading.values) != len(FIGURES)


class BookFigures:
    """The figures of one reading; a missing one is nan. A reading without figures has none."""

    __slots__ = ("_values",)

    def __init__(self, reading: BookReading) -> None:
        """Raises InvalidInput for figures of another table."""
        if are_of_another_table(reading):
            raise InvalidInput(
                f"the reading {reading.update_id} of the book of {reading.instrument} has {len(reading.values)} "
                f"figures of the table {reading.figures!r}; strategies read the {len(FIGURES)} figures of {TABLE}: "
                "compute it by this version of the program"
            )
        self._values = reading.values

    def value(self, name: str) -> float:
        """The figure of this name, in the table's units; nan where it is missing."""
        found = self._values[_PLACES[name]] if self._values else None
        return nan if found is None else found


class RuleFigures:
    """The figures that a strategy reads: its dataclasses derive from this one, with a field for each of them.

    They have the four fields below among their own ones, in the order in which a proposal's inputs have them.
    """

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    control_distance: float
    volatility: float
    spoofing_bid: float
    spoofing_ask: float

    @classmethod
    def of(cls, reading: BookReading, **columns: str) -> Self:
        """The figures of a reading; nan where the table has none.

        A field is the figure of its own name, or of that which `columns` has for it. Raises InvalidInput for figures of
        another table.
        """
        value = BookFigures(reading).value
        found = {one.name: value(columns.get(one.name, one.name)) for one in fields(cls)}
        return cls(**found)

    @property
    def usable(self) -> bool:
        """Whether every figure is known and the market moves."""
        return self.volatility > 0.0 and isfinite(sum(getattr(self, one.name) for one in fields(self)))

    def spoofing(self, direction: Direction) -> float:
        """The suspicion of spoofing of the walls on the side of a position in this direction, 0..1."""
        return self.spoofing_bid if direction is Direction.LONG else self.spoofing_ask


_STRICTEST = 3.0


def strictness(volatility: float, usual: float) -> float:
    """By how much limits are stricter: the volatility / the usual one, from 1 to 3; never below 1."""
    return max(1.0, min(_STRICTEST, volatility / usual))


def raised(limit: float, strict: float) -> float:
    """A limit on a figure that is 1 at most: 1 - (1 - limit) / strictness."""
    return 1.0 - (1.0 - limit) / strict


def trend_of(control_distance: float, volatility: float) -> float:
    """The longer trend, -1..1: how far the mid price is above the price with the largest volume of 300 s, in
    volatilities of 120 s; 0 where nothing was traded.
    """
    if not isfinite(control_distance) or volatility <= 0.0:
        return 0.0
    return max(-1.0, min(1.0, control_distance / volatility))


def beyond_value_area(place: float, direction: Direction) -> float:
    """How far the mid is beyond the value area in this direction, in widths of it; negative within.

    `place` is `value_place` of the table: 0 at the low end of the area, 1 at its high end.
    """
    return place - 1.0 if direction is Direction.LONG else -place
