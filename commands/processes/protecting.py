"""The processes of protection: a position records the prices of its stop and target, and cancels those without an entry
when it is flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from commands.covering import reducing
from commands.order import AmendOrder, CancelOrder
from commands.position import MoveProtection
from commands.processes.gridding import is_of_a_grid
from commands.processes.moment import Moment
from commands.processes.withdrawing import POSITION_CLOSED
from commands.routes import Command
from domain.addition import ADDITION
from domain.direction import PROTECTION, Direction, Purpose, exit_side
from domain.order import (
    LIFE,
    OrderAccepted,
    OrderAmended,
    OrderAmendRequested,
    OrderPlaced,
    OrderStatus,
    Working,
)
from domain.portfolio import OpenPosition, Portfolio
from domain.position import Open, PositionClosed
from domain.signal import Decided
from domain.streams import parse_position, signal_stream


def follow_protection(moment: Moment) -> Sequence[Command]:
    """Records the new stop or target in the position; nothing follows while its entry has not filled.

    The position has the target of the level that opened it; those of a grid's other levels change nothing. An amended
    stop or target takes those of the position's other entries along.
    """
    order = moment.branch.state(moment.envelope.meta.stream)
    if not isinstance(order, Working) or order.terms.purpose not in _LEVELS:
        return ()
    held = moment.portfolio.positions.get(order.terms.instrument)
    if held is None or order not in reducing(held, moment.portfolio):
        return ()
    is_of_grid = is_of_a_grid(moment, moment.subject)
    if is_of_grid and order.terms.parent != held.entry_order:
        return ()
    if (
        isinstance(moment.envelope.event, OrderAccepted)
        and _is_of_an_addition(moment)
        and is_behind(order.terms, held.state)
    ):
        return aligned(moment, order.terms.parent)
    moved = _LEVELS[order.terms.purpose](held, order.terms)
    if is_of_grid or not isinstance(moment.envelope.event, OrderAmended):
        return [moved]
    return [moved, *_brought_along(order.terms, held, moment.portfolio)]


def _brought_along(terms: OrderPlaced, held: OpenPosition, portfolio: Portfolio) -> Sequence[Command]:
    """Amends the position's other stops that are behind this one where it was tightened, and so its other targets where
    the manager moved this one.

    An addition may have filled while the amendment was under way, so that its own rest at the level before. A person
    may move one target of several away from the others.
    """
    level, before = _level_of(terms), _level_held(terms.purpose, held.state)
    if level is None or before is None or not _is_less(before, level, held.state):
        return ()
    if terms.purpose is Purpose.TARGET and all(one.target != level for one in held.managed.values()):
        return ()
    return [
        _amended_to(level, order_id, order, portfolio)
        for order_id, order in portfolio.exits.items()
        if order.terms.purpose is terms.purpose
        and _may_follow(order, held, portfolio)
        and _is_behind(order.terms, level, held.state)
    ]


def align_addition(moment: Moment) -> Sequence[Command]:
    """After a fill of an addition: its stop and target follow to where those of the position were moved meanwhile."""
    return aligned(moment, moment.subject) if _is_of_an_addition(moment) else ()


def aligned(moment: Moment, entry_id: str | None) -> Sequence[Command]:
    """Amends the resting stop and target of this addition that are behind the position's; none before it has filled.

    An addition was decided at the stop and target of that time, and must not undo what moved them since.
    """
    portfolio = moment.portfolio
    return [
        _amended_to(level, order_id, order, portfolio)
        for order_id, order in portfolio.exits.items()
        if order.terms.parent == entry_id
        and (held := portfolio.positions.get(order.terms.instrument)) is not None
        and _may_follow(order, held, portfolio)
        and (level := _level_held(order.terms.purpose, held.state)) is not None
        and _is_behind(order.terms, level, held.state)
    ]


def _amended_to(level: Decimal, order_id: str, order: Working, portfolio: Portfolio) -> AmendOrder:
    return AmendOrder(
        order_id=order_id,
        quantity=None,
        limit_price=level if order.terms.purpose is Purpose.TARGET else None,
        trigger_price=level if order.terms.purpose is Purpose.STOP else None,
        rules=portfolio.instruments[order.terms.instrument],
    )


def _may_follow(order: Working, held: OpenPosition, portfolio: Portfolio) -> bool:
    return (
        order.status in LIFE[OrderAmendRequested]
        and held.state.closing is None
        and order in reducing(held, portfolio)
    )


def is_behind(terms: OrderPlaced, state: Open) -> bool:
    """Whether this stop is further from a profit than the position's, or this target nearer than the position's."""
    held = _level_held(terms.purpose, state)
    return held is not None and _is_behind(terms, held, state)


def _is_behind(terms: OrderPlaced, level: Decimal, state: Open) -> bool:
    own = _level_of(terms)
    return own is not None and _is_less(own, level, state)


def _is_less(one: Decimal, other: Decimal, state: Open) -> bool:
    """Whether the price is less in the position's favour than the other one."""
    return one < other if state.direction is Direction.LONG else one > other


def _level_of(terms: OrderPlaced) -> Decimal | None:
    return terms.limit_price if terms.purpose is Purpose.TARGET else terms.trigger_price


def _level_held(purpose: Purpose, state: Open) -> Decimal | None:
    return state.target if purpose is Purpose.TARGET else state.stop


def _is_of_an_addition(moment: Moment) -> bool:
    signal = moment.branch.state(signal_stream(moment.account, moment.envelope.meta.correlation_id))
    return isinstance(signal, Decided) and ADDITION in signal.decision.reasons


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
