"""An event as a Kafka record, and the one rule by which every reader takes a record for an event.

Key: the stream. Value: the event's bytes. Headers: whatever came beside the event, `ce_type` (the event's type) and
`ce_sequence` (its version in the stream, decimal). Timestamp: milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from confluent_kafka import Message

Headers = Sequence[tuple[str, bytes]]

TYPE: Final = "ce_type"
VERSION: Final = "ce_sequence"
# The key of a record that is there for the sake of its transaction's marker and means nothing.
MEND: Final = "whence-mend"

FIRST_VERSIONS: Final = (0, 1)


class Event(NamedTuple):
    """A committed event's place in the partition (1, 2, 3 …) and in its stream, and its content."""

    ordinal: int
    stream: str
    version: int
    topic: str
    state: bytes


class Record(NamedTuple):
    """A committed event with everything its Kafka record carries: `timestamp` in ms since 1970."""

    ordinal: int
    stream: str
    version: int
    topic: str
    state: bytes
    timestamp: int
    headers: list[tuple[str, bytes]]

    @property
    def event(self) -> Event:
        """The event without what came beside it."""
        return Event(*self[:5])


class Entry(NamedTuple):
    """What a record claims to be, before anyone has asked whether it may be."""

    offset: int
    stream: str
    version: int
    topic: str
    state: bytes
    timestamp: int
    headers: list[tuple[str, bytes]]

    def at(self, ordinal: int) -> Record:
        """The event that this is, now that it is accepted at `ordinal`."""
        return Record(ordinal, *self[1:])


def follows(last: int | None, version: int) -> bool:
    """Whether `version` may come next in a stream whose last one is `last` (None: a stream that is not yet).

    The library's aggregates begin at 1, its older ones at 0; from there on no version is left out or comes twice.
    """
    return version in FIRST_VERSIONS if last is None else version == last + 1


def headers_of(topic: str, version: int, beside: Headers) -> list[tuple[str, bytes]]:
    """The headers of an event's record: what came beside it, its version, and its type unless that came too.

    The version is ours alone: of two headers of a name readers take the last.
    """
    headers = [*beside, (VERSION, b"%d" % version)]
    for name, _ in beside:
        if name == TYPE:
            return headers
    headers.append((TYPE, topic.encode()))
    return headers


def entry_of(message: Message) -> Entry | None:
    """The entry in `message`; None where the record is no event at all (no key, no type, no version)."""
    headers: list[tuple[str, bytes]] = message.headers() or []  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - a consumer always hands out a list of pairs
    named = dict(headers)
    try:
        return Entry(
            message.offset(),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a consumed message has one
            message.key().decode(),  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess] - caught below
            int(named[VERSION]),
            named[TYPE].decode(),
            message.value() or b"",
            message.timestamp()[1],
            headers,
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
