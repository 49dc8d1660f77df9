"""Stops behind strong levels of a book, and targets before them.

Distances are in basis points (bps) of the price of entry. A level is strong where it has `strong` median sizes of its
side's levels in the reading, or where the table of figures states it as the strongest wall that has stood for five
seconds (`support_distance`, `resistance_distance`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

from domain.arithmetic import EXACT, ONE
from domain.book.strong_levels import strong_levels
from domain.direction import Direction
from domain.market import BookReading, Level
from domain.strategies.book_figures import BookFigures

BPS = Decimal(10_000)
_TWO = Decimal(2)
_TEN_PLACES = Decimal("1e-10")
_WALLS = {Direction.LONG: "support_distance", Direction.SHORT: "resistance_distance"}


@dataclass(frozen=True, slots=True)
class StopBounds:
    """`strong` is in median sizes, `behind` how far a stop is behind its level; the stop is from `least` to `most` from
    the price. All but `strong` are in bps.
    """

    strong: float
    behind: float
    least: float
    most: float


def price_of(reading: BookReading, direction: Direction) -> Decimal:
    """The price at which an order at the market begins to be filled: the best ask of a buy, the best bid of a sale."""
    return (reading.asks if direction is Direction.LONG else reading.bids)[0].price


def stop_behind_level(reading: BookReading, direction: Direction, bounds: StopBounds) -> Decimal | None:
    """The stop behind the nearest strong level of the position's side, that leaves at least the least distance.

    Where all strong levels are nearer, the stop is at the least distance. None where there is none, or none within the
    greatest distance.
    """
    price = price_of(reading, direction)
    levels = list(_strong(reading, direction, bounds.strong))
    if not levels:
        return None
    nearest = away(price, direction, -bounds.least)
    stops = [away(level, direction, -bounds.behind) for level in levels]
    farther = [stop for stop in stops if _is_beyond(stop, nearest, direction)]
    found = (max if direction is Direction.LONG else min)(farther) if farther else nearest
    return None if _is_beyond(found, away(price, direction, -bounds.most), direction) else found


def stop_behind(price: Decimal, level: Decimal, direction: Direction, bounds: StopBounds) -> Decimal | None:
    """The stop behind this level, at least at the least distance; None where it would be beyond the greatest one."""
    nearest, stop = away(price, direction, -bounds.least), away(level, direction, -bounds.behind)
    found = stop if _is_beyond(stop, nearest, direction) else nearest
    return None if _is_beyond(found, away(price, direction, -bounds.most), direction) else found


def target_before_level(
    reading: BookReading,
    direction: Direction,
    bounds: StopBounds,
    stop: Decimal,
    *,
    reward: float,
    least_reward: float,
) -> Decimal:
    """The price `reward` risks away, or just before a strong opposite level that is nearer than that.

    A level nearer than `least_reward` risks is passed over. The risk is the distance of the stop from the price.
    """
    price = price_of(reading, direction)
    risk = EXACT.subtract(price, stop)
    near, far = (
        EXACT.add(price, EXACT.multiply(risk, Decimal(str(times)))) for times in (least_reward, reward)
    )
    before = [
        away(level, direction, -bounds.behind)
        for level in _strong(reading, direction.opposite, bounds.strong)
    ]
    low, high = (near, far) if direction is Direction.LONG else (far, near)
    between = [one for one in before if low <= one <= high]
    nearest = min if direction is Direction.LONG else max
    return nearest([*between, far]).quantize(_TEN_PLACES, context=EXACT)


def away(price: Decimal, direction: Direction, bps: float) -> Decimal:
    """The price so many bps further in this direction; against it where negative. Of ten places."""
    share = EXACT.divide(Decimal(str(bps)), BPS)
    factor = EXACT.add(ONE, share) if direction is Direction.LONG else EXACT.subtract(ONE, share)
    return EXACT.multiply(price, factor).quantize(_TEN_PLACES, context=EXACT)


def mid_of(reading: BookReading) -> Decimal:
    """The middle of the best prices."""
    return EXACT.divide(EXACT.add(reading.bids[0].price, reading.asks[0].price), _TWO)


def _is_beyond(price: Decimal, limit: Decimal, direction: Direction) -> bool:
    """Whether the price is further than the limit against the direction."""
    return price < limit if direction is Direction.LONG else price > limit


def _strong(reading: BookReading, side: Direction, multiple: float) -> Iterator[Decimal]:
    """The prices of the strong levels of the bids (LONG) or the asks (SHORT), and of the wall of the table."""
    levels: Sequence[Level] = reading.bids if side is Direction.LONG else reading.asks
    for one in strong_levels(levels, Decimal(str(multiple))):
        yield one.price
    distance = BookFigures(reading).value(_WALLS[side])
    if isfinite(distance):
        yield away(mid_of(reading), side, -distance)
