"""Bodies of one writer schema to envelopes, as their events mean today."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from adapters.avro.meta import read_meta
from adapters.avro.reading import Build, builder
from adapters.avro.schema import WriterSchema, current_schemas
from adapters.avro.upcasters import upcast
from adapters.avro.wire import Record, read_record, write_record
from domain.errors import UnknownSchema
from domain.events import BY_FULL_NAME
from domain.log import Envelope


@dataclass(frozen=True, slots=True)
class EventReader:
    """Reads what `written` laid out; `today` is the schema of the same event now."""

    written: WriterSchema
    today: WriterSchema
    build: Build

    def read(self, body: BytesIO) -> Envelope:
        """Raises UnknownSchema for a version of tomorrow; fastavro's and Python's own errors for broken bytes."""
        record = read_record(body, self.written.wire)
        meta = record["meta"]
        if meta["schema_version"] != self.today.version:
            record = self._as_today(record, meta["schema_version"])
        return Envelope(read_meta(meta), self.build(record))

    def _as_today(self, record: Record, version: int) -> Record:
        """Upcast, then written anew in memory: fastavro fills in defaults, and refuses what does not fit."""
        today = self.today
        if version > today.version:
            raise UnknownSchema(
                f"{today.name} was written with version {version} of its schema, and this program knows "
                f"{today.version}: read this log with the program that wrote it, or a newer one"
            )
        anew = BytesIO()
        write_record(anew, today.wire, upcast(today.name, version, today.version, record))
        anew.seek(0)
        return read_record(anew, today.wire)


def event_reader(written: WriterSchema) -> EventReader:
    """The reader of one writer schema."""
    return EventReader(written, current_schemas()[written.name], builder(BY_FULL_NAME[written.name]))
