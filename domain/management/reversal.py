"""The reversal detector: where enough signs of closed candles point against a position, its stop is tightened, or it is
closed.

It looks where a candle of the position's interval has closed. Two things spare a position that stands still: the
`cooldown_seconds` since the last detection, and the `least_change` of the price since then. Before the first detection
both count from the opening of the position, at its average price. A detection is what the log holds of this rule, so
nothing else has to be remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.arithmetic import EXACT, distance
from domain.direction import Direction
from domain.instrument import fitted, round_down, round_up
from domain.management.signs import Turned


class OnReversal(StrEnum):
    """What follows from a detection: the stop is tightened, or the position is closed at the market."""

    TIGHTEN = "TIGHTEN"
    CLOSE = "CLOSE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalDetector:
    """When a reversal is detected, and what follows; 0 `signs` switch it off.

    `signs` is the least number of signs against the position within the last `window` closed candles. `least_change`
    is the least move of the price since the last detection, either way, and `stop_distance` that of a tightened stop
    from the price; both are fractions of the price.
    """

    signs: int = 0
    window: int = 5
    cooldown_seconds: int = 60
    least_change: Decimal = Decimal("0.002")
    action: OnReversal = OnReversal.TIGHTEN
    stop_distance: Decimal = Decimal("0.005")


class Since(Struct, frozen=True, gc=False):
    """The last detection, or else the opening: its time (UTC) and its price in quote currency."""

    at: datetime
    price: Decimal


def against(direction: Direction, turned: Mapping[str, Turned]) -> Mapping[str, float]:
    """The figures, by name, of the signs that point against a position in this direction."""
    opposite = -1 if direction is Direction.LONG else 1
    return {name: one.figure for name, one in turned.items() if one.direction == opposite}


def is_reversal(
    evidence: Mapping[str, float], at: datetime, price: Decimal, since: Since, settings: ReversalDetector
) -> bool:
    """Whether so many signs, at this time and price, are a detection."""
    if not settings.signs or len(evidence) < settings.signs:
        return False
    if at - since.at < timedelta(seconds=settings.cooldown_seconds):
        return False
    changed = EXACT.divide(distance(price, since.price), since.price)
    return changed >= settings.least_change


def tightened(
    direction: Direction, stop: Decimal | None, price: Decimal, tick: Decimal, settings: ReversalDetector
) -> Decimal | None:
    """The stop at `stop_distance` from the price, rounded away from it; None where the stop is as near already."""
    way = EXACT.multiply(price, settings.stop_distance)
    if direction is Direction.LONG:
        nearer = fitted(EXACT.subtract(price, way), tick, round_down)
        moves = stop is None or nearer > stop
    else:
        nearer = fitted(EXACT.add(price, way), tick, round_up)
        moves = stop is None or nearer < stop
    return nearer if moves and nearer > 0 else None
