"""The executions that the venue has and our log does not: which of them can be, and which are beyond their order.

An execution alone proves nothing about its quantity. Where it takes an order beyond its quantity, two other statements
of the venue decide: the filled quantity of the order, and the position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from domain.arithmetic import EXACT, ZERO, distance, total
from domain.direction import Direction, Side
from domain.reconciliation.differences import (
    Difference,
    ExecutionBeyondOrder,
    ExecutionMissing,
    ExecutionMistaken,
    ExecutionOfUnknownOrder,
    OverfillMissing,
    TermsDiffer,
)
from domain.reconciliation.statement import StatedOrder, StatedPosition, Statement
from domain.venue import Execution


class _Missing(NamedTuple):
    """`filled` is the filled quantity of the order with this execution and those before it that can be; without this
    one where it cannot be one of the order.
    """

    trade: Execution
    order: StatedOrder | None
    filled: Decimal


def missing_executions(ours: Statement, theirs: Statement) -> Iterator[Difference]:
    """The differences, in the venue's order of the executions.

    In place of all executions of an order that somebody has enlarged, its terms differ: they are taken in first,
    because an order that is full ends with the fill. Where it is open there, the comparison of open orders states that.
    """
    missing = list(_missing(ours, theirs))
    enlarged = dict.fromkeys(one.order.order_id for one in missing if one.order and _is_enlarged(one, theirs))
    for order_id in enlarged:
        our, their = ours.orders[order_id], theirs.orders[order_id]
        if not their.is_open:
            yield TermsDiffer(subject=order_id, ours=our, theirs=their)
    for one in missing:
        if one.order is None or one.order.order_id not in enlarged:
            yield _difference(one, missing, ours, theirs)


def overfilled_orders(ours: Statement, theirs: Statement) -> Sequence[str]:
    """Our ids of the orders that a missing execution takes beyond their quantity, each once.

    The venue's statement of each of them is needed for a judgement.
    """
    beyond = (
        one.order.order_id for one in _missing(ours, theirs) if one.order and _is_beyond(one, one.order)
    )
    return list(dict.fromkeys(beyond))


def _missing(ours: Statement, theirs: Statement) -> Iterator[_Missing]:
    filled: dict[str, Decimal] = {}
    for execution_id, one in theirs.executions.items():
        if execution_id in ours.executions or one.details is None:
            continue
        order = ours.orders.get(one.details.venue_order_id if one.order_id is None else one.order_id)
        if order is None:
            yield _Missing(one.details, None, one.details.quantity)
            continue
        before = filled.get(order.order_id, order.filled)
        if _is_mistaken(one.details, order):
            yield _Missing(one.details, order, before)
            continue
        found = _Missing(one.details, order, EXACT.add(before, one.details.quantity))
        if not _is_beyond(found, order) or _is_stated(found, theirs.orders.get(order.order_id)):
            filled[order.order_id] = found.filled
        yield found


def _difference(one: _Missing, missing: Sequence[_Missing], ours: Statement, theirs: Statement) -> Difference:
    order = one.order
    if order is None:
        return ExecutionOfUnknownOrder(subject=one.trade.instrument, theirs=one.trade)
    if _is_mistaken(one.trade, order):
        return ExecutionMistaken(subject=order.order_id, ours=order, execution=one.trade)
    if not _is_beyond(one, order):
        return ExecutionMissing(subject=order.order_id, theirs=one.trade)
    their = theirs.orders.get(order.order_id)
    if _is_stated(one, their) and _leads_to_their_position(one.trade.instrument, missing, ours, theirs):
        return OverfillMissing(subject=order.order_id, theirs=one.trade)
    return ExecutionBeyondOrder(
        subject=order.order_id, ours=order, theirs=their, execution=one.trade, filled=one.filled
    )


def _is_mistaken(trade: Execution, order: StatedOrder) -> bool:
    """Whether the execution cannot be one of the order: its side or its instrument is another one."""
    return (trade.instrument, trade.side) != (order.instrument, order.side)


def _is_beyond(one: _Missing, order: StatedOrder) -> bool:
    return one.filled > order.quantity and not _is_mistaken(one.trade, order)


def _is_enlarged(one: _Missing, theirs: Statement) -> bool:
    """Whether the execution is beyond an order that the venue states with it, and as a larger one.

    The order works here, or was filled here by a quantity that has grown at the venue since.
    """
    our = one.order
    their = None if our is None else theirs.orders.get(our.order_id)
    if our is None or their is None or not (_is_beyond(one, our) and _is_stated(one, their)):
        return False
    return our.may_grow and our.identity == their.identity and their.quantity > our.quantity


def _is_stated(one: _Missing, their: StatedOrder | None) -> bool:
    return their is not None and their.filled >= one.filled


def _leads_to_their_position(
    instrument: str, missing: Sequence[_Missing], ours: Statement, theirs: Statement
) -> bool:
    """Whether the stated overfills of the instrument bring our position no further from the venue's.

    Trades of unknown orders may be accepted already, or not be ours at all: they are counted, and not.
    """
    traded = [one for one in missing if one.trade.instrument == instrument]
    beyond = [one for one in traded if one.order is not None and _is_beyond(one, one.order)]
    overfills = total(
        _signed(one.trade)
        for one in beyond
        if one.order is not None and _is_stated(one, theirs.orders.get(one.order.order_id))
    )
    ours_of = [one for one in traded if one.order is not None and not _is_mistaken(one.trade, one.order)]
    known = total(_signed(one.trade) for one in ours_of if one not in beyond)
    unknown = total(_signed(one.trade) for one in traded if one not in ours_of)
    left = EXACT.subtract(_held(instrument, theirs.positions), _held(instrument, ours.positions))
    without = (EXACT.subtract(left, known), EXACT.subtract(left, EXACT.add(known, unknown)))
    return any(distance(one, overfills) <= distance(one, ZERO) for one in without)


def _held(instrument: str, positions: Mapping[str, StatedPosition]) -> Decimal:
    held = positions.get(instrument)
    if held is None:
        return ZERO
    return held.quantity if held.direction is Direction.LONG else EXACT.minus(held.quantity)


def _signed(trade: Execution) -> Decimal:
    return trade.quantity if trade.side is Side.BUY else EXACT.minus(trade.quantity)
