"""The batches of a segment's file, and what of the file is none: rows that are lost there.

A segment is an Arrow stream: frames of a schema, batches and an end (Apache Arrow, "IPC Streaming Format"). A recorder
that was killed leaves a frame that is shorter than it states, or no end, and every row that was durable is before it.
Anything else is damage: a batch that does not have the digest with which it was written, bytes that are no frame while
a batch follows, a batch that is missing between two others, and a cut stream that its recorder had ended.
"""

from __future__ import annotations

import importlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from adapters.market_recordings.digest import digest_of
from adapters.market_recordings.held import held_in
from adapters.market_recordings.segment import DIGEST, HOUR_NS, ROWS_BEFORE, STAMPED, Place
from domain.errors import RecordingError

_MARK: Final = b"\xff\xff\xff\xff"
"""How a frame begins; the length of its metadata follows."""
_END: Final = _MARK + bytes(4)
_HEAD: Final = len(_END)
_ALIGNED: Final = 8
_WINDOW: Final = 1 << 20
_VTABLE_HEAD: Final = 4
_BODY_LENGTH: Final = _VTABLE_HEAD + 3 * 2
"""Where the table of fields of a flatbuffer `Message` has `bodyLength`, its fourth field (format/Message.fbs)."""


class Loss(NamedTuple):
    """Rows that cannot be read. `last` and `arrived_ns` are the number and the time of arrival of the last row before
    them: None and the begin of the hour where there is none. `rows` is how many they are, None where nothing states it.
    """

    last: int | None
    arrived_ns: int
    rows: int | None


class _Batch(NamedTuple):
    """`before` is the number of rows that were written before it; None of a recorder that did not state it."""

    rows: Any
    before: int | None


class _Short(Exception):
    """The file ends before the frame does, as a kill leaves it."""


class SegmentGone(RecordingError):
    """A segment is no longer there. Its rows are in sealed files where a recorder has sealed it."""


def batches_of(path: Path, place: Place, *, went_on: bool) -> Iterator[Any]:
    """The batches of the segment in order, each an Arrow batch, and a `Loss` where rows are missing.

    `went_on` states that the recorder has begun the next segment of this kind, so this one was ended. Raises
    RecordingError where the file cannot be read, as SegmentGone where there is none.
    """
    try:
        with path.open("rb") as file:
            yield from _Reading(place, file).found(went_on=went_on)
    except FileNotFoundError:
        raise SegmentGone(f"{path} cannot be read: it was sealed or removed meanwhile") from None
    except OSError as fault:
        raise RecordingError(f"{path} cannot be read: {fault.strerror}") from None


class _Reading:
    def __init__(self, place: Place, file: BinaryIO) -> None:
        self._place, self._file = place, file
        self._size = os.fstat(file.fileno()).st_size
        self._arrow = importlib.import_module("pyarrow")
        self._schema = place.kind.schema()
        self._begin = self._schema.serialize().to_pybytes()
        self._is_stamped = False
        self._rows, self._arrived_ns = 0, place.hour * HOUR_NS
        self._last: int | None = None

    def found(self, *, went_on: bool) -> Iterator[Any]:
        """See `batches_of`."""
        at, is_damaged = self._behind_schema(), False
        while at < self._size and not self._is_end(at):
            batch, end = self._batch_at(at)
            if batch is None:
                following = self._following(at)
                if following is None:
                    break
                at, is_damaged = following, True
                continue
            yield from self._missing(batch.before, is_damaged=is_damaged)
            is_damaged = False
            self._take(batch)
            yield batch.rows
            at = end
        if self._has_lost_its_end(at, went_on=went_on):
            yield Loss(self._last, self._arrived_ns, None)

    def _take(self, batch: _Batch) -> None:
        held = held_in(batch.rows)
        self._rows = (self._rows if batch.before is None else batch.before) + held.rows
        self._last, self._arrived_ns = held.last, held.end_ns

    def _missing(self, before: int | None, *, is_damaged: bool) -> Iterator[Loss]:
        """The rows between the last batch and one before which so many were written."""
        if before is None and is_damaged:
            yield Loss(self._last, self._arrived_ns, None)
        elif before is not None and before > self._rows:
            yield Loss(self._last, self._arrived_ns, before - self._rows)

    def _behind_schema(self) -> int:
        """Where the first batch is expected. A schema that was damaged costs nothing, since it is known."""
        frame = self._whole_frame(0)
        try:
            schema = self._arrow.ipc.read_schema(self._arrow.py_buffer(frame))
        except self._damage():
            return 0
        self._is_stamped = STAMPED in (schema.metadata or {})
        return len(frame) if schema.equals(self._schema) else 0

    def _batch_at(self, at: int) -> tuple[_Batch | None, int]:
        """The batch at this place, None where there is none, and where it ends."""
        frame = self._whole_frame(at)
        try:
            return self._decoded(frame), at + len(frame)
        except self._damage():
            return None, at

    def _decoded(self, frame: bytes) -> _Batch | None:
        """The batch of the frame; None where its values are not those that were written. Raises Arrow's errors."""
        stream = self._arrow.ipc.open_stream(self._arrow.py_buffer(self._begin + frame))
        batch, stamp = stream.read_next_batch_with_custom_metadata()
        batch.validate(full=True)
        if stamp is None or DIGEST not in stamp:
            return None if self._is_stamped else _Batch(batch, None)
        before = int(stamp[ROWS_BEFORE])
        if before < self._rows or digest_of([batch]).encode() != stamp[DIGEST]:
            return None
        self._is_stamped = True
        return _Batch(batch, before)

    def _following(self, at: int) -> int | None:
        """Where the next whole batch is behind this place."""
        place = at + _ALIGNED
        while (place := self._marked(place)) < self._size:
            if self._batch_at(place)[0] is not None:
                return place
            place += _ALIGNED
        return None

    def _marked(self, place: int) -> int:
        """The next place from this one on where a frame may begin; the size of the file where there is none."""
        while place < self._size:
            window = self._read(place, _WINDOW + len(_MARK) - 1)
            found = window.find(_MARK)
            if found < 0:
                place += _WINDOW
            elif (place + found) % _ALIGNED:
                place += found + 1
            else:
                return place + found
        return self._size

    def _whole_frame(self, at: int) -> bytes:
        """The frame that begins here; empty where there is none."""
        try:
            return self._frame(at)
        except (_Short, struct.error):
            return b""

    def _frame(self, at: int) -> bytes:
        """The frame that begins here. Raises _Short, and what `unpack_from` raises for bytes that are none."""
        head = self._read(at, _HEAD)
        if len(head) < _HEAD:
            raise _Short
        mark, length = head[: len(_MARK)], struct.unpack_from("<i", head, len(_MARK))[0]
        if mark != _MARK or length <= 0:
            raise struct.error("no frame begins here")
        if at + _HEAD + length > self._size:
            raise _Short
        metadata = self._read(at + _HEAD, length)
        body = _body_length(metadata)
        if at + _HEAD + length + body > self._size:
            raise _Short
        return head + metadata + self._read(at + _HEAD + length, body)

    def _has_lost_its_end(self, at: int, *, went_on: bool) -> bool:
        """Whether rows are missing behind this place, where no further batch is."""
        if self._is_end(at):
            return False
        if went_on or self._is_end(self._size - _HEAD):
            return True
        return at < self._size and not self._is_short(at)

    def _is_short(self, at: int) -> bool:
        try:
            self._frame(at)
        except _Short:
            return True
        except struct.error:
            return False
        return False

    def _is_end(self, at: int) -> bool:
        return 0 <= at == self._size - _HEAD and self._read(at, _HEAD) == _END

    def _read(self, at: int, most: int) -> bytes:
        self._file.seek(at)
        return self._file.read(most)

    def _damage(self) -> tuple[type[Exception], ...]:
        """What Arrow raises for bytes in memory that are no batch: its `OSError` is of no file."""
        return self._arrow.ArrowException, OSError, ValueError, KeyError, StopIteration, MemoryError


def _body_length(metadata: bytes) -> int:
    """The length of the body behind this metadata. Raises `struct.error` for bytes that are no flatbuffer `Message`."""
    table = struct.unpack_from("<I", metadata)[0]
    fields = table - struct.unpack_from("<i", metadata, table)[0]
    if fields < 0:
        raise struct.error("it has no table of its fields")
    has_length = struct.unpack_from("<H", metadata, fields)[0] > _BODY_LENGTH
    place = struct.unpack_from("<H", metadata, fields + _BODY_LENGTH)[0] if has_length else 0
    length: int = struct.unpack_from("<q", metadata, table + place)[0] if place else 0  # 0 is left out
    if length < 0 or length % _ALIGNED:
        raise struct.error(f"{length} is no length of a body")
    return length
