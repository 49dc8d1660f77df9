"""Envelopes of one event to bytes."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from adapters.avro.meta import write_meta
from adapters.avro.schema import WriterSchema
from adapters.avro.wire import write_record
from adapters.avro.writing import Dump, dumper
from domain.errors import InvalidEvent
from domain.log import Envelope


@dataclass(frozen=True, slots=True)
class EventWriter:
    """`prefix` goes before every body; `where` names the meta in errors."""

    schema: WriterSchema
    prefix: bytes
    where: str
    dump: Dump

    def write(self, envelope: Envelope) -> bytes:
        """Raises InvalidEvent, naming event, field and value."""
        if envelope.meta.schema_version != self.schema.version:
            raise InvalidEvent(
                f"{self.where}.schema_version = {envelope.meta.schema_version!r} is not the {self.schema.version} "
                "this program writes; nothing was recorded"
            )
        record = {"meta": write_meta(envelope.meta, self.where), **self.dump(envelope.event)}
        out = BytesIO()
        out.write(self.prefix)
        write_record(out, self.schema.wire, record)
        return out.getvalue()


def event_writer(event: type, schema: WriterSchema, prefix: bytes) -> EventWriter:
    """The writer of one event's class."""
    return EventWriter(schema, prefix, f"{event.__name__}.meta", dumper(event, event.__name__))
