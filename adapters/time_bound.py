"""The bound of a time that a venue states: a later one is false, and nothing of its row can be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.errors import InvalidInput

FUTURE = timedelta(minutes=1)
"""How far a stated time may lie ahead of this machine's clock: more than clocks differ that may trade (0061).

An event of a later time would be of a later day than the events after it, in every report.
"""


def check_time(name: str, at: datetime, now: datetime | None = None) -> datetime:
    """The time (UTC). Raises InvalidInput for one that lies ahead of this machine's clock, which is `now`."""
    if at > (now or datetime.now(UTC)) + FUTURE:
        raise InvalidInput(f"{name} {at.isoformat()} lies ahead of this machine's clock")
    return at
