"""The leaves of a log's tree, made of its stored events without decoding them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Final, Protocol
from uuid import UUID

from adapters.avro.codec import SINGLE_OBJECT
from adapters.avro.schema import canonical_form, schema_of
from adapters.log.recorder_log import RecordedLog, Row
from domain.errors import InvalidInput, LogCorrupt, LogError
from domain.notary.leaf import Leaf
from domain.opening import LogOpened

_PREFIX: Final = 10


class Placed(Protocol):
    """Reads the stored events of a log in order."""

    def placed(self, after: int, upto: int) -> Iterator[Row]:
        """See `RecordedLog.placed`."""
        ...


def leaves(log: Placed, after: int, upto: int) -> Iterator[Leaf]:
    """The leaf of every event with `after < ordinal <= upto`, in order.

    Raises LogCorrupt where an ordinal is missing, UnknownSchema where the schema of an event is not available.
    """
    last = after
    for row in log.placed(after, upto):
        check_next(last, row[0])
        last = row[0]
        yield leaf_of(row)
    if last < upto:
        raise LogCorrupt(f"the log ends at ordinal {last} instead of {upto}")


def check_next(last: int, ordinal: int) -> None:
    """Raises LogCorrupt where the event after the one with the ordinal `last` has another ordinal than the next."""
    if ordinal != last + 1:
        raise LogCorrupt(f"ordinal {last + 1} is missing: the next event has ordinal {ordinal}")


def leaf_of(row: Row) -> Leaf:
    """The leaf of a stored event with canonical bytes. Raises UnknownSchema, and LogCorrupt for bytes of others."""
    ordinal, stream, version, data = row
    try:
        type_, schema = _written_with(data[:_PREFIX])
    except LogError as fault:
        raise type(fault)(f"ordinal {ordinal}: {fault}") from None
    return Leaf(ordinal, stream, version, type_, data[_PREFIX:], schema)


def schema_text(leaf: Leaf, data: bytes) -> str:
    """The parsing canonical form of the schema that wrote the leaf's event, whose canonical bytes are `data`."""
    text = canonical_form(schema_of(data[2:_PREFIX]))
    assert sha256(text.encode()).digest() == leaf.schema
    return text


def log_id_of(log: RecordedLog) -> UUID:
    """The id of the log, by its first event. Raises InvalidInput where there is none yet, LogCorrupt where the log
    begins otherwise."""
    for recorded in log.read(0, min(log.head(), 1)):
        event = recorded.envelope.event
        if isinstance(event, LogOpened):
            return event.log_id
        raise LogCorrupt(
            "the log does not begin with LogOpened, so it has no id that a checkpoint could name"
        )
    raise InvalidInput("the log has no events yet: begin it before its notary")


@cache
def _written_with(prefix: bytes) -> tuple[str, bytes]:
    """The type of an event and the hash of its schema's canonical form, by the prefix of its canonical bytes."""
    if prefix[:2] != SINGLE_OBJECT:
        raise LogCorrupt(f"an event begins with {prefix.hex(' ')}: Whence did not write it")
    schema = schema_of(prefix[2:])
    return schema.name, sha256(canonical_form(schema).encode()).digest()
