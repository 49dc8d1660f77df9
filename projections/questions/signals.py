"""Filters and sort orders of the list of signals."""

from __future__ import annotations

from projections.questions.listing import Listing, at_least, common

SIGNALS = Listing(
    "signals",
    {
        **common(
            "detected_at",
            "strategy",
            "instrument",
            "interval_seconds",
            "direction",
            "intent",
            "status",
            "verdict",
            "chain",
            "actor",
        ),
        "min_confidence": at_least("confidence"),
    },
    {"DETECTED": "ordinal", "CONFIDENCE": "confidence", "TREND": "trend", "INSTRUMENT": "instrument"},
)
