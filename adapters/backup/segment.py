"""A segment: the stored events of a range of ordinals, or the batches of a part of a tape, as one file.

A file never changes. Its name has its range and the first digits of its SHA-256, so equal content has one name.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec

from adapters.inputs.batch import Batch
from adapters.log.recorder_log import Row
from domain.errors import LogCorrupt

EVENTS: Final = "events"
TAPE: Final = "tape"
_FORM: Final = {EVENTS: "whence events 1", TAPE: "whence tape 1"}
_DIGITS: Final = 16
_FAST: Final = 1
_MOST: Final = 2**30
"""The most bytes of a segment that are held in memory: a damaged file cannot demand more."""
_Rows = list[tuple[int, str, int, bytes]]


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: the first and the last ordinal, or number of an input, in it, and its SHA-256 (hexadecimal).

    `is_whole`: later backups use the file as it is. They replace one that is not, at the end, by a longer one.
    """

    first: int
    last: int
    sha256: str
    is_whole: bool

    def name(self, folder: str) -> str:
        """The name of the file, in the folder of its kind."""
        return f"{folder}/{self.first:012d}-{self.last:012d}-{self.sha256[:_DIGITS]}.{folder}"


def packed_events(rows: Sequence[Row], *, is_whole: bool) -> tuple[Segment, bytes]:
    """The file of these consecutive events with canonical bytes; at least one."""
    return _packed(EVENTS, rows, (rows[0][0], rows[-1][0]), is_whole=is_whole)


def packed_tape(batches: Sequence[Batch], *, is_whole: bool) -> tuple[Segment, bytes]:
    """The file of these consecutive batches; at least one."""
    return _packed(TAPE, batches, (batches[0].first, batches[-1].after), is_whole=is_whole)


def events_of(segment: Segment, data: bytes, name: str) -> Sequence[Row]:
    """The events of the file. Raises LogCorrupt where the file is not the one that was written."""
    raw = _unpacked(EVENTS, segment, data, name)
    try:
        rows = msgspec.msgpack.decode(raw, type=_Rows)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise _unreadable(EVENTS, name, fault) from None
    ordinals = [row[0] for row in rows]
    if ordinals != list(range(segment.first, segment.last + 1)):
        raise LogCorrupt(f"{name} does not hold the events {segment.first} to {segment.last}")
    return rows


def batches_of(segment: Segment, data: bytes, name: str) -> Sequence[Batch]:
    """The batches of the file; their chain is checked by their reader. Raises what `events_of` raises."""
    raw = _unpacked(TAPE, segment, data, name)
    try:
        return msgspec.msgpack.decode(raw, type=list[Batch])
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise _unreadable(TAPE, name, fault) from None


def _packed(
    folder: str, content: Sequence[Any], ends: tuple[int, int], *, is_whole: bool
) -> tuple[Segment, bytes]:
    data = zlib.compress(msgspec.msgpack.encode((_FORM[folder], content)), _FAST)
    return Segment(*ends, sha256(data).hexdigest(), is_whole), data


def _unpacked(folder: str, segment: Segment, data: bytes, name: str) -> msgspec.Raw:
    """The content of the file, not decoded."""
    if sha256(data).hexdigest() != segment.sha256:
        raise LogCorrupt(
            f"{name} is not as the backup made it: restore an earlier backup, or another copy of this one"
        )
    try:
        plain = zlib.decompressobj().decompress(data, _MOST)
        form, content = msgspec.msgpack.decode(plain, type=tuple[str, msgspec.Raw])
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise _unreadable(folder, name, fault) from None
    if form != _FORM[folder]:
        raise _unreadable(folder, name, f"its form is {form[:40]}")
    return content


def _unreadable(folder: str, name: str, fault: object) -> LogCorrupt:
    return LogCorrupt(f"{name} has no {folder} of a backup: {fault}")
