"""An event as a Kafka record, and the rule by which every reader accepts a record as an event.

Key: the stream. Value: the event's bytes. Headers: the headers given with the event, `ce_type` (the event's type) and
`ce_sequence` (the event's version in the stream, decimal). Timestamp: milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from confluent_kafka import Message

Headers = Sequence[tuple[str, bytes]]

TYPE: Final = "ce_type"
VERSION: Final = "ce_sequence"
# The key of a record that carries no event and is written only for its transaction's marker.
MEND: Final = "whence-mend"
MARK: Final = "whence_mark"

FIRST_VERSIONS: Final = (0, 1)


class Event(NamedTuple):
    """A committed event: `ordinal` in the partition (1, 2, 3 …), `version` in its stream, `topic` (type), content."""

    ordinal: int
    stream: str
    version: int
    topic: str
    state: bytes


class Record(NamedTuple):
    """A committed event with its record's headers and `timestamp` in ms since 1970."""

    ordinal: int
    stream: str
    version: int
    topic: str
    state: bytes
    timestamp: int
    headers: list[tuple[str, bytes]]

    @property
    def event(self) -> Event:
        """The event without headers and timestamp."""
        return Event(*self[:5])


class Entry(NamedTuple):
    """The content of a record before it is accepted as an event; `timestamp` in ms since 1970."""

    offset: int
    stream: str
    version: int
    topic: str
    state: bytes
    timestamp: int
    headers: list[tuple[str, bytes]]

    @property
    def mark(self) -> bytes | None:
        """The record's mark; None where it has none."""
        return mark_of(self.headers)

    def at(self, ordinal: int) -> Record:
        """The event that was accepted at `ordinal`."""
        return Record(ordinal, *self[1:])


def follows(last: int | None, version: int) -> bool:
    """Whether `version` may follow `last`, the last version of a stream (None where the stream has no event).

    A stream begins at version 1, or at 0 as older aggregates of the library do, and has no gaps or repetitions.
    """
    return version in FIRST_VERSIONS if last is None else version == last + 1


def mark_of(headers: Headers) -> bytes | None:
    """The last mark in `headers`; None where there is none."""
    return next((value for name, value in reversed(headers) if name == MARK), None)


def headers_of(topic: str, version: int, given: Headers) -> list[tuple[str, bytes]]:
    """The headers of an event's record: `given`, the version, and the type where `given` has none.

    The added version counts even where `given` has one, because readers take the last header of a name.
    """
    headers = [*given, (VERSION, b"%d" % version)]
    for name, _ in given:
        if name == TYPE:
            return headers
    headers.append((TYPE, topic.encode()))
    return headers


def headers_in(message: Message) -> list[tuple[str, bytes]]:
    """The headers of a consumed record."""
    headers: list[tuple[str, bytes]] = message.headers() or []  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - a consumer always returns a list of pairs
    return headers


def entry_of(message: Message) -> Entry | None:
    """The entry in `message`; None where the record lacks an event's key, type or version."""
    headers = headers_in(message)
    named = dict(headers)
    try:
        return Entry(
            message.offset(),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a consumed message has an offset
            message.key().decode(),  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess] - caught below
            int(named[VERSION]),
            named[TYPE].decode(),
            message.value() or b"",
            message.timestamp()[1],
            headers,
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
