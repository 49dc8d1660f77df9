"""Stops that a rule may move: only towards the price, never beyond it, and by at least the least move."""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT
from domain.instrument import fitted, round_down, round_up
from domain.managed import ManagedBy
from domain.management.reading import Reading


def moved_stop(reading: Reading, level: Decimal, *, towards_price: bool) -> Decimal | None:
    """The stop on the instrument's tick at this level (quote currency), rounded towards the price or away from it.

    None where the stop cannot be moved now, where it would be no tighter by the least move, and where the price is at
    the level or beyond it.
    """
    stop, least, price = reading.state.stop, reading.least_move, reading.price
    if stop is None or least is None or price is None or level <= 0:
        return None
    if not reading.can_move_stop or not reading.is_due(ManagedBy.MOVE_STOP):
        return None
    rounded = round_up if reading.is_long is towards_price else round_down
    found = fitted(level, reading.rules.tick, rounded)
    ahead = found < price.price if reading.is_long else found > price.price
    return found if ahead and tightened(reading, stop, found) >= least else None


def tightened(reading: Reading, stop: Decimal, found: Decimal) -> Decimal:
    """How much closer to a profit the stop at `found` is than at `stop`, in quote currency; negative if it is wider."""
    return EXACT.subtract(found, stop) if reading.is_long else EXACT.subtract(stop, found)
