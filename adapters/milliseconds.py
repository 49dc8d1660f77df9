"""Times in milliseconds since 1970, as exchanges state them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def at_ms(milliseconds: int) -> datetime:
    """The time of milliseconds since 1970, in UTC."""
    return _EPOCH + milliseconds * _MILLISECOND


def in_ms(at: datetime) -> int:
    """Milliseconds since 1970, rounded down."""
    return (at - _EPOCH) // _MILLISECOND
