"""Moments as Avro has them: microseconds since 1970-01-01T00:00:00Z, exact over all of datetime's range."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Raises TypeError for a naive moment: nobody knows when it was."""
    return (moment - EPOCH) // _MICROSECOND


def moment(count: int) -> datetime:
    """The moment in UTC; raises OverflowError for a count beyond datetime's range."""
    return EPOCH + timedelta(0, 0, count)


EARLIEST = micros(datetime.min.replace(tzinfo=UTC))
LATEST = micros(datetime.max.replace(tzinfo=UTC))


def iso(when: datetime) -> str:
    """As in `2026-03-01T12:00:00Z`; microseconds only where there are any."""
    return f"{when.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
