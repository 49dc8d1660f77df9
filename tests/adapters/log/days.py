"""Envelopes to append to logs: consecutive days of an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from domain.account import DayOpened
from domain.events import schema_version
from domain.log import Envelope, Meta, event_id
from domain.opening import LogOpened, Mode
from tests.replacing import replace

LOG_ID = UUID("0d0c2e6a-7f0b-5c49-9a53-6a3d4b1f2e10")
_FIRST = datetime(2025, 4, 3, tzinfo=UTC)


def opened() -> Envelope:
    """The first event of a log."""
    meta = replace(day("log", 1).meta, schema_version=schema_version(LogOpened))
    return Envelope(meta, LogOpened(log_id=LOG_ID, mode=Mode.TAPE, tape="", synthetic=True))


def day(stream: str, version: int) -> Envelope:
    """The `version`-th day of a stream."""
    at = _FIRST + timedelta(days=version - 1)
    meta = Meta(
        event_id=event_id(LOG_ID, stream, version),
        stream=stream,
        version=version,
        correlation_id="0123456789abc",
        causation_id=f"clock:{at.isoformat()}",
        occurred_at=at,
        recorded_at=at,
        account="main",
        actor="engine",
        source="paper",
        schema_version=1,
    )
    return Envelope(meta, DayOpened(at.date().isoformat(), Decimal("10000.50")))


def days(stream: str, first: int, last: int) -> Sequence[Envelope]:
    """The days from `first` to `last`, both included."""
    return [day(stream, version) for version in range(first, last + 1)]
