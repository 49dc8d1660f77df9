"""Bodies of one writer schema to envelopes, as their events mean today."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from adapters.avro.forms import FORMS
from adapters.avro.meta import ReadMeta, meta_reader
from adapters.avro.reading import Read, reader
from adapters.avro.schema import WriterSchema, current_schemas
from adapters.avro.symbols import Symbols, symbols_of
from adapters.avro.upcasters import upcast
from adapters.avro.wire import read_record, write_record
from domain.errors import UnknownSchema
from domain.events import BY_FULL_NAME
from domain.log import Envelope


@dataclass(frozen=True, slots=True)
class EventReader:
    """Reads what `written` laid out; `today` is the schema of the same event now."""

    written: WriterSchema
    today: WriterSchema
    meta: ReadMeta
    event: Read

    def read(self, data: bytes, at: int) -> tuple[Envelope, int]:
        """The envelope whose body begins at `at`, and where it ends.

        Raises UnknownSchema for a version of tomorrow; fastavro's and Python's own errors for broken bytes.
        """
        meta, begin = self.meta(data, at)
        if meta.schema_version != self.today.version or self.written.fingerprint != self.today.fingerprint:
            return self._upcast(data, at, meta.schema_version)
        event, end = self.event(data, begin)
        return Envelope(meta, event), end

    def _upcast(self, data: bytes, at: int, version: int) -> tuple[Envelope, int]:
        """Written anew in memory as of today: fastavro fills in defaults, and refuses what does not fit."""
        today = self.today
        if version > today.version:
            raise UnknownSchema(
                f"{today.name} was written with version {version} of its schema, and this program knows "
                f"{today.version}: read this log with the program that wrote it, or a newer one"
            )
        if version < 1:
            raise ValueError(f"versions are counted from 1, and this one is {version}")
        body, anew = BytesIO(data), BytesIO()
        body.seek(at)
        record = read_record(body, self.written.wire)
        write_record(anew, today.wire, upcast(today.name, version, today.version, record))
        meta, begin = self.meta(anew.getvalue(), 0)
        event, _ = self.event(anew.getvalue(), begin)
        return Envelope(meta, event), body.tell()


def event_reader(written: WriterSchema) -> EventReader:
    """The reader of one writer schema."""
    today = current_schemas()[written.name]
    event = _event(BY_FULL_NAME[written.name], symbols_of(today.source))
    return EventReader(written, today, meta_reader(), event)


def _event(event: type, symbols: Symbols) -> Read:
    form = FORMS.get(event)
    if form is None:
        return reader(event, symbols)
    read, back = reader(form.of, symbols), form.back

    def read_back(data: bytes, at: int) -> tuple[object, int]:
        written, end = read(data, at)
        return back(written), end

    return read_back
