"""Writes the envelopes of one event class as bytes."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.avro.decision import decision_writer
from adapters.avro.meta import write_meta
from adapters.avro.schema import WriterSchema
from adapters.avro.symbols import Symbols, symbols_of
from adapters.avro.writing import Write, writer
from domain.errors import InvalidEvent
from domain.log import Envelope
from domain.signal import DecisionMade


@dataclass(frozen=True, slots=True)
class EventWriter:
    """`prefix` precedes every body; `name` is the event's name in errors."""

    name: str
    version: int
    prefix: bytes
    body: Write

    def write(self, envelope: Envelope) -> bytes:
        """Encodes the prefix and the body. Raises InvalidEvent, naming event, field and value."""
        meta = envelope.meta
        if meta.schema_version != self.version:
            raise InvalidEvent(
                f"{self.name}.meta.schema_version = {meta.schema_version!r} is not {self.version}, the version this "
                "program writes; nothing was recorded"
            )
        try:
            return self.prefix + write_meta(meta) + self.body(envelope.event)
        except InvalidEvent as fault:
            raise InvalidEvent(f"{self.name}.{fault}") from None


def event_writer(event: type, schema: WriterSchema, prefix: bytes) -> EventWriter:
    """The writer of one event class."""
    return EventWriter(event.__name__, schema.version, prefix, _body(event, symbols_of(schema.source)))


def _body(event: type, symbols: Symbols) -> Write:
    return decision_writer(symbols) if event is DecisionMade else writer(event, symbols)
