"""Filters and sort orders of the list of routes to other engines."""

from __future__ import annotations

from projections.questions.listing import Listing, common, equal

ROUTES = Listing(
    "routes",
    {
        **common("routed_at", "owner", "instrument", "proposed", "direction", "intent", "state", "chain"),
        "is_open": equal("is_open"),
    },
    {"ROUTED": "ordinal", "UPDATED": "updated_ordinal"},
)
