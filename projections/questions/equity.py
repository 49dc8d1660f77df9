"""Filters and sort orders of the equity curve."""

from __future__ import annotations

from projections.questions.listing import Listing, common

EQUITY = Listing(
    "equity",
    common("at", "day", "reason", "chain"),
    {"RECORDED": "ordinal", "BALANCE": "balance", "AMOUNT": "amount", "DRAWDOWN": "drawdown"},
)
