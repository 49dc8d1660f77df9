"""Errors of the log on Kafka.

Each class is both an error of the library (`OperationalError`, `IntegrityError`, `DataError`), which callers of the
library's recorders catch, and a `LogError`, which callers of this project's log catch.
"""

from __future__ import annotations

from eventsourcing.persistence import (
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
)

from domain.errors import (
    Conflict,
    InvalidEvent,
    InvalidSettings,
    LogCorrupt,
    LogLost,
    LogOwned,
    LogUnavailable,
    LogUnsafe,
    OwnershipLost,
)


class KafkaConflict(Conflict, IntegrityError):
    """The stream's version or the tracking ordinal is already taken; nothing was written."""


class KafkaUnavailable(LogUnavailable, OperationalError):
    """The broker did not respond in time; nothing was written."""


class OutcomeUnknown(KafkaUnavailable):
    """The broker stopped responding during a commit: the log holds all of the append or none of it.

    The caller must read the log before it tries again.
    """


class KafkaOwnershipLost(OwnershipLost, OperationalError):
    """Another writer took the partition over; this append was not written, and every later append is refused, too."""


class KafkaLogLost(LogLost, OperationalError):
    """The topic was deleted, made again or cut while this writer owned it: committed events are gone."""


class KafkaLogOwned(LogOwned, OperationalError):
    """Another engine owns the partition; the message names that engine's host, process and start time."""


class KafkaLogUnsafe(LogUnsafe, OperationalError):
    """A topic's settings would lose events; the message holds the command that corrects them."""


class KafkaLogCorrupt(LogCorrupt, DatabaseError):
    """The log holds a record that no owner can have written, or lacks a record that was committed."""


class KafkaReadOnly(OwnershipLost, ProgrammingError):
    """The log was opened read-only."""


class EventTooLarge(InvalidEvent, DataError):
    """An event is larger than its topic's maximum record size; nothing was written."""


class KafkaSettingsInvalid(InvalidSettings, OSError):
    """A setting is missing, unknown or out of range. The library raises `OSError` for its environment variables."""
