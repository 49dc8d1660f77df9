"""Envelopes of one event to bytes."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.avro.forms import FORMS
from adapters.avro.meta import write_meta
from adapters.avro.schema import WriterSchema
from adapters.avro.symbols import Symbols, symbols_of
from adapters.avro.writing import Write, writer
from domain.errors import InvalidEvent
from domain.log import Envelope


@dataclass(frozen=True, slots=True)
class EventWriter:
    """`prefix` goes before every body; `name` names the event in errors."""

    name: str
    version: int
    prefix: bytes
    body: Write

    def write(self, envelope: Envelope) -> bytes:
        """Raises InvalidEvent, naming event, field and value."""
        meta = envelope.meta
        if meta.schema_version != self.version:
            raise InvalidEvent(
                f"{self.name}.meta.schema_version = {meta.schema_version!r} is not the {self.version} this program "
                "writes; nothing was recorded"
            )
        try:
            return self.prefix + write_meta(meta) + self.body(envelope.event)
        except InvalidEvent as fault:
            raise InvalidEvent(f"{self.name}.{fault}") from None


def event_writer(event: type, schema: WriterSchema, prefix: bytes) -> EventWriter:
    """The writer of one event's class."""
    return EventWriter(event.__name__, schema.version, prefix, _body(event, symbols_of(schema.source)))


def _body(event: type, symbols: Symbols) -> Write:
    form = FORMS.get(event)
    if form is None:
        return writer(event, symbols)
    write, there = writer(form.of, symbols), form.there
    return lambda value: write(there(value))
