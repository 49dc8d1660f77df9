"""What can go wrong with the log on Kafka, as the library's persistence errors and as ours at once.

Whoever uses the library's recorders catches `OperationalError`, `IntegrityError`, `DataError`; whoever uses the
log of this project catches `LogError` and its leaves. Every class here is both.
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
    LogOwned,
    LogUnavailable,
    LogUnsafe,
    OwnershipLost,
)


class KafkaConflict(Conflict, IntegrityError):
    """That version of the stream, or that tracking ordinal, is already taken; nothing was written."""


class KafkaUnavailable(LogUnavailable, OperationalError):
    """The broker did not answer in time; nothing was written."""


class OutcomeUnknown(KafkaUnavailable):
    """The broker fell silent during a commit: all of the append is in the log, or none of it. Read before retrying."""


class KafkaOwnershipLost(OwnershipLost, OperationalError):
    """Another writer took the partition over; this append was not written and no later one will be."""


class KafkaLogOwned(LogOwned, OperationalError):
    """Another engine holds the partition; the message names host, process and since when."""


class KafkaLogUnsafe(LogUnsafe, OperationalError):
    """A topic is set up so that it would lose events; the message holds the command that mends it."""


class KafkaLogCorrupt(LogCorrupt, DatabaseError):
    """The log holds something that no owner of it can have written."""


class KafkaReadOnly(OwnershipLost, ProgrammingError):
    """This log was opened for reading only."""


class EventTooLarge(InvalidEvent, DataError):
    """An event is larger than a record of its topic may be; nothing was written."""


class KafkaSettingsInvalid(InvalidSettings, OSError):
    """A setting is missing, unknown or out of range. `OSError` is what the library raises for its environment."""
