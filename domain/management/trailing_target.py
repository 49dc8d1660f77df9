"""The trailing target: the target is moved away from a price that comes near it, and the stop is moved up behind.

    distance of a step  = average entry * step
    near                = |target - price| <= distance of a step
    the n-th move (0, 1, …) adds  average entry * step * acceleration ^ n  to the target, rounded away to the tick

A move is made from a profit of `activation` on. `n` is the number of moves that the log holds, so nothing else has to
be remembered. The target is never moved back. With the move the stop is set one step behind the price, unless it is
nearer already: what is given up against the target before is at most two steps and a tick.

Bots elsewhere drop the target at the first touch, and follow the highest price with a stop that only they know
(3Commas: "trailing take profit", with a deviation). Here both orders rest at the exchange at any time, and survive the
program.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from msgspec import Struct

from domain.arithmetic import EXACT, ZERO
from domain.direction import Direction
from domain.instrument import fitted, round_down, round_up
from domain.management.profit import move_share
from domain.position import Open


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailingTarget:
    """When and how far the target is moved; a `step` of 0 switches it off.

    `activation` and `step` are fractions of the average entry price; each move is `acceleration` times the one before.
    """

    activation: Decimal = Decimal("0.01")
    step: Decimal = ZERO
    acceleration: Decimal = Decimal("1.5")


class Levels(Struct, frozen=True, gc=False):
    """The prices that stop and target are moved to, in quote currency; the stop is None where it stays."""

    stop: Decimal | None
    target: Decimal


def trailing_target(
    state: Open, price: Decimal, moves: int, tick: Decimal, settings: TrailingTarget
) -> Levels | None:
    """The levels that follow from this price after so many moves; None where nothing is moved.

    A price at or beyond the target moves nothing, because the resting target is being filled.
    """
    target, entry, direction = state.target, state.average_price, state.direction
    if not settings.step or target is None or move_share(direction, entry, price) < settings.activation:
        return None
    step = EXACT.multiply(entry, settings.step)
    way = EXACT.subtract(target, price) if direction is Direction.LONG else EXACT.subtract(price, target)
    if way <= 0 or way > step:
        return None
    moved = EXACT.multiply(step, EXACT.power(settings.acceleration, moves))
    further = _towards_profit(direction, target, moved, tick)
    if further is None:
        return None
    return Levels(_behind(state, price, step, tick), further)


def _towards_profit(direction: Direction, target: Decimal, moved: Decimal, tick: Decimal) -> Decimal | None:
    """None where no positive price is so far away."""
    if direction is Direction.LONG:
        return fitted(EXACT.add(target, moved), tick, round_up)
    further = EXACT.subtract(target, moved)
    return fitted(further, tick, round_down) if further >= tick else None


def _behind(state: Open, price: Decimal, step: Decimal, tick: Decimal) -> Decimal | None:
    """The stop one step behind the price, rounded away from it; None where the stop is as near already."""
    is_long = state.direction is Direction.LONG
    if is_long:
        stop = fitted(max(EXACT.subtract(price, step), ZERO), tick, round_down)
    else:
        stop = fitted(EXACT.add(price, step), tick, round_up)
    if stop <= 0:
        return None
    if state.stop is None:
        return stop
    nearer = stop > state.stop if is_long else stop < state.stop
    return stop if nearer else None
