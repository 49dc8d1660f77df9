"""Moments as Avro has them: microseconds since 1970-01-01T00:00:00Z, exact over all of datetime's range.

One moment stands in many events, two times in most: what was read or written lately is remembered.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.avro.binary import long, long_at

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_SIZE: Final = 8
"""The bytes of nearly every moment a log holds: from 1978 to 3111."""

_MOST_REMEMBERED: Final = 4_096
_READ: Final[dict[bytes, datetime]] = {}
WRITTEN: Final[dict[object, bytes]] = {}
"""The bytes of moments written lately; only datetimes with a zone are in it."""


def micros(moment: datetime) -> int:
    """Raises TypeError for a naive moment: nobody knows when it was."""
    return (moment - EPOCH) // _MICROSECOND


def moment(count: int) -> datetime:
    """The moment in UTC; raises OverflowError for a count beyond datetime's range."""
    return EPOCH + timedelta(0, 0, count)


def moment_at(data: bytes, at: int) -> tuple[datetime, int]:
    """The moment that begins at `at`, and where it ends; raises OverflowError, IndexError, ValueError for none."""
    known = _READ.get(data[at : at + _SIZE])
    if known is not None:
        return known, at + _SIZE
    count, end = long_at(data, at)
    read = moment(count)
    if end - at == _SIZE:
        if len(_READ) >= _MOST_REMEMBERED:
            _READ.clear()
        _READ[data[at:end]] = read
    return read, end


def moment_written(when: datetime) -> bytes:
    """The bytes of a moment; raises TypeError for a naive one."""
    known = WRITTEN.get(when)
    if known is not None:
        return known
    written = long(micros(when))
    if len(WRITTEN) >= _MOST_REMEMBERED:
        WRITTEN.clear()
    WRITTEN[when] = written
    return written


def iso(when: datetime) -> str:
    """As in `2026-03-01T12:00:00Z`; microseconds only where there are any."""
    return f"{when.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
