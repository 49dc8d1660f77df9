"""Envelopes to bytes and back.

Without a registry an event is Avro single-object encoded: `C3 01`, the writer schema's fingerprint (8 bytes), the
body. With one it has the Confluent prefix: `00`, the schema's id there (4 bytes, big-endian), the body. The first byte
tells, and one log can hold both.
"""

from __future__ import annotations

from typing import Final, Protocol

from adapters.avro.event_reader import EventReader, event_reader
from adapters.avro.event_writer import EventWriter, event_writer
from adapters.avro.schema import WriterSchema, current_schemas, schemas_by_fingerprint
from domain.errors import InvalidEvent, LogCorrupt, UnknownSchema
from domain.events import FULL_NAMES
from domain.log import Envelope

SINGLE_OBJECT: Final = b"\xc3\x01"
CONFLUENT: Final = b"\x00"
_SINGLE_OBJECT_PREFIX: Final = 10
_CONFLUENT_PREFIX: Final = 5
_UNREADABLE: Final = (EOFError, LookupError, ArithmeticError, ValueError, TypeError)


class SchemaIds(Protocol):
    """What a registry knows: the id of each schema, and the schema of each id."""

    def id_of(self, schema: WriterSchema) -> int:
        """The id that the schema is registered under; raises UnknownSchema where it is not."""
        ...

    def schema_of(self, schema_id: int) -> WriterSchema:
        """The schema of an id; raises UnknownSchema."""
        ...


class AvroCodec:
    """Encodes with the schemas of today, decodes whatever was ever written.

    With `ids`, events are written with their registry ids, every one looked up here and now (raises UnknownSchema,
    LogUnavailable); without, with their fingerprints. Fingerprints are read either way. With `read_only` ids are
    looked up as they are met in a log, and what has not been registered since is no fault.
    """

    def __init__(self, ids: SchemaIds | None = None, *, read_only: bool = False) -> None:
        self._ids = ids
        self._readers: dict[bytes, EventReader] = {}
        self._writers = _writers(None if read_only else ids)

    def encode(self, envelope: Envelope) -> bytes:
        """Raises InvalidEvent, naming event, field and value, for what would be a lie in the log."""
        writer = self._writers.get(type(envelope.event))
        if writer is None:
            raise InvalidEvent(f"{envelope.event!r} is not in domain/events.py; nothing was recorded")
        return writer.write(envelope)

    def decode(self, data: bytes) -> Envelope:
        """Raises UnknownSchema for a schema nobody here has, LogCorrupt for bytes that are not an event."""
        size = _SINGLE_OBJECT_PREFIX if data[:2] == SINGLE_OBJECT else _CONFLUENT_PREFIX
        reader = self._readers.get(data[:size]) or self._reader(data[:size])
        try:
            envelope, end = reader.read(data, size)
        except _UNREADABLE as fault:
            raise LogCorrupt(_unreadable(reader, data, f"{type(fault).__name__}: {fault}")) from fault
        if end != len(data):
            raise LogCorrupt(_unreadable(reader, data, f"the event ends after {end}"))
        return envelope

    def _reader(self, prefix: bytes) -> EventReader:
        reader = self._readers[prefix] = event_reader(self._schema(prefix))
        return reader

    def _schema(self, prefix: bytes) -> WriterSchema:
        if prefix[:2] == SINGLE_OBJECT and len(prefix) == _SINGLE_OBJECT_PREFIX:
            return _fingerprinted(prefix[2:])
        if prefix[:1] == CONFLUENT and len(prefix) == _CONFLUENT_PREFIX:
            return self._registered(int.from_bytes(prefix[1:], "big"))
        raise LogCorrupt(
            f"a record begins with {prefix.hex(' ') or 'nothing'}: it is neither single-object encoded (c3 01 and a "
            "fingerprint) nor has it a registry's prefix (00 and an id), so it is not ours"
        )

    def _registered(self, schema_id: int) -> WriterSchema:
        if self._ids is None:
            raise UnknownSchema(
                f"a record was written with the registry's schema {schema_id}: name that registry to read it"
            )
        return self._ids.schema_of(schema_id)


def _writers(ids: SchemaIds | None) -> dict[type, EventWriter]:
    schemas = {event: current_schemas()[name] for event, name in FULL_NAMES.items()}
    return {event: event_writer(event, schema, _prefix(schema, ids)) for event, schema in schemas.items()}


def _prefix(schema: WriterSchema, ids: SchemaIds | None) -> bytes:
    if ids is None:
        return SINGLE_OBJECT + schema.fingerprint
    return CONFLUENT + ids.id_of(schema).to_bytes(4, "big")


def _fingerprinted(fingerprint: bytes) -> WriterSchema:
    try:
        return schemas_by_fingerprint()[fingerprint]
    except KeyError:
        raise UnknownSchema(
            f"a record was written with the schema of fingerprint {fingerprint.hex()}, which is not in schemas/: read "
            "this log with the program that wrote it, or a newer one"
        ) from None


def _unreadable(reader: EventReader, data: bytes, fault: str) -> str:
    return f"{len(data)} bytes said to be a {reader.written.name} are not: {fault}"
