"""The direction of a position, and the side and purpose of an order.

Only this module maps directions to sides and sides to directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Direction(StrEnum):
    """The side of a position: LONG gains when the price rises, SHORT when it falls."""

    LONG = "LONG"
    SHORT = "SHORT"

    @property
    def opposite(self) -> Direction:
        """The other direction."""
        return Direction.SHORT if self is Direction.LONG else Direction.LONG


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Purpose(StrEnum):
    """Why an order exists: ENTRY opens or increases a position, the others reduce or close it."""

    ENTRY = "ENTRY"
    STOP = "STOP"
    TARGET = "TARGET"
    REVERSAL = "REVERSAL"
    MANUAL = "MANUAL"
    LIQUIDATION = "LIQUIDATION"


PROTECTION = frozenset({Purpose.STOP, Purpose.TARGET})
"""The purposes of the orders that protect a position; they rest at the exchange, inactive until the entry fills."""

WAYS_OUT = frozenset({Purpose.REVERSAL, Purpose.MANUAL, Purpose.LIQUIDATION})
"""The purposes of the orders that close a position at once; a protective order closes it only after its trigger."""

_ENTRY_SIDES: Mapping[Direction, Side] = {Direction.LONG: Side.BUY, Direction.SHORT: Side.SELL}
_TOWARDS: Mapping[Side, Direction] = {side: direction for direction, side in _ENTRY_SIDES.items()}


def entry_side(direction: Direction) -> Side:
    """The side of the orders that open or increase a position in this direction."""
    return _ENTRY_SIDES[direction]


def exit_side(direction: Direction) -> Side:
    """The side of the orders that reduce or close a position in this direction."""
    return _ENTRY_SIDES[direction.opposite]


def towards(side: Side) -> Direction:
    """The direction of the position that an execution on this side opens or increases."""
    return _TOWARDS[side]
