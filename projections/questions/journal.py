"""Filters and sort orders of the journal, which holds every event of the log."""

from __future__ import annotations

from projections.questions.listing import KEY, Listing, among, at_most, common
from projections.search import matching

JOURNAL = Listing(
    "journal",
    {
        **common("occurred_at", "stream", "noun", "subject", "chain", "cause", "actor", "source", "event_id"),
        "types": among("type"),
        "upto_ordinal": at_most(KEY),
        "search": lambda _, rows, text: matching(rows, text),
    },
    {"RECORDED": "ordinal"},
)
