"""The process after a decision of the manager: it requests the amendment of the stop or target, places the order that
closes a part, or begins the close.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from commands.covering import reducing
from commands.order import AmendOrder
from commands.processes.closing_out import orders_of
from commands.processes.moment import Moment, fresh_until
from commands.routes import Command
from commands.way_out import begin_close, give_back, resting
from domain.direction import Direction, Purpose
from domain.managed import ManagedBy, PositionManaged
from domain.order import LIFE, OrderAmendRequested
from domain.portfolio import OpenPosition


def carry_out(moment: Moment) -> Sequence[Command]:
    """The commands of the action; none for a position that is being closed by now."""
    event, held = moment.envelope.event, moment.portfolio.of_stream(moment.envelope.meta.stream)
    assert isinstance(event, PositionManaged)
    if held is None or held.state.closing is not None:
        return ()
    return _CARRIED_OUT[event.action](moment, held, event)


def _move_stop(moment: Moment, held: OpenPosition, event: PositionManaged) -> Sequence[Command]:
    return _amended(moment, held, Purpose.STOP, event)


def _move_target(moment: Moment, held: OpenPosition, event: PositionManaged) -> Sequence[Command]:
    return _amended(moment, held, Purpose.TARGET, event)


def _amended(
    moment: Moment, held: OpenPosition, purpose: Purpose, event: PositionManaged
) -> Sequence[Command]:
    """Amends each such order in place.

    One that a request is under way for, or that was triggered, stays as it is, and so does a stop that is tighter or a
    target that is further away.
    """
    portfolio, moved = moment.portfolio, [*reducing(held, moment.portfolio)]
    return [
        AmendOrder(
            order_id=order_id,
            quantity=None,
            limit_price=event.target,
            trigger_price=event.stop,
            rules=portfolio.instruments[held.state.instrument],
        )
        for order_id, order in portfolio.exits.items()
        if order.terms.purpose is purpose
        and order.status in LIFE[OrderAmendRequested]
        and order in moved
        and not _is_ahead(order.terms.trigger_price, event.stop, held)
        and not _is_ahead(order.terms.limit_price, event.target, held)
    ]


def _is_ahead(level: Decimal | None, wanted: Decimal | None, held: OpenPosition) -> bool:
    """Whether the level (quote currency) is further in the position's favour than the one wanted."""
    if level is None or wanted is None:
        return False
    return level > wanted if held.state.direction is Direction.LONG else level < wanted


def _reduce(moment: Moment, held: OpenPosition, event: PositionManaged) -> Sequence[Command]:
    """The reduce-only market order of a partial close, which is sent once.

    Stop and target stay as they are: each of their fills is limited to what is held then.
    """
    assert event.quantity is not None
    order_id = f"{orders_of(moment, held)}1"
    order = give_back(held, event.quantity, order_id, moment.portfolio, fresh_until(moment))
    return () if order is None else [order]


def _close(moment: Moment, held: OpenPosition, event: PositionManaged) -> Sequence[Command]:
    """Closes the position, and cancels orders of people that rest to reduce it."""
    assert event.close_reason is not None
    chain = moment.envelope.meta.correlation_id
    begun = begin_close(held, event.close_reason, chain, orders_of(moment, held))
    return [*resting(held, moment.portfolio), begun]


_CARRIED_OUT: Mapping[ManagedBy, Callable[[Moment, OpenPosition, PositionManaged], Sequence[Command]]] = {
    ManagedBy.MOVE_STOP: _move_stop,
    ManagedBy.MOVE_TARGET: _move_target,
    ManagedBy.REDUCE: _reduce,
    ManagedBy.CLOSE: _close,
}
