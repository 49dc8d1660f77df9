"""Executions of reduce-only orders that find less to reduce than their quantity.

An exchange never opens a position by such an execution, so the log lacks an earlier one: the stream delivers the
execution of a stop at once, and that of its entry may have been lost, or be in a list that is not read yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from commands.exchange import AnyReport, Filled
from commands.world import World
from domain.arithmetic import EXACT, ZERO, total
from domain.direction import Direction, Side
from domain.order import Closed, OrderPlaced, Working
from domain.steps import clean
from domain.streams import order_stream


def beyond_position(
    report: Filled, terms: OrderPlaced, before: Iterable[AnyReport], world: World, account: str
) -> str:
    """What the execution would reduce beyond the position that the log has after the reports `before` it; empty where
    the position is as large, and for an order that may open one.
    """
    if not terms.reduce_only or not report.quantity.is_finite():
        return ""
    held = EXACT.add(_held(terms.instrument, world), _traded(terms.instrument, before, world, account))
    reducible = held if terms.side is Side.SELL else EXACT.minus(held)
    if report.quantity <= reducible:
        return ""
    return (
        f"execution {report.execution_id} of the reduce-only order {report.order_id} is {clean(report.quantity):f}, "
        f"and the log has {clean(max(reducible, ZERO)):f} {terms.instrument} to reduce"
    )


def _held(instrument: str, world: World) -> Decimal:
    """The quantity of the position, below zero for a short one."""
    held = world.portfolio.positions.get(instrument)
    if held is None:
        return ZERO
    return held.state.quantity if held.state.direction is Direction.LONG else EXACT.minus(held.state.quantity)


def _traded(instrument: str, reports: Iterable[AnyReport], world: World, account: str) -> Decimal:
    """What the executions of the instrument change in the position; each that the log lacks counts once."""
    new: dict[str, Decimal] = {}
    for one in reports:
        if not isinstance(one, Filled):
            continue
        order = world.state(order_stream(account, one.order_id))
        if not isinstance(order, Working | Closed) or order.terms.instrument != instrument:
            continue
        if one.execution_id not in order.executions:
            new[one.execution_id] = (
                one.quantity if order.terms.side is Side.BUY else EXACT.minus(one.quantity)
            )
    return total(new.values())
