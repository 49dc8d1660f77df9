"""Filters and sort orders of the list of positions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, or_

from projections.questions.listing import Listing, at_least, at_most, before, common, equal
from projections.source import Source


def _opened_or_closed_by(_source: Source, rows: FromClause, chain: Any) -> ColumnElement[bool]:
    return or_(rows.c.chain == chain, rows.c.closed_by_chain == chain)


POSITIONS = Listing(
    "positions",
    {
        **common("opened_at", "instrument", "direction", "status", "exit_reason", "owner"),
        "chain": _opened_or_closed_by,
        "entry_order": equal("entry_order"),
        "closed_since": at_least("closed_at"),
        "closed_before": before("closed_at"),
        "min_net": at_least("net"),
        "max_net": at_most("net"),
    },
    {
        "OPENED": "ordinal",
        "UPDATED": "updated_ordinal",
        "NET": "net",
        "COST": "cost",
        "FEES": "fees",
        "QUANTITY": "max_quantity",
        "INSTRUMENT": "instrument",
    },
)
