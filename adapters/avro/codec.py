"""Encodes envelopes as bytes and decodes them.

Without a registry an event is Avro single-object encoded: `C3 01`, the writer schema's fingerprint (8 bytes), the
body. With a registry it has the Confluent prefix: `00`, the schema's id in the registry (4 bytes, big-endian), the
body. The first byte distinguishes the two, so one log can hold both.

The canonical bytes of an event are the single-object encoding (`AvroCodec.canonical`). They do not depend on a
registry, so bytes are compared, and stored outside the log, in this form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from adapters.avro.event_reader import EventReader, event_reader
from adapters.avro.event_writer import WriteEvent, event_writer
from adapters.avro.schema import WriterSchema, current_schemas, schema_of
from domain.errors import InvalidEvent, LogCorrupt, UnknownSchema
from domain.events import FULL_NAMES
from domain.log import Envelope

SINGLE_OBJECT: Final = b"\xc3\x01"
CONFLUENT: Final = b"\x00"
_SINGLE_OBJECT_PREFIX: Final = 10
_CONFLUENT_PREFIX: Final = 5
_UNREADABLE: Final = (EOFError, LookupError, ArithmeticError, ValueError, TypeError)


class SchemaIds(Protocol):
    """A schema registry: maps schemas to ids and ids to schemas."""

    def id_of(self, schema: WriterSchema) -> int:
        """The id of a registered schema; raises UnknownSchema where it is not registered."""
        ...

    def schema_of(self, schema_id: int) -> WriterSchema:
        """The schema registered under an id; raises UnknownSchema where there is none."""
        ...


class AvroCodec:
    """Encodes with the current schemas; decodes events written with any schema in `schemas/`.

    With `ids`, events are written with registry ids, which the constructor looks up (raises UnknownSchema,
    LogUnavailable). Without `ids`, events are written with fingerprints. Fingerprints are read in both cases. With
    `read_only` an id is looked up only when a record that holds it is decoded, so current schemas may be unregistered.
    """

    def __init__(self, ids: SchemaIds | None = None, *, read_only: bool = False) -> None:
        self._ids = ids
        self._readers: dict[bytes, EventReader] = {}
        self._canonical: dict[bytes, bytes] = {}
        self._framed: dict[bytes, bytes] = {}
        self._writers = _Writers(None if read_only else ids)

    def encode(self, envelope: Envelope) -> bytes:
        """Encodes one event. Raises InvalidEvent, naming event, field and value, where a value is invalid."""
        return self._writers[type(envelope.event)](envelope)

    def encode_all(self, envelopes: Iterable[Envelope]) -> Sequence[bytes]:
        """Encodes several events. Raises what `encode` raises."""
        writers = self._writers
        return [writers[type(envelope.event)](envelope) for envelope in envelopes]

    def decode(self, data: bytes) -> Envelope:
        """Decodes one event. Raises UnknownSchema where its schema is unavailable, LogCorrupt where `data` is not
        valid.
        """
        size = _SINGLE_OBJECT_PREFIX if data[:2] == SINGLE_OBJECT else _CONFLUENT_PREFIX
        reader = self._readers.get(data[:size]) or self._reader(data[:size])
        try:
            envelope, end = reader.read(data, size)
        except _UNREADABLE as fault:
            raise LogCorrupt(_unreadable(reader, data, f"{type(fault).__name__}: {fault}")) from fault
        if end != len(data):
            raise LogCorrupt(_unreadable(reader, data, f"the event ends after byte {end}"))
        return envelope

    def canonical(self, data: bytes) -> bytes:
        """The canonical bytes of an encoded event: with the fingerprint of its schema instead of a registry's id.

        Raises what `decode` raises for a schema that is not available.
        """
        if data[:1] != CONFLUENT:
            return data
        prefix = data[:_CONFLUENT_PREFIX]
        framed = self._canonical.get(prefix)
        if framed is None:
            framed = self._canonical[prefix] = SINGLE_OBJECT + self._schema(prefix).fingerprint
        return framed + data[_CONFLUENT_PREFIX:]

    def framed(self, data: bytes) -> bytes:
        """The bytes that a log of this codec stores for an event with these canonical bytes; the body stays as it is.

        Raises UnknownSchema where the event's schema, which may be an earlier one, is not registered.
        """
        if self._ids is None:
            return data
        prefix = data[:_SINGLE_OBJECT_PREFIX]
        framed = self._framed.get(prefix)
        if framed is None:
            framed = self._framed[prefix] = _prefix(self._schema(prefix), self._ids)
        return framed + data[_SINGLE_OBJECT_PREFIX:]

    def _reader(self, prefix: bytes) -> EventReader:
        reader = self._readers[prefix] = event_reader(self._schema(prefix))
        return reader

    def _schema(self, prefix: bytes) -> WriterSchema:
        if prefix[:2] == SINGLE_OBJECT and len(prefix) == _SINGLE_OBJECT_PREFIX:
            return schema_of(prefix[2:])
        if prefix[:1] == CONFLUENT and len(prefix) == _CONFLUENT_PREFIX:
            return self._registered(int.from_bytes(prefix[1:], "big"))
        raise LogCorrupt(
            f"a record begins with {prefix.hex(' ') or 'nothing'}: expected c3 01 and a fingerprint, or 00 and a "
            "registry's id; Whence did not write it"
        )

    def _registered(self, schema_id: int) -> WriterSchema:
        if self._ids is None:
            raise UnknownSchema(
                f"a record was written with schema {schema_id} of a registry: set `url` in the table [registry] of "
                "whence.toml to read it"
            )
        return self._ids.schema_of(schema_id)


class _Writers(dict[type, WriteEvent]):
    """The writer of each event class; a lookup raises InvalidEvent for another class."""

    def __init__(self, ids: SchemaIds | None) -> None:
        schemas = {event: current_schemas()[name] for event, name in FULL_NAMES.items()}
        super().__init__(
            {event: event_writer(event, schema, _prefix(schema, ids)) for event, schema in schemas.items()}
        )

    def __missing__(self, event: type) -> WriteEvent:
        raise InvalidEvent(f"{event.__name__} is not listed in domain/events.py; nothing was recorded")


def _prefix(schema: WriterSchema, ids: SchemaIds | None) -> bytes:
    if ids is None:
        return SINGLE_OBJECT + schema.fingerprint
    return CONFLUENT + ids.id_of(schema).to_bytes(4, "big")


def _unreadable(reader: EventReader, data: bytes, fault: str) -> str:
    return f"{len(data)} bytes are not a valid {reader.written.name}: {fault}"
