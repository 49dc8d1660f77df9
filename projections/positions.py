"""Positions: one row for each open or closed position with its quantity, cost and result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from domain import position
from domain.arithmetic import EXACT, ZERO
from domain.direction import Direction
from domain.log import Meta, Recorded
from domain.position import (
    Ended,
    Open,
    PositionClosed,
    PositionCloseFailed,
    PositionCloseRetried,
    PositionCloseWithdrawn,
    PositionClosing,
    PositionEvent,
    PositionOpened,
    PositionOrphaned,
)
from domain.streams import parse, parse_position
from projections.columns import COUNT, MOMENT, MONEY, TEXT, optional
from projections.mean import mean
from projections.owners import FOLDS as OWNER_FOLDS
from projections.owners import OWNERS, hold, opener
from projections.projection import Fold, Order, Projection, Row, Rows
from projections.rows import MemoryRows
from projections.tables import TableSpec

OPEN, CLOSED = "OPEN", "CLOSED"

_COLUMNS = {
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
    "close_reason": optional(TEXT),
    "close_attempts": COUNT,
    "closed_by_chain": optional(TEXT),
    "opened_at": MOMENT,
    "updated_at": MOMENT,
    "closed_at": optional(MOMENT),
    "ordinal": COUNT,
    "updated_ordinal": COUNT,
}
_KEY = ("account", "id")

TABLE = TableSpec(
    "positions",
    key=_KEY,
    columns={**_COLUMNS, "owner": TEXT},
    indexes=(
        ("ordinal",),
        ("chain",),
        ("closed_by_chain",),
        ("instrument", "ordinal"),
        ("status", "ordinal"),
        ("owner", "ordinal"),
    ),
)
"""`average_price` is the cost per unit; a closed position keeps its last average price. `gross`, `fees` and `funding`
are sums since the opening. `close_reason` and `close_attempts` are those of the latest close that was begun and not
withdrawn. `owner` is a strategy instance, a scanner or `person` (`domain/owner.py`)."""


def _opened(rows: Rows, recorded: Recorded) -> None:
    rows.put("positions", _begun(recorded))


def _begun(recorded: Recorded) -> Row:
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
        "close_reason": None,
        "close_attempts": 0,
        "closed_by_chain": None,
        "opened_at": meta.occurred_at,
        "closed_at": None,
        "ordinal": recorded.ordinal,
    }
    return {**begun, **_held(state), **_moved(meta, recorded.ordinal)}


def _changed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    row = rows.get("positions", meta.account, parse(meta.stream).id)
    state = position.evolve(_state(row), event)  # type: ignore[arg-type]  # the table of folds has chosen it
    columns = _columns(row, state, meta, event)
    rows.put("positions", {**row, **columns, **_moved(meta, recorded.ordinal)})


def _closing(rows: Rows, recorded: Recorded) -> None:
    event = recorded.envelope.event
    assert isinstance(event, PositionClosing)
    _close(rows, recorded, close_reason=event.reason.value, close_attempts=1)


def _close_retried(rows: Rows, recorded: Recorded) -> None:
    event = recorded.envelope.event
    assert isinstance(event, PositionCloseRetried)
    _close(rows, recorded, close_attempts=event.attempt)


def _close_withdrawn(rows: Rows, recorded: Recorded) -> None:
    _close(rows, recorded, close_reason=None, close_attempts=0)


def _close(rows: Rows, recorded: Recorded, **columns: object) -> None:
    meta = recorded.envelope.meta
    row = rows.get("positions", meta.account, parse(meta.stream).id)
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
        "average_price": mean(state.average_price),
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
    """The position's state, rebuilt from its row, because only rows are kept between two events."""
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


def _opened_owned(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, PositionOpened)
    owner = opener(rows, meta, event)
    rows.put("positions", {**_begun(recorded), "owner": owner})
    hold(rows, meta, event.instrument, event.direction.value, owner)


def _orphaned(rows: Rows, recorded: Recorded) -> None:
    _changed(rows, recorded)
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, PositionOrphaned)
    row = rows.get("positions", meta.account, parse(meta.stream).id)
    owner = event.heir or row["owner"]
    rows.put("positions", {**row, "owner": owner})
    hold(rows, meta, row["instrument"], row["direction"], owner)


def _closed(rows: Rows, recorded: Recorded) -> None:
    _changed(rows, recorded)
    meta = recorded.envelope.meta
    row = rows.get("positions", meta.account, parse(meta.stream).id)
    hold(rows, meta, row["instrument"], row["direction"], "")


def owners_of(log: Iterable[Recorded]) -> Mapping[int, str]:
    """The owner of the position after each of its events, by the event's ordinal. `log` is a log from its beginning."""
    rows = MemoryRows(POSITIONS.tables, lambda _table, _key: None)
    owners: dict[int, str] = {}
    for recorded in log:
        event, meta = recorded.envelope.event, recorded.envelope.meta
        if (fold := POSITIONS.folds.get(type(event))) is not None:
            fold(rows, recorded)
            rows.kept()
        if isinstance(event, PositionEvent):
            owners[recorded.ordinal] = rows.get("positions", meta.account, parse(meta.stream).id)["owner"]
    return owners


_OF_STREAM: Mapping[type, Fold] = {
    **dict.fromkeys(get_args(PositionEvent), _changed),
    PositionOpened: _opened,
    PositionClosing: _closing,
    PositionCloseFailed: _close,
    PositionCloseRetried: _close_retried,
    PositionCloseWithdrawn: _close_withdrawn,
}

WITHOUT_OWNERS = Projection(
    "positions_without_owners",
    3,
    Order.STREAM,
    (TableSpec("positions", key=_KEY, columns=_COLUMNS),),
    _OF_STREAM,
)
"""Positions without the column `owner`, which cannot be computed from a position's stream alone. Subscriptions fold
this projection; no store has a build of it."""

POSITIONS = Projection(
    "positions",
    5,
    Order.ACCOUNT,
    (TABLE, OWNERS),
    {
        **OWNER_FOLDS,
        **_OF_STREAM,
        PositionOpened: _opened_owned,
        PositionOrphaned: _orphaned,
        PositionClosed: _closed,
    },
)
"""A sequence is all events of an account, because a position's owner also follows from signals and orders."""
