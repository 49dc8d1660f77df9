"""Filters and sort orders of the list of orders."""

from __future__ import annotations

from projections.questions.listing import Listing, among, at_least, at_most, common, equal

ORDERS = Listing(
    "orders",
    {
        **common(
            "placed_at", "instrument", "side", "type", "purpose", "chain", "parent", "actor", "reduce_only"
        ),
        "status": among("status"),
        "reason": equal("reason"),
        "min_notional": at_least("notional"),
        "max_notional": at_most("notional"),
    },
    {
        "PLACED": "ordinal",
        "UPDATED": "updated_ordinal",
        "QUANTITY": "quantity",
        "NOTIONAL": "notional",
        "INSTRUMENT": "instrument",
    },
    frozenset({"executions", "restored"}),
)
