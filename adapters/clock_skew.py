"""How far an exchange's clock differs from this machine's, as far as one request can prove it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def proven_skew(query: Callable[[], datetime]) -> timedelta:
    """By how much the clock that `query` returns (UTC) is at least ahead of this machine's; negative: behind it.

    The exchange reads its clock at some moment between request and response. A time between the two proves no
    difference, however long the response took; another one differs by its distance to the nearer end.
    """
    before = datetime.now(UTC)
    theirs = query()
    after = datetime.now(UTC)
    return theirs - min(max(theirs, before), after)
