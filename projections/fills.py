"""Fills: one row for each execution, with the instrument, side and purpose of its order."""

from __future__ import annotations

from domain.log import Recorded
from domain.order import OrderFilled, OrderPlaced
from domain.position import notional
from domain.streams import parse
from projections.columns import COUNT, JSON_TEXT, MOMENT, MONEY, TEXT
from projections.projection import Order, Projection, Row, Rows
from projections.tables import TableSpec

TABLE = TableSpec(
    "fills",
    key=("ordinal",),
    columns={
        "account": TEXT,
        "order_id": TEXT,
        "chain": TEXT,
        "instrument": TEXT,
        "side": TEXT,
        "purpose": TEXT,
        "execution_id": TEXT,
        "price": MONEY,
        "quantity": MONEY,
        "notional": MONEY,
        "fee": MONEY,
        "fee_currency": TEXT,
        "liquidity": TEXT,
        "at": MOMENT,
        "ordinal": COUNT,
    },
    indexes=(("account", "order_id"), ("chain",), ("execution_id",), ("instrument", "ordinal")),
    is_added_to=True,
)

ORDERS = TableSpec(
    "fill_orders",
    key=("account", "order_id"),
    columns={
        "account": TEXT,
        "order_id": TEXT,
        "instrument": TEXT,
        "side": TEXT,
        "purpose": TEXT,
        "executions": JSON_TEXT,
    },
)
"""For each order the columns that its fills' rows repeat, and the ids of the executions already recorded."""


def _placed(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, OrderPlaced)
    row: Row = {
        "account": meta.account,
        "order_id": parse(meta.stream).id,
        "instrument": event.instrument,
        "side": event.side.value,
        "purpose": event.purpose.value,
        "executions": [],
    }
    rows.put("fill_orders", row)


def _filled(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, OrderFilled)
    order = rows.get("fill_orders", meta.account, parse(meta.stream).id)
    if event.execution_id in order["executions"]:
        return
    rows.put("fill_orders", {**order, "executions": [*order["executions"], event.execution_id]})
    row = {
        "account": meta.account,
        "order_id": order["order_id"],
        "chain": meta.correlation_id,
        "instrument": order["instrument"],
        "side": order["side"],
        "purpose": order["purpose"],
        "execution_id": event.execution_id,
        "price": event.price,
        "quantity": event.quantity,
        "notional": notional(event.quantity, event.price),
        "fee": event.fee,
        "fee_currency": event.fee_currency,
        "liquidity": event.liquidity.value,
        "at": meta.occurred_at,
        "ordinal": recorded.ordinal,
    }
    rows.put("fills", row)


FILLS = Projection("fills", 3, Order.STREAM, (TABLE, ORDERS), {OrderPlaced: _placed, OrderFilled: _filled})
