"""Filters and sort orders of the list of suspicions of manipulation."""

from __future__ import annotations

from projections.questions.listing import Listing, at_least, common

MANIPULATIONS = Listing(
    "manipulations",
    {**common("at", "instrument", "kind", "side", "chain"), "min_score": at_least("score")},
    {"RECORDED": "ordinal", "SCORE": "score"},
)
