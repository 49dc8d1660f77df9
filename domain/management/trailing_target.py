"""The trailing target: the target is moved away from a price that comes near it, and the stop is moved up behind.

    one step            = average entry * target_step
    near                = the price is within one step before the target
    the n-th move (0, 1, …) adds  average entry * target_step * target_acceleration ^ n  to the target

A move is made from a profit of `target_activation` on. `n` is the number of moves by this rule that the exchange has
carried out, by the log; one that it refused does not count. The target is never moved back. The move takes the stop
along: by the trailing stop, where the profit has reached one of its levels; else to one step behind the price, so that
at most two steps and a tick are given up against the target before.

Bots elsewhere drop the target at the first touch, and follow the highest price with a stop that only they know
(3Commas: "trailing take profit", with a deviation). Here both orders rest at the exchange at any time, and survive the
program.
"""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT
from domain.instrument import round_down, round_up
from domain.managed import ManagedBy, Rule
from domain.management.action import Finding, MoveStop, MoveTarget
from domain.management.reading import Reading
from domain.management.stops import moved_stop
from domain.management.trailing_stop import level_reached


def trailing_target(reading: Reading) -> Finding | None:
    """Moves the target away from a price within one step of it, rounded away to the tick."""
    step = _step_where_near(reading)
    if step is None or reading.state.target is None:
        return None
    moves = _moves(reading)
    moved = EXACT.multiply(step, EXACT.power(reading.settings.target_acceleration, moves))
    target = _further(reading, reading.state.target, moved)
    return None if target is None else Finding(Rule.TRAILING_TARGET, MoveTarget(target), _figures(reading))


def stop_behind_target(reading: Reading) -> Finding | None:
    """Moves the stop with a target that is moved, unless the trailing stop does."""
    step, price = _step_where_near(reading), reading.price
    if step is None or price is None or level_reached(reading) is not None:
        return None
    behind = EXACT.subtract if reading.is_long else EXACT.add
    stop = moved_stop(reading, behind(price.price, step), towards_price=False)
    return None if stop is None else Finding(Rule.TARGET_STOP, MoveStop(stop), _figures(reading))


def _step_where_near(reading: Reading) -> Decimal | None:
    """One step (quote currency), where the target is to be moved; None where it is not.

    A price at or beyond the target moves nothing, because the resting target is being filled.
    """
    settings, price, target, profit = reading.settings, reading.price, reading.state.target, reading.profit
    if not settings.target_step or price is None or target is None or profit is None:
        return None
    if profit < settings.target_activation:
        return None
    if not reading.can_move_target or not reading.is_due(ManagedBy.MOVE_TARGET):
        return None
    step = EXACT.multiply(reading.state.average_price, settings.target_step)
    way = EXACT.subtract(target, price.price)
    return step if 0 < (way if reading.is_long else EXACT.minus(way)) <= step else None


def _further(reading: Reading, target: Decimal, moved: Decimal) -> Decimal | None:
    """None where no positive price is so far away."""
    tick = reading.rules.tick
    if reading.is_long:
        return round_up(EXACT.add(target, moved), tick)
    further = EXACT.subtract(target, moved)
    return round_down(further, tick) if further >= tick else None


def _moves(reading: Reading) -> int:
    last = reading.last.get(Rule.TRAILING_TARGET)
    return 0 if last is None else last.moves


def _figures(reading: Reading) -> dict[str, str]:
    settings = reading.settings
    return {
        "from_profit": f"{settings.target_activation:f}",
        "step": f"{settings.target_step:f}",
        "acceleration": f"{settings.target_acceleration:f}",
        "moves_before": str(_moves(reading)),
    }
