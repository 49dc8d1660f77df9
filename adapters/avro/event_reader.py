"""Reads record bodies of one writer schema into envelopes of the current event classes."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from adapters.avro.decision import decision_reader
from adapters.avro.meta import ReadMeta, meta_reader
from adapters.avro.reading import Read, reader
from adapters.avro.schema import WriterSchema, current_schemas
from adapters.avro.symbols import Symbols, symbols_of
from adapters.avro.upcasters import upcast
from adapters.avro.wire import read_record, write_record
from domain.errors import UnknownSchema
from domain.events import BY_FULL_NAME
from domain.log import Envelope
from domain.signal import DecisionMade


@dataclass(frozen=True, slots=True)
class EventReader:
    """Reads bodies written with the schema `written`; `today` is the current schema of the same event."""

    written: WriterSchema
    today: WriterSchema
    meta: ReadMeta
    event: Read

    def read(self, data: bytes, at: int) -> tuple[Envelope, int]:
        """Reads the body at `at`; returns the envelope and the offset after it.

        Raises UnknownSchema for a schema version newer than this program's; errors of fastavro and of Python for
        corrupt bytes.
        """
        meta, begin = self.meta(data, at)
        if meta.schema_version != self.today.version or self.written.fingerprint != self.today.fingerprint:
            return self._upcast(data, at, meta.schema_version)
        event, end = self.event(data, begin)
        return Envelope(meta, event), end

    def _upcast(self, data: bytes, at: int, version: int) -> tuple[Envelope, int]:
        """Rewrites the record in memory with the current schema; fastavro adds defaults and refuses invalid values."""
        today = self.today
        if version > today.version:
            raise UnknownSchema(
                f"{today.name} was written with version {version} of its schema, and this program knows "
                f"{today.version}: read this log with the program that wrote it, or a newer one"
            )
        if version < 1:
            raise ValueError(f"schema versions are counted from 1, this is {version}")
        body, anew = BytesIO(data), BytesIO()
        body.seek(at)
        record = read_record(body, self.written.wire)
        write_record(anew, today.wire, upcast(today.name, version, today.version, record))
        meta, begin = self.meta(anew.getvalue(), 0)
        event, _ = self.event(anew.getvalue(), begin)
        return Envelope(meta, event), body.tell()


def event_reader(written: WriterSchema) -> EventReader:
    """The reader of records written with one schema."""
    today = current_schemas()[written.name]
    event = _event(BY_FULL_NAME[written.name], symbols_of(today.source))
    return EventReader(written, today, meta_reader(), event)


def _event(event: type, symbols: Symbols) -> Read:
    return decision_reader(symbols) if event is DecisionMade else reader(event, symbols)
