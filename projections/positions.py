"""Positions, open and closed: quantity, cost and result of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from domain import position
from domain.arithmetic import EXACT, ZERO
from domain.direction import Direction
from domain.log import Meta, Recorded
from domain.position import Ended, Open, PositionClosed, PositionEvent, PositionOpened
from domain.streams import parse, parse_position
from projections.columns import COUNT, MOMENT, MONEY, TEXT, optional
from projections.projection import Fold, Order, Projection, Row, Rows
from projections.tables import TableSpec

OPEN, CLOSED = "OPEN", "CLOSED"

TABLE = TableSpec(
    "positions",
    key=("account", "id"),
    columns={
        "account": TEXT,
        "id": TEXT,
        "chain": TEXT,
        "instrument": TEXT,
        "direction": TEXT,
        "n": COUNT,
        "status": TEXT,
        "quantity": MONEY,
        "max_quantity": MONEY,
        "cost": MONEY,
        "average_price": MONEY,
        "stop": optional(MONEY),
        "target": optional(MONEY),
        "gross": MONEY,
        "fees": MONEY,
        "funding": MONEY,
        "net": MONEY,
        "entry_order": TEXT,
        "exit_order": optional(TEXT),
        "exit_reason": optional(TEXT),
        "closed_by_chain": optional(TEXT),
        "opened_at": MOMENT,
        "updated_at": MOMENT,
        "closed_at": optional(MOMENT),
        "ordinal": COUNT,
        "updated_ordinal": COUNT,
    },
    indexes=(
        ("ordinal",),
        ("chain",),
        ("closed_by_chain",),
        ("instrument", "ordinal"),
        ("status", "ordinal"),
    ),
)
"""`average_price` is the cost per unit; a closed position keeps its last one. `gross`, `fees` and `funding` are sums
since the opening."""


def _opened(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, PositionOpened)
    state = position.evolve(position.FLAT, event)
    assert isinstance(state, Open)
    begun: Row = {
        "account": meta.account,
        "id": parse(meta.stream).id,
        "chain": meta.correlation_id,
        "instrument": event.instrument,
        "direction": event.direction.value,
        "n": parse_position(meta.stream).n,
        "status": OPEN,
        "max_quantity": event.quantity,
        "entry_order": event.order_id,
        "exit_order": None,
        "exit_reason": None,
        "closed_by_chain": None,
        "opened_at": meta.occurred_at,
        "closed_at": None,
        "ordinal": recorded.ordinal,
    }
    rows.put("positions", {**begun, **_held(state), **_moved(meta, recorded.ordinal)})


def _changed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    row = rows.get("positions", meta.account, parse(meta.stream).id)
    state = position.evolve(_state(row), event)  # type: ignore[arg-type]  # the table of folds has chosen it
    columns = _columns(row, state, meta, event)
    rows.put("positions", {**row, **columns, **_moved(meta, recorded.ordinal)})


def _columns(row: Row, state: position.PositionState, meta: Meta, event: object) -> Row:
    if isinstance(state, Open):
        return {**_held(state), "max_quantity": max(row["max_quantity"], state.quantity)}
    assert isinstance(event, PositionClosed)
    return _ended(meta, event)


def _held(state: Open) -> Row:
    return {
        "quantity": state.quantity,
        "cost": state.cost,
        "average_price": round(state.average_price, 12),
        "stop": state.stop,
        "target": state.target,
        "gross": state.gross,
        "fees": state.fees,
        "funding": state.funding,
        "net": EXACT.add(EXACT.subtract(state.gross, state.fees), state.funding),
    }


def _ended(meta: Meta, event: PositionClosed) -> Row:
    return {
        "status": CLOSED,
        "quantity": ZERO,
        "cost": ZERO,
        "gross": event.gross,
        "fees": event.fees,
        "funding": event.funding,
        "net": event.net,
        "exit_order": event.order_id,
        "exit_reason": event.reason.value,
        "closed_by_chain": meta.correlation_id,
        "closed_at": meta.occurred_at,
    }


def _moved(meta: Meta, at: int) -> Row:
    return {"updated_at": meta.occurred_at, "updated_ordinal": at}


def _state(row: Mapping[str, Any]) -> position.PositionState:
    """The position's state, rebuilt from the row: no other state is kept between two events."""
    if row["status"] == CLOSED:
        return Ended(row["net"])
    return Open(
        instrument=row["instrument"],
        direction=Direction(row["direction"]),
        quantity=row["quantity"],
        cost=row["cost"],
        gross=row["gross"],
        fees=row["fees"],
        funding=row["funding"],
        stop=row["stop"],
        target=row["target"],
    )


_FOLDS: Mapping[type, Fold] = {**dict.fromkeys(get_args(PositionEvent), _changed), PositionOpened: _opened}

POSITIONS = Projection("positions", 2, Order.STREAM, (TABLE,), _FOLDS)
