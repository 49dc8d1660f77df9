"""The trailing stop: from a profit on the stop follows the price in a distance, and never goes back.

It needs no highest price so far: a stop is only ever tightened, so the resting stop itself holds what was reached.
"""

from __future__ import annotations

from domain.arithmetic import EXACT, ONE
from domain.managed import Rule
from domain.management.action import Finding, MoveStop
from domain.management.reading import Reading
from domain.management.settings import TrailingLevel, trailing_levels
from domain.management.stops import moved_stop


def trailing_stop(reading: Reading) -> Finding | None:
    """Moves the stop to price·(1 - distance) for a long, price·(1 + distance) for a short.

    The distance is that of the highest level whose profit is reached.
    """
    level, price = level_reached(reading), reading.price
    if level is None or price is None:
        return None
    share = EXACT.subtract(ONE, level.distance) if reading.is_long else EXACT.add(ONE, level.distance)
    stop = moved_stop(reading, EXACT.multiply(price.price, share), towards_price=False)
    if stop is None:
        return None
    figures = {"from_profit": f"{level.profit:f}", "distance": f"{level.distance:f}"}
    return Finding(Rule.TRAILING_STOP, MoveStop(stop), figures)


def level_reached(reading: Reading) -> TrailingLevel | None:
    """The highest level of the trailing stop whose profit is reached; None below the first."""
    profit = reading.profit
    if profit is None:
        return None
    reached = [one for one in trailing_levels(reading.settings.trailing_levels) if profit >= one.profit]
    return reached[-1] if reached else None
