"""Filters and sort orders of the list of alerts."""

from __future__ import annotations

from projections.questions.listing import Listing, among, common

ALERTS = Listing(
    "alerts",
    {**common("at", "kind", "chain", "stream"), "severity": among("severity")},
    {"RAISED": "ordinal"},
)
