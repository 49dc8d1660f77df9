"""The id of a discrepancy: `difference:` with the class of the difference and its key, or that of a report."""

from __future__ import annotations

from typing import Final

REPORTED: Final = "Report"
"""The kind of a report of an order that the log does not know; its id begins with `exchange:`."""


def kind_of(discrepancy_id: str) -> str:
    """The class of the difference that the discrepancy is about (`differences.py`), or `REPORTED`."""
    source, _, rest = discrepancy_id.partition(":")
    return rest.partition(":")[0] if source == "difference" else REPORTED
