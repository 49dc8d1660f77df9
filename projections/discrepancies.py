"""Discrepancies: one row for each recorded difference between the exchange and the log, open or resolved."""

from __future__ import annotations

from domain.log import Recorded
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from domain.reconciliation.discrepancy_id import kind_of
from projections.columns import COUNT, MOMENT, TEXT, optional
from projections.projection import Order, Projection, Rows
from projections.tables import TableSpec

OPEN, RESOLVED = "OPEN", "RESOLVED"

TABLE = TableSpec(
    "discrepancies",
    key=("account", "id"),
    columns={
        "account": TEXT,
        "id": TEXT,
        "kind": TEXT,
        "subject": TEXT,
        "found": TEXT,
        "status": TEXT,
        "resolution": optional(TEXT),
        "resolved_by": optional(TEXT),
        "found_at": MOMENT,
        "resolved_at": optional(MOMENT),
        "ordinal": COUNT,
        "updated_ordinal": COUNT,
    },
    indexes=(("ordinal",), ("status", "ordinal")),
)
"""`kind` is the class of the difference (`domain/reconciliation/differences.py`), or `discrepancy_id.REPORTED`."""


def _found(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, DiscrepancyFound)
    kind = kind_of(event.discrepancy_id)
    row = {
        "account": meta.account,
        "id": event.discrepancy_id,
        "kind": kind,
        "subject": event.subject,
        "found": event.found.removeprefix(f"{kind}: "),
        "status": OPEN,
        "resolution": None,
        "resolved_by": None,
        "found_at": meta.occurred_at,
        "resolved_at": None,
        "ordinal": recorded.ordinal,
        "updated_ordinal": recorded.ordinal,
    }
    rows.put("discrepancies", row)


def _resolved(rows: Rows, recorded: Recorded) -> None:
    meta, event = recorded.envelope.meta, recorded.envelope.event
    assert isinstance(event, DiscrepancyResolved)
    row = rows.get("discrepancies", meta.account, event.discrepancy_id)
    resolved = {
        "status": RESOLVED,
        "resolution": event.resolution,
        "resolved_by": meta.actor,
        "resolved_at": meta.occurred_at,
        "updated_ordinal": recorded.ordinal,
    }
    rows.put("discrepancies", {**row, **resolved})


DISCREPANCIES = Projection(
    "discrepancies",
    2,
    Order.STREAM,
    (TABLE,),
    {DiscrepancyFound: _found, DiscrepancyResolved: _resolved},
)
