"""A file of signed checkpoints in their order, each followed by an empty line. Only its end is ever written."""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.errors import InvalidInput
from domain.notary.note import Note, parse_note

_GAP = b"\n\n"
_TAIL_BYTES = 64 * 1024


def notes_in(path: Path) -> Sequence[Note]:
    """The checkpoints in a file, of one or of many. A torn end, of a notary that was killed, is passed over.

    Raises InvalidInput, with its place, where the file holds anything else, or none.
    """
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise InvalidInput(f"the checkpoints {path} cannot be read: {fault.strerror}") from None
    found = [note for note, _ in _ended(content, 0, path)]
    if not found:
        raise InvalidInput(f"{path} holds no signed checkpoint")
    return found


def _ended(content: bytes, begin: int, path: Path) -> Iterator[tuple[Note, int]]:
    """Each note with the place of its end in the file; `content` begins at `begin`, where a note begins."""
    at = 0
    while (gap := content.find(_GAP, at)) >= 0:
        end = content.find(_GAP, gap + len(_GAP))
        end = len(content) if end < 0 else end + 1
        if end <= gap + len(_GAP) or content[end - 1 : end] != b"\n":
            return
        try:
            yield parse_note(content[at:end].decode()), begin + end
        except (InvalidInput, UnicodeDecodeError) as fault:
            raise InvalidInput(f"{path}, byte {begin + at}: this is no signed checkpoint: {fault}") from None
        at = end + 1


def _tail(path: Path, origin: str) -> tuple[bytes, int]:
    """The end of a file from the beginning of a note on, and its place; the whole of a short file."""
    if not path.exists():
        return b"", 0
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        begin = file.seek(max(0, size - _TAIL_BYTES))
        content = file.read()
    if not begin:
        return content, 0
    at = content.find(_GAP + f"{origin}\n".encode())
    if at < 0:
        raise InvalidInput(f"the last {_TAIL_BYTES:,} bytes of {path} hold no checkpoint of {origin}")
    return content[at + len(_GAP) :], begin + at + len(_GAP)


class History:
    """The notary's own file of checkpoints."""

    def __init__(self, path: Path, origin: str) -> None:
        """Reads the last checkpoint, of the log `origin`, and removes a torn end. Raises InvalidInput, OSError."""
        self.path = path
        self.last: Note | None
        found = _ended(*_tail(path, origin), path)
        self.last, whole = next(iter(deque(found, maxlen=1)), (None, 0))
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        os.ftruncate(self._file, whole)
        if whole:
            self._write(b"\n")

    def append(self, note: Note) -> None:
        """Adds a checkpoint; it is durable when this returns. Raises OSError."""
        self._write(f"{note}\n".encode())
        self.last = note

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        if os.write(self._file, data) < len(data):
            raise OSError(errno.ENOSPC, "it cannot be written whole", str(self.path))
        os.fsync(self._file)
