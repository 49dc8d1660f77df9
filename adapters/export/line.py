"""A line of an export: one event, readable, with what it takes to make its bytes again and to find a change."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import UUID

from adapters.avro.codec import SINGLE_OBJECT
from adapters.avro.moment import iso, moment
from adapters.avro.schema import schema_of
from adapters.avro.wire import read_record, write_record
from adapters.log.recorder_log import Row
from adapters.notary.leaves import leaf_of
from domain.errors import LogCorrupt

FIRST: Final = "0" * 64
"""What the first line of a type has in place of the hash of the line before."""
_PREFIX: Final = 10
_BYTES: Final = "hex"
"""The member of an object that stands for bytes, which JSON does not have."""
_UNREADABLE: Final = (EOFError, LookupError, ArithmeticError, ValueError, TypeError, RecursionError)


class Line(NamedTuple):
    """One line.

    `type` is the full name, `schema` the fingerprint of the schema that wrote it, and `leaf` the hash of its leaf
    in the notary's tree. `event` has the fields as that schema names them; times are µs since 1970. `recorded_at` and
    `id` repeat its time and its id for people. `before` is the `sha256` of the line before in the files of this type.
    Hashes are in hexadecimal digits.
    """

    ordinal: int
    recorded_at: str
    id: str
    stream: str
    version: int
    type: str
    schema: str
    leaf: str
    event: dict[str, Any]
    before: str

    @property
    def day(self) -> str:
        """The day (UTC) on which the event was recorded, as 2025-06-30."""
        return self.recorded_at[:10]


def line_of(row: Row, before: str) -> Line:
    """The line of a stored event, whose bytes are canonical.

    Raises UnknownSchema, and LogCorrupt where the bytes are not valid or could not be made again from the line.
    """
    ordinal, stream, version, data = row
    leaf = leaf_of(row)
    schema = schema_of(data[2:_PREFIX])
    try:
        event = read_record(io.BytesIO(leaf.body), schema.wire)
        line = Line(
            ordinal,
            iso(moment(event["meta"]["recorded_at"])),
            str(UUID(bytes=event["meta"]["event_id"])),
            stream,
            version,
            leaf.type,
            schema.fingerprint.hex(),
            leaf.hash.hex(),
            event,
            before,
        )
    except _UNREADABLE as fault:
        raise LogCorrupt(f"ordinal {ordinal} is not readable as {leaf.type}: {fault}") from fault
    if row_of(read(written(line)[0])) != row:
        raise LogCorrupt(f"ordinal {ordinal} ({leaf.type}) would not be the same event after an import")
    return line


def written(line: Line) -> tuple[bytes, str]:
    """The line as it is in a file, with its end, and its `sha256`: that of all before this last member."""
    content = json.dumps(line._asdict(), separators=(",", ":"), ensure_ascii=False, default=_hex)[:-1]
    digest = sha256(content.encode()).hexdigest()
    return f'{content},"sha256":"{digest}"}}\n'.encode(), digest


def read(text: bytes) -> Line:
    """The line in these bytes. Raises LogCorrupt where it is not whole, or not as it was written."""
    content, _, last = text.removesuffix(b"\n").rpartition(b',"sha256":"')
    if not content or last != f'{sha256(content).hexdigest()}"}}'.encode():
        raise LogCorrupt("the line is not as it was written: its sha256 differs")
    try:
        return Line(**json.loads(content + b"}", object_hook=_bytes))
    except (ValueError, TypeError, RecursionError) as fault:
        raise LogCorrupt(f"this is no line of an export: {fault}") from None


def _hex(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {_BYTES: value.hex()}
    raise TypeError(f"{type(value).__name__} is no value of an event")


def _bytes(found: dict[str, Any]) -> Any:
    return bytes.fromhex(found[_BYTES]) if found.keys() == {_BYTES} else found


def row_of(line: Line) -> Row:
    """The stored event of a line, encoded with the schema that wrote it.

    Raises UnknownSchema, and LogCorrupt where the fields do not fit the schema or do not give the hash of the leaf.
    """
    fingerprint = bytes.fromhex(line.schema)
    body = io.BytesIO()
    try:
        write_record(body, schema_of(fingerprint).wire, line.event)
    except _UNREADABLE as fault:
        raise LogCorrupt(f"ordinal {line.ordinal}: its fields do not fit its schema: {fault}") from None
    row = (line.ordinal, line.stream, line.version, SINGLE_OBJECT + fingerprint + body.getvalue())
    leaf = leaf_of(row)
    if (leaf.hash.hex(), leaf.type) != (line.leaf, line.type):
        raise LogCorrupt(f"ordinal {line.ordinal}: its fields do not give the hash of its leaf")
    return row
