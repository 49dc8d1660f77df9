"""Filters and sort orders of the list of discrepancies."""

from __future__ import annotations

from projections.questions.listing import Listing, common

DISCREPANCIES = Listing(
    "discrepancies",
    common("found_at", "status", "kind", "subject"),
    {"FOUND": "ordinal", "UPDATED": "updated_ordinal"},
)
