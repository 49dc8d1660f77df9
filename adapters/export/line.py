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
from domain.notary.leaf import Leaf

FIRST: Final = "0" * 64
"""What the first line of a type has in place of the hash of the line before."""
_PREFIX: Final = 10
_END: Final = b'"}\n'
"""How a line ends, after its `sha256`."""
_DIGEST_AT: Final = len(_END) + len(FIRST)
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


def line_of(row: Row, before: str) -> tuple[Line, bytes, str]:
    """The line of a stored event, whose bytes are canonical, and what `written` returns for it.

    Raises UnknownSchema, and LogCorrupt where the bytes are not valid or could not be made again from the line.
    """
    line = _line(row, leaf_of(row), before)
    text, digest = written(line)
    if _encoded(read(text))[0] != row:
        raise LogCorrupt(f"ordinal {line.ordinal} ({line.type}) would not be the same event after an import")
    return line, text, digest


def _line(row: Row, leaf: Leaf, before: str) -> Line:
    ordinal, stream, version, data = row
    schema = schema_of(data[2:_PREFIX])
    try:
        event = read_record(io.BytesIO(leaf.body), schema.wire)
        return Line(
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


def written(line: Line) -> tuple[bytes, str]:
    """The line as it is in a file, with its end, and its `sha256`: that of all before this last member."""
    content = _text(line._asdict())[:-1]
    digest = sha256(content.encode()).hexdigest()
    return f'{content},"sha256":"{digest}"}}\n'.encode(), digest


def read(text: bytes) -> Line:
    """The line in these bytes. Raises LogCorrupt where it is not as it was written, or has a member twice."""
    content, _, last = text.removesuffix(b"\n").rpartition(b',"sha256":"')
    if not content or last != f'{sha256(content).hexdigest()}"}}'.encode():
        raise LogCorrupt("the line is not as it was written: its sha256 differs")
    try:
        return Line(**json.loads(content + b"}", object_pairs_hook=_object))
    except (ValueError, TypeError, RecursionError) as fault:
        raise LogCorrupt(f"this is no line of an export: {fault}") from None


def digest_of(text: bytes) -> str:
    """The `sha256` that a whole line states."""
    return text[-_DIGEST_AT : -len(_END)].decode()


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_hex)


def _hex(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {_BYTES: value.hex()}
    raise TypeError(f"{type(value).__name__} is no value of an event")


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """Raises ValueError for a name that stands twice: a person may read the first value, programs take the last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"a member stands twice in an object with {', '.join(found)}")
    return bytes.fromhex(found[_BYTES]) if found.keys() == {_BYTES} else found


def row_of(line: Line) -> Row:
    """The stored event of a line, encoded with the schema that wrote it.

    Raises UnknownSchema, and LogCorrupt where the fields do not fit the schema or do not give the hash of the leaf, and
    where the line states anything else than the event: what a person reads is what is verified.
    """
    row, leaf = _encoded(line)
    if (leaf.hash.hex(), leaf.type) != (line.leaf, line.type):
        raise LogCorrupt(f"ordinal {line.ordinal}: its fields do not give the hash of its leaf")
    if (wrong := _differing(line, _line(row, leaf, line.before))) is not None:
        raise LogCorrupt(f"ordinal {line.ordinal}: {wrong} in the line is not that of the event")
    return row


def _encoded(line: Line) -> tuple[Row, Leaf]:
    """The event of the line's fields. Raises UnknownSchema, and LogCorrupt where they do not fit the schema."""
    fingerprint = bytes.fromhex(line.schema)
    body = io.BytesIO()
    try:
        write_record(body, schema_of(fingerprint).wire, line.event)
    except _UNREADABLE as fault:
        raise LogCorrupt(f"ordinal {line.ordinal}: its fields do not fit its schema: {fault}") from None
    row = (line.ordinal, line.stream, line.version, SINGLE_OBJECT + fingerprint + body.getvalue())
    return row, leaf_of(row)


def _differing(line: Line, made: Line) -> str | None:
    """The name of the first member that differs, as text, from what the event gives; None where none does."""
    pairs = zip(line._asdict().items(), made._asdict().values(), strict=True)
    return next((name for (name, one), other in pairs if _text(one) != _text(other)), None)
