"""The unpacked size of an Arrow IPC file, read from its metadata before anything is unpacked.

A compressed buffer begins with its unpacked length, which Arrow allocates. Source: the Arrow columnar format,
"Serialization and Interprocess Communication", with the tables of Message.fbs, in the FlatBuffers encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_MAGIC = 8
_HEADER, _DATA, _BUFFERS, _COMPRESSION = 2, 1, 2, 3
_BATCH_IN: Mapping[str, tuple[int, ...]] = {"record batch": (_HEADER,), "dictionary": (_HEADER, _DATA)}
"""The fields that lead from a message to its record batch."""
_BUFFER_SIZE = 16


def unpacked_size(ipc: Any, arrow: Any, data: bytes) -> int:
    """The sum of the lengths that the buffers of all batches and dictionaries have after unpacking, in bytes.

    Raises ValueError or pyarrow's errors where the metadata are damaged.
    """
    reader = ipc.MessageReader.open_stream(arrow.BufferReader(memoryview(data)[_MAGIC:]))
    total = 0
    for message in _messages(reader):
        if message.type in _BATCH_IN:
            path = _BATCH_IN[message.type]
            total += sum(_lengths(bytes(message.metadata), path, memoryview(message.body)))
    return total


def _messages(reader: Any) -> Iterator[Any]:
    while True:
        try:
            yield reader.read_next_message()
        except StopIteration:
            return


def _lengths(metadata: bytes, path: Sequence[int], body: memoryview) -> Iterator[int]:
    try:
        batch: int | None = _root(metadata)
        for field in path:
            batch = None if batch is None else _table_in(metadata, batch, field)
        packed = batch is not None and _field(metadata, batch, _COMPRESSION) is not None
        for offset, length in _buffers(metadata, batch):
            yield _unpacked_length(body, offset, length) if packed else length
    except struct.error:
        raise ValueError("the metadata of a record batch are damaged") from None


def _unpacked_length(body: memoryview, offset: int, length: int) -> int:
    if not length:
        return 0
    unpacked = _number("<q", body, offset)
    # -1 marks a buffer that is stored without compression.
    return length if unpacked == -1 else abs(unpacked)


def _buffers(metadata: bytes, batch: int | None) -> Iterator[tuple[int, int]]:
    place = None if batch is None else _table_in(metadata, batch, _BUFFERS)
    if place is None:
        return
    count = _number("<I", metadata, place)
    for index in range(count):
        buffer = place + 4 + index * _BUFFER_SIZE
        yield _number("<q", metadata, buffer), _number("<q", metadata, buffer + 8)


def _root(metadata: bytes) -> int:
    return _number("<I", metadata, 0)


def _table_in(metadata: bytes, table: int, field: int) -> int | None:
    """The place of the table or vector to which a field refers."""
    place = _field(metadata, table, field)
    return None if place is None else place + _number("<I", metadata, place)


def _field(metadata: bytes, table: int, field: int) -> int | None:
    """The place of a field in a table; None where the table leaves it out."""
    vtable = table - _number("<i", metadata, table)
    slot = 4 + 2 * field
    if slot >= _number("<H", metadata, vtable):
        return None
    offset = _number("<H", metadata, vtable + slot)
    return table + offset if offset else None


def _number(kind: str, data: bytes | memoryview, place: int) -> int:
    """The whole number at a place. A negative place, as damaged metadata give, would count from the end."""
    if place < 0:
        raise struct.error
    values: tuple[int, ...] = struct.unpack_from(kind, data, place)
    return values[0]
