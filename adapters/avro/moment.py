"""Times as Avro's timestamp-micros: microseconds since 1970-01-01T00:00:00Z, exact over datetime's whole range.

Recent conversions are cached, because many events share a time and most events hold the same time twice.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.avro.binary import long, long_at

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_SIZE: Final = 8
"""The encoded size in bytes of times from 1978 to 3111, which are nearly all times in a log."""

_MOST_REMEMBERED: Final = 4_096
_READ: Final[dict[bytes, datetime]] = {}
WRITTEN: Final[dict[object, bytes]] = {}
"""The encoded bytes of each cached datetime; every key has a time zone."""


def micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01T00:00:00Z. Raises TypeError for a naive datetime, which names no instant."""
    return (moment - EPOCH) // _MICROSECOND


def moment(count: int) -> datetime:
    """The datetime in UTC, from microseconds; raises OverflowError beyond datetime's range."""
    return EPOCH + timedelta(0, 0, count)


def moment_at(data: bytes, at: int) -> tuple[datetime, int]:
    """Reads the time at `at`; returns it and the offset after it.

    Raises OverflowError beyond datetime's range, IndexError or ValueError for invalid bytes.
    """
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
    """Encodes a time; raises TypeError for a naive datetime."""
    known = WRITTEN.get(when)
    if known is not None:
        return known
    written = long(micros(when))
    if len(WRITTEN) >= _MOST_REMEMBERED:
        WRITTEN.clear()
    WRITTEN[when] = written
    return written


def iso(when: datetime) -> str:
    """ISO 8601 in UTC, such as `2026-03-01T12:00:00Z`; microseconds only where they are not zero."""
    return f"{when.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
