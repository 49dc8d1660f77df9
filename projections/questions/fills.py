"""Filters and sort orders of the list of fills."""

from __future__ import annotations

from projections.questions.listing import Listing, at_least, at_most, common

FILLS = Listing(
    "fills",
    {
        **common(
            "at",
            "instrument",
            "side",
            "purpose",
            "liquidity",
            "order_id",
            "chain",
            "execution_id",
            "fee_currency",
        ),
        "min_notional": at_least("notional"),
        "max_notional": at_most("notional"),
    },
    {
        "FILLED": "ordinal",
        "NOTIONAL": "notional",
        "QUANTITY": "quantity",
        "PRICE": "price",
        "FEE": "fee",
    },
)
