"""The reversal detector: where enough signs of closed candles point against a position, its stop is tightened, or it is
closed.

It looks where a candle of the position's interval has closed. Two things spare a position that stands still: the
setting `reversal_cooldown_seconds`, and `reversal_change`, the least move of the price. Both count from the last
detection that led to something; before the first one from the opening of the position, at its average price. So
nothing has to be remembered but what the log holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Literal

from domain.arithmetic import EXACT, ONE, distance
from domain.closing import CloseReason
from domain.direction import Direction
from domain.managed import PositionManaged, Rule
from domain.management.action import Close, Finding, MoveStop
from domain.management.reading import Reading
from domain.management.stops import moved_stop
from domain.management.turned import SIGN_NAMES, Turned

_STEP = Decimal("1e-8")


def reversal(reading: Reading) -> Finding | None:
    """Tightens the stop, or closes the position, where a reversal is detected. The figures are the evidence."""
    settings, price = reading.settings, reading.price
    if not settings.reversal_signs or reading.signs is None or price is None:
        return None
    evidence = against(reading.state.direction, reading.signs, settings.reversal_window)
    change = _change(reading, price.price)
    if len(evidence) < settings.reversal_signs or change < settings.reversal_change:
        return None
    if reading.at - _since(reading)[0] < timedelta(seconds=settings.reversal_cooldown_seconds):
        return None
    figures = {"signs": str(settings.reversal_signs), "changed": f"{change:f}", **evidence}
    if settings.reversal_closes:
        return Finding(Rule.REVERSAL, Close(CloseReason.REVERSAL_SIGNS), figures)
    share = settings.reversal_distance
    share = EXACT.subtract(ONE, share) if reading.is_long else EXACT.add(ONE, share)
    stop = moved_stop(reading, EXACT.multiply(price.price, share), towards_price=False)
    return None if stop is None else Finding(Rule.REVERSAL, MoveStop(stop), figures)


def against(direction: Direction, turned: Mapping[str, Turned], window: int) -> Mapping[str, str]:
    """The figures, by name and as text, of the signs that turned against the position in the last `window` candles."""
    opposite = _opposite(direction)
    return {
        name: repr(one.figure)
        for name, one in turned.items()
        if one.direction == opposite and one.age < window
    }


def signs_read(event: PositionManaged, direction: Direction) -> Mapping[str, Turned]:
    """The signs that an event of this rule was decided from, as its evidence states them."""
    opposite = _opposite(direction)
    return {
        name: Turned(opposite, float(event.figures[name]), 0) for name in SIGN_NAMES if name in event.figures
    }


def _opposite(direction: Direction) -> Literal[-1, 1]:
    return -1 if direction is Direction.LONG else 1


def _since(reading: Reading) -> tuple[datetime, Decimal]:
    """Time (UTC) and price (quote currency) of the last detection, or of the opening."""
    last = reading.last.get(Rule.REVERSAL)
    if last is None or last.price is None:
        return reading.opened_at, reading.state.average_price
    return last.at, last.price


def _change(reading: Reading, price: Decimal) -> Decimal:
    """The price's distance since then, either way, as a fraction of the price then; rounded down to 1e-8."""
    before = _since(reading)[1]
    return EXACT.divide(distance(price, before), before).quantize(_STEP, rounding=ROUND_FLOOR, context=EXACT)
