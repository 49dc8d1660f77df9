"""Compares our statement with the venue's; each difference is an object of the class for its kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from domain.arithmetic import EXACT, ZERO, distance
from domain.direction import Direction, Side
from domain.order import RESTING, OrderStatus, OrderType
from domain.order_id import is_of_an_engine
from domain.reconciliation.differences import (
    AcceptedOrderNotFound,
    BalanceDiffers,
    Difference,
    ExecutionUnknownToThem,
    FilledDiffers,
    InstrumentUnknownToThem,
    OrderMistaken,
    OrderOfAnotherLog,
    OrderUnknownToThem,
    OrderUnknownToUs,
    PositionQuantityDiffers,
    PositionSideDiffers,
    PositionUnknownToThem,
    PositionUnknownToUs,
    ProtectiveStopMissing,
    RulesDiffer,
    StatusDiffers,
    TermsDiffer,
    WaitingLegEnded,
)
from domain.reconciliation.missing_executions import missing_executions
from domain.reconciliation.statement import StatedOrder, StatedPosition, Statement

_OUT = {Direction.LONG: Side.SELL, Direction.SHORT: Side.BUY}
_NOT_THERE = frozenset({OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED})


class Sides(NamedTuple):
    """The statements to compare; `under_way` holds the orders with a request that may not have reached the venue."""

    ours: Statement
    theirs: Statement
    tolerance: Decimal
    under_way: Collection[str]


def differences(
    ours: Statement, theirs: Statement, *, tolerance: Decimal = ZERO, under_way: Collection[str] = ()
) -> Sequence[Difference]:
    """Every difference, in the order in which the remedies must be applied; none if both statements are equal.

    Rules come first, then executions in the venue's order, then orders, positions and balances by name. Balances
    within `tolerance` (in their currency) are equal. Orders in `under_way` are not compared.
    """
    sides = Sides(ours, theirs, tolerance, under_way)
    return [difference for compare in _COMPARISONS for difference in compare(sides)]


def _rules(sides: Sides) -> Iterator[Difference]:
    """An instrument that the venue does not list is a difference while something of it is open here."""
    for name, rules in sorted(sides.ours.instruments.items()):
        listed = sides.theirs.instruments.get(name)
        if listed is None:
            if _is_open(sides.ours, name):
                yield InstrumentUnknownToThem(subject=name)
        elif listed != rules:
            yield RulesDiffer(subject=name, ours=rules, theirs=listed)


def _is_open(ours: Statement, instrument: str) -> bool:
    orders = ours.orders.values()
    return instrument in ours.positions or any(one.is_open and one.instrument == instrument for one in orders)


def _executions_of_theirs(sides: Sides) -> Iterator[Difference]:
    yield from missing_executions(sides.ours, sides.theirs)


def _executions_of_ours(sides: Sides) -> Iterator[Difference]:
    complete = _listed_completely(sides.theirs)
    for execution_id, one in sorted(sides.ours.executions.items()):
        if execution_id not in sides.theirs.executions and one.order_id in complete:
            yield ExecutionUnknownToThem(subject=one.order_id or "", ours=one)


def _listed_completely(theirs: Statement) -> Collection[str | None]:
    """The orders whose executions are all listed: their quantities add up to the venue's filled quantity."""
    listed: dict[str | None, Decimal] = {}
    for one in theirs.executions.values():
        quantity = ZERO if one.details is None else one.details.quantity
        listed[one.order_id] = EXACT.add(listed.get(one.order_id, ZERO), quantity)
    return {
        order_id for order_id, order in theirs.orders.items() if listed.get(order_id, ZERO) == order.filled
    }


def _orders(sides: Sides) -> Iterator[Difference]:
    for order_id in sorted((sides.ours.orders.keys() | sides.theirs.orders.keys()) - set(sides.under_way)):
        our, their = sides.ours.orders.get(order_id), sides.theirs.orders.get(order_id)
        if our is None:
            if their is not None and their.is_open:
                unknown = OrderOfAnotherLog if is_of_an_engine(order_id) else OrderUnknownToUs
                yield unknown(subject=order_id, theirs=their)
        elif their is None:
            if our.is_open and not _waits(sides, our):
                yield _not_there(sides, our)
        else:
            yield from _both(sides, our, their)


def _not_there(sides: Sides, our: StatedOrder) -> Difference:
    if our.was_accepted:
        kind = WaitingLegEnded if _has_ended_with_entry(sides, our) else AcceptedOrderNotFound
        return kind(subject=our.order_id, ours=our)
    return _missing_stop(sides, our, None) or OrderUnknownToThem(subject=our.order_id, ours=our)


def _waits(sides: Sides, leg: StatedOrder) -> bool:
    """Whether the order waits with its entry, which the venue works, and has nothing to reduce on either side.

    A venue that has made an order of the leg, and has ended it with the position, makes one again with the next fill.
    """
    entry = sides.theirs.orders.get(leg.parent) if leg.was_accepted and leg.parent else None
    return entry is not None and entry.is_open and _is_idle(sides, leg)


def _has_ended_with_entry(sides: Sides, leg: StatedOrder) -> bool:
    """Whether the order waited with its entry, which works on neither side, and has nothing to reduce on either."""
    if leg.parent is None:
        return False
    entries = (one.orders.get(leg.parent) for one in (sides.ours, sides.theirs))
    return not any(entry is not None and entry.is_open for entry in entries) and _is_idle(sides, leg)


def _is_idle(sides: Sides, leg: StatedOrder) -> bool:
    """Whether the leg has no id of the venue, and neither side has a position that it could reduce."""
    held = (one.positions.get(leg.instrument) for one in (sides.ours, sides.theirs))
    return not leg.venue_order_id and not any(
        one is not None and _OUT[one.direction] is leg.side for one in held
    )


def _both(sides: Sides, our: StatedOrder, their: StatedOrder) -> Iterator[Difference]:
    name = our.order_id
    if our.identity != their.identity:
        yield OrderMistaken(subject=name, ours=our, theirs=their)
        return
    if our.filled != their.filled:
        yield FilledDiffers(subject=name, ours=our.filled, theirs=their.filled)
    has_outgrown = not our.is_open and _has_outgrown(our, their)
    if has_outgrown or (our.is_open and their.is_open and _terms(our) != _terms(their)):
        yield TermsDiffer(subject=name, ours=our, theirs=their)
    if not has_outgrown and not _statuses_match(our, their):
        yield _missing_stop(sides, our, their) or StatusDiffers(subject=name, ours=our.status, theirs=their)


def _has_outgrown(our: StatedOrder, their: StatedOrder) -> bool:
    """Whether the order is open at the venue, because it is larger there than the quantity by which it ended here."""
    return our.may_grow and their.is_open and their.quantity > our.filled


def _statuses_match(our: StatedOrder, their: StatedOrder) -> bool:
    """A partly filled order matches any working status, and two ended orders match however they ended."""
    statuses = {our.status, their.status}
    if not (our.is_open or their.is_open) or len(statuses) == 1:
        return True
    return OrderStatus.PARTIALLY_FILLED in statuses and statuses <= RESTING


def _missing_stop(sides: Sides, our: StatedOrder, their: StatedOrder | None) -> ProtectiveStopMissing | None:
    gone = their is None or their.status in _NOT_THERE
    held = sides.ours.positions.get(our.instrument)
    there = sides.theirs.positions.get(our.instrument)
    if not gone or not our.is_open or held is None or there is None or not _protects(our, held):
        return None
    if there.direction is not held.direction:
        return None
    return ProtectiveStopMissing(subject=our.order_id, instrument=our.instrument, ours=our, theirs=their)


def _protects(order: StatedOrder, held: StatedPosition) -> bool:
    return order.reduce_only and order.type is OrderType.STOP and order.side is _OUT[held.direction]


def _terms(order: StatedOrder) -> tuple[object, ...]:
    return (order.quantity, order.limit_price, order.trigger_price)


def _positions(sides: Sides) -> Iterator[Difference]:
    for name in sorted(sides.ours.positions.keys() | sides.theirs.positions.keys()):
        difference = position_difference(
            name, sides.ours.positions.get(name), sides.theirs.positions.get(name)
        )
        if difference is not None:
            yield difference


def position_difference(
    name: str, our: StatedPosition | None, their: StatedPosition | None
) -> Difference | None:
    """The difference between both positions in the instrument `name`; None where they are equal."""
    if our is None or their is None:
        return _unknown(name, our, their)
    if our.direction is not their.direction:
        return PositionSideDiffers(subject=name, ours=our, theirs=their)
    if our.quantity != their.quantity:
        return PositionQuantityDiffers(subject=name, ours=our.quantity, theirs=their.quantity)
    return None


def _unknown(name: str, our: StatedPosition | None, their: StatedPosition | None) -> Difference | None:
    if our is not None:
        return PositionUnknownToThem(subject=name, ours=our)
    return None if their is None else PositionUnknownToUs(subject=name, theirs=their)


def _balances(sides: Sides) -> Iterator[Difference]:
    """Compares only our currencies: an exchange also lists tiny amounts of other coins. A missing balance is zero."""
    for currency, our in sorted(sides.ours.balances.items()):
        their = sides.theirs.balances.get(currency, ZERO)
        if distance(our, their) > sides.tolerance:
            yield BalanceDiffers(subject=currency, ours=our, theirs=their)


_COMPARISONS: tuple[Callable[[Sides], Iterator[Difference]], ...] = (
    _rules,
    _executions_of_theirs,
    _executions_of_ours,
    _orders,
    _positions,
    _balances,
)
