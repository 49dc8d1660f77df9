"""Links between positions, orders and fills. They follow from the journal: the cause of each event in a position's
stream that changes the quantity is a fill in an order's stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    case,
    exists,
    or_,
    select,
    union,
)

from domain.direction import Direction, Purpose, exit_side
from domain.position import PositionIncreased, PositionOpened
from projections.questions.find import Key, Keys, Rows, grouped, is_one_of
from projections.source import Source

_PROTECTIVE = (Purpose.STOP.value, Purpose.TARGET.value)
_ENTERS = (PositionOpened.__name__, PositionIncreased.__name__)
"""The events of a position whose fill is one of its entries."""
_USED = ("account", "id", "instrument", "side", "closed_at", "ordinal", "updated_ordinal")
_EXIT_SIDES = {direction.value: exit_side(direction).value for direction in Direction}


def fills_of_positions(source: Source, keys: Keys, most: int) -> Mapping[Key, Rows]:
    """The fills of each position, by (account, position id); for each position the first `most` in log order."""
    caused, filled, fills = (
        source.table("journal"),
        source.table("journal").alias("filled"),
        source.table("fills"),
    )
    own = [caused.c.account, caused.c.subject]
    statement = (
        select(fills)
        .join(filled, filled.c.ordinal == fills.c.ordinal)
        .join(caused, caused.c.cause == filled.c.event_id)
        .where(caused.c.noun == "position", is_one_of(own, keys))
    )
    return grouped(source, statement, own, fills, most)


def orders_of_positions(source: Source, keys: Keys, most: int) -> Mapping[Key, Rows]:
    """The orders of each position, by (account, position id); for each position the first `most` in log order.

    They are the orders with a fill in the position, the orders whose parent opened or increased the position, as an
    addition and a level of a grid do, and the stops and targets without a parent that could fill in the position. These
    are placed again by the engine (decision 0077), placed by a person, or adopted.
    """
    pairs = _pairs(source, keys, "position_id").subquery("pairs")
    orders = source.table("orders")
    statement = select(orders).join(
        pairs, (pairs.c.account == orders.c.account) & (pairs.c.order_id == orders.c.id)
    )
    return grouped(source, statement, [pairs.c.account, pairs.c.position_id], orders, most)


def positions_of_orders(source: Source, keys: Keys, most: int) -> Mapping[Key, Rows]:
    """The positions that each order filled or protects, by (account, order id). An order that reversed a position has
    two: the closed one and the opened one."""
    pairs = _pairs(source, keys, "order_id").subquery("pairs")
    positions = source.table("positions")
    statement = select(positions).join(
        pairs, (pairs.c.account == positions.c.account) & (pairs.c.position_id == positions.c.id)
    )
    return grouped(source, statement, [pairs.c.account, pairs.c.order_id], positions, most)


def _pairs(source: Source, keys: Keys, wanted: str) -> CompoundSelect[str, str, str]:
    """The rows (account, position_id, order_id) whose values in account and in the column `wanted` are one of the
    keys."""
    caused, filled = source.table("journal"), source.table("journal").alias("filled")
    positions, orders = source.table("positions"), source.table("orders")
    known = {"position_id": caused.c.subject, "order_id": filled.c.subject}
    by_fills = (
        select(caused.c.account, caused.c.subject.label("position_id"), filled.c.subject.label("order_id"))
        .join(filled, filled.c.event_id == caused.c.cause)
        .where(
            caused.c.noun == "position",
            filled.c.noun == "order",
            is_one_of([caused.c.account, known[wanted]], keys),
        )
    )
    rest = {"position_id": positions.c.id, "order_id": orders.c.id}
    behind = (
        select(positions.c.account, positions.c.id.label("position_id"), orders.c.id.label("order_id"))
        .join(orders, (orders.c.account == positions.c.account) & (orders.c.chain == positions.c.chain))
        .where(
            orders.c.parent == positions.c.entry_order, is_one_of([positions.c.account, rest[wanted]], keys)
        )
    )
    entered = (
        select(caused.c.account, caused.c.subject.label("position_id"), orders.c.id.label("order_id"))
        .join(filled, filled.c.event_id == caused.c.cause)
        .join(
            orders,
            and_(
                orders.c.account == caused.c.account,
                orders.c.chain == filled.c.chain,
                orders.c.parent == filled.c.subject,
            ),
        )
        .where(
            caused.c.noun == "position",
            caused.c.type.in_(_ENTERS),
            filled.c.noun == "order",
            is_one_of(
                [caused.c.account, {"position_id": caused.c.subject, "order_id": orders.c.id}[wanted]], keys
            ),
        )
    )
    again = _placed_again(positions, orders, is_one_of([positions.c.account, rest[wanted]], keys))
    loose = _loose(positions, orders)
    rest["order_id"] = loose.c.id
    adopted = _adopted(positions, loose, is_one_of([positions.c.account, rest[wanted]], keys))
    return union(by_fills, behind, entered, again, adopted)


def _placed_again(
    positions: FromClause, orders: FromClause, wanted: ColumnElement[bool]
) -> Select[Any, Any, Any]:
    """The stops and targets without a parent of the position's own chain: the engine has placed them again."""
    return (
        select(positions.c.account, positions.c.id.label("position_id"), orders.c.id.label("order_id"))
        .join(orders, and_(orders.c.account == positions.c.account, orders.c.chain == positions.c.chain))
        .where(wanted, *_is_loose(orders), *_overlap(positions, orders))
    )


def _adopted(positions: FromClause, loose: FromClause, wanted: ColumnElement[bool]) -> Select[Any, Any, Any]:
    """The loose stops and targets that could fill in the position, by instrument and side."""
    return (
        select(positions.c.account, positions.c.id.label("position_id"), loose.c.id.label("order_id"))
        .join(
            loose,
            and_(
                loose.c.account == positions.c.account,
                loose.c.instrument == positions.c.instrument,
                loose.c.side == case(_EXIT_SIDES, value=positions.c.direction),
            ),
        )
        .where(wanted, *_overlap(positions, loose))
    )


def _loose(positions: FromClause, orders: FromClause) -> FromClause:
    """The stops and targets without a parent whose chain has no position.

    They are few. DISTINCT makes SQLite read them once, and not once for each position.
    """
    owner = positions.alias("owner")
    is_owned = exists().where(owner.c.account == orders.c.account, owner.c.chain == orders.c.chain)
    return (
        select(*(orders.c[name] for name in _USED))
        .where(*_is_loose(orders), ~is_owned)
        .distinct()
        .subquery("loose")
    )


def _is_loose(orders: FromClause) -> Sequence[ColumnElement[bool]]:
    return orders.c.parent.is_(None), orders.c.purpose.in_(_PROTECTIVE)


def _overlap(positions: FromClause, orders: FromClause) -> Sequence[ColumnElement[bool]]:
    """Whether the order was placed before the position was closed, and had not ended when it was opened."""
    return (
        or_(positions.c.closed_at.is_(None), orders.c.ordinal <= positions.c.updated_ordinal),
        or_(orders.c.closed_at.is_(None), orders.c.updated_ordinal >= positions.c.ordinal),
    )
