"""The processes of protection: a position records the prices of its stop and target, and cancels those without an entry
when it is flat.
"""

from __future__ import annotations

from collections.abc import Sequence

from commands.order import CancelOrder
from commands.position import MoveProtection
from commands.processes.gridding import is_of_a_grid
from commands.processes.moment import Moment
from commands.processes.withdrawing import POSITION_CLOSED
from commands.routes import Command
from domain.direction import PROTECTION, Purpose, exit_side
from domain.order import OrderPlaced, OrderStatus, Working
from domain.portfolio import OpenPosition
from domain.position import PositionClosed
from domain.streams import parse_position


def follow_protection(moment: Moment) -> Sequence[Command]:
    """Records the new stop or target in the position; nothing follows while the entry has not filled.

    The position has the target of the level that opened it; those of a grid's other levels change nothing.
    """
    order = moment.branch.state(moment.envelope.meta.stream)
    if not isinstance(order, Working) or order.terms.purpose not in _LEVELS:
        return ()
    held = moment.portfolio.positions.get(order.terms.instrument)
    if held is None or order.terms.side is not exit_side(held.state.direction):
        return ()
    if order.terms.parent != held.entry_order and is_of_a_grid(moment, moment.subject):
        return ()
    return [_LEVELS[order.terms.purpose](held, order.terms)]


def keep_target(moment: Moment) -> Sequence[Command]:
    """After the refused cancel of a target that still works: the position has its price again.

    A request to cancel a target records at once that the position has none. Bybit refuses the cancel of a target whose
    stop stands, because it would cancel both.
    """
    order = moment.branch.state(moment.envelope.meta.stream)
    if not isinstance(order, Working) or order.terms.purpose is not Purpose.TARGET:
        return ()
    held = moment.portfolio.positions.get(order.terms.instrument)
    if (
        held is None
        or held.state.target is not None
        or order.terms.side is not exit_side(held.state.direction)
    ):
        return ()
    return [_target(held, order.terms)]


def cancel_own_stops(moment: Moment) -> Sequence[Command]:
    """Cancels the stops and targets of a flat position that belong to no entry, with which the exchange would end them.

    Those are adopted ones, and those that were placed again. While the kill switch is tripped they stay until a query
    has proved the position flat (`commands/flatness.py`).
    """
    closed = moment.envelope.event
    assert isinstance(closed, PositionClosed)
    if moment.portfolio.account.tripped:
        return ()
    instrument = parse_position(moment.envelope.meta.stream).instrument
    return [
        CancelOrder(order_id, POSITION_CLOSED)
        for order_id, exit_ in moment.portfolio.exits.items()
        if exit_.terms.instrument == instrument
        and exit_.terms.purpose in PROTECTION
        and exit_.terms.parent is None
        and exit_.status is not OrderStatus.CANCEL_REQUESTED
    ]


def _stop(held: OpenPosition, terms: OrderPlaced) -> MoveProtection:
    return MoveProtection(held.stream, terms.trigger_price, held.state.target)


def _target(held: OpenPosition, terms: OrderPlaced) -> MoveProtection:
    return MoveProtection(held.stream, held.state.stop, terms.limit_price)


_LEVELS = {Purpose.STOP: _stop, Purpose.TARGET: _target}
