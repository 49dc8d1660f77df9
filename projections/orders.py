"""Orders: one row for each order with its terms, status, filled amounts and purpose."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

from domain import order
from domain.arithmetic import EXACT, ZERO
from domain.direction import Purpose, Side
from domain.log import Meta, Recorded
from domain.order import Closed, OrderEvent, OrderPlaced, OrderStatus, OrderType, Working, leaves
from domain.streams import parse
from projections.columns import COUNT, FLAG, JSON_TEXT, MOMENT, MONEY, TEXT, optional
from projections.mean import mean
from projections.projection import Fold, Order, Projection, Row, Rows
from projections.tables import TableSpec

TABLE = TableSpec(
    "orders",
    key=("account", "id"),
    columns={
        "account": TEXT,
        "id": TEXT,
        "chain": TEXT,
        "instrument": TEXT,
        "side": TEXT,
        "type": TEXT,
        "purpose": TEXT,
        "status": TEXT,
        "restored": TEXT,
        "reason": TEXT,
        "quantity": MONEY,
        "limit_price": optional(MONEY),
        "trigger_price": optional(MONEY),
        "reduce_only": FLAG,
        "parent": optional(TEXT),
        "fresh_until": MOMENT,
        "filled": MONEY,
        "leaves": MONEY,
        "notional": MONEY,
        "average_price": optional(MONEY),
        "fees": MONEY,
        "fee_currency": TEXT,
        "executions": JSON_TEXT,
        "venue_order_id": TEXT,
        "actor": TEXT,
        "placed_at": MOMENT,
        "updated_at": MOMENT,
        "closed_at": optional(MOMENT),
        "ordinal": COUNT,
        "updated_ordinal": COUNT,
    },
    indexes=(("ordinal",), ("chain",), ("instrument", "ordinal"), ("status", "ordinal"), ("venue_order_id",)),
)


def _placed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, OrderPlaced)
    state = order.evolve(order.UNPLACED, event)
    assert isinstance(state, Working)
    begun: Row = {
        "account": meta.account,
        "id": parse(meta.stream).id,
        "chain": meta.correlation_id,
        "actor": meta.actor,
        "placed_at": meta.occurred_at,
        "ordinal": recorded.ordinal,
    }
    rows.put("orders", {**begun, **_columns(state), **_moved(meta, recorded.ordinal, state)})


def _changed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    row = rows.get("orders", meta.account, parse(meta.stream).id)
    before = _state(row)
    state = order.evolve(before, event)  # type: ignore[arg-type]  # the table of folds has chosen it
    assert isinstance(state, Working | Closed)
    moved = _moved(meta, recorded.ordinal, state)
    if isinstance(before, Closed) and isinstance(state, Closed):
        moved = {**moved, "closed_at": row["closed_at"]}
    rows.put("orders", {**row, **_columns(state), **moved})


def _moved(meta: Meta, ordinal: int, state: Working | Closed) -> Row:
    return {
        "updated_at": meta.occurred_at,
        "updated_ordinal": ordinal,
        "closed_at": meta.occurred_at if isinstance(state, Closed) else None,
    }


def _columns(state: Working | Closed) -> Row:
    terms = state.terms
    return {
        "instrument": terms.instrument,
        "side": terms.side.value,
        "type": terms.type.value,
        "purpose": terms.purpose.value,
        "status": state.status.value,
        "restored": state.restored.value if isinstance(state, Working) else "",
        "reason": state.reason if isinstance(state, Closed) else "",
        "quantity": terms.quantity,
        "limit_price": terms.limit_price,
        "trigger_price": terms.trigger_price,
        "reduce_only": terms.reduce_only,
        "parent": terms.parent,
        "fresh_until": terms.fresh_until,
        "filled": state.filled,
        "leaves": leaves(state),
        "notional": state.notional,
        "average_price": _average(state),
        "fees": state.fees,
        "fee_currency": state.fee_currency,
        "executions": sorted(state.executions),
        "venue_order_id": state.venue_order_id,
    }


def _average(state: Working | Closed) -> Decimal | None:
    """The average price in quote currency per unit, rounded to twelve decimals for display; None before the first
    fill."""
    if state.filled == ZERO:
        return None
    return mean(EXACT.divide(state.notional, state.filled))


def _state(row: Mapping[str, Any]) -> Working | Closed:
    """The order's state, rebuilt from its row, because only rows are kept between two events."""
    terms = OrderPlaced(
        instrument=row["instrument"],
        side=Side(row["side"]),
        type=OrderType(row["type"]),
        quantity=row["quantity"],
        limit_price=row["limit_price"],
        trigger_price=row["trigger_price"],
        reduce_only=row["reduce_only"],
        purpose=Purpose(row["purpose"]),
        parent=row["parent"],
        fresh_until=row["fresh_until"],
    )
    status, executions = OrderStatus(row["status"]), frozenset(row["executions"])
    if row["restored"]:
        return Working(
            terms=terms,
            status=status,
            restored=OrderStatus(row["restored"]),
            filled=row["filled"],
            notional=row["notional"],
            fees=row["fees"],
            fee_currency=row["fee_currency"],
            executions=executions,
            venue_order_id=row["venue_order_id"],
        )
    return Closed(
        terms=terms,
        status=status,
        reason=row["reason"],
        filled=row["filled"],
        notional=row["notional"],
        fees=row["fees"],
        fee_currency=row["fee_currency"],
        executions=executions,
        venue_order_id=row["venue_order_id"],
    )


_FOLDS: Mapping[type, Fold] = {**dict.fromkeys(get_args(OrderEvent), _changed), OrderPlaced: _placed}

ORDERS = Projection("orders", 4, Order.STREAM, (TABLE,), _FOLDS)
