"""Discrepancies: one row for each recorded difference between the exchange and the log, open or resolved."""

from __future__ import annotations

from domain.log import Recorded
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from projections.columns import COUNT, MOMENT, TEXT, optional
from projections.projection import Order, Projection, Rows
from projections.tables import TableSpec

OPEN, RESOLVED = "OPEN", "RESOLVED"
REPORTED = "Report"
"""The kind of a report of an order that the log does not know; its id begins with `exchange:`."""

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
"""`kind` is the class of the difference (`domain/reconciliation/differences.py`), or `REPORTED`."""


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


def kind_of(discrepancy_id: str) -> str:
    """The class of the difference that the discrepancy is about, or `REPORTED`."""
    source, _, rest = discrepancy_id.partition(":")
    return rest.partition(":")[0] if source == "difference" else REPORTED


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
