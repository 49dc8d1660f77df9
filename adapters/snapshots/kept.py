"""The kept snapshots of one log, a file each: the states at the event after which a session of the tape begins.

A kept snapshot takes the place of the inputs before that session, so unlike the snapshot of an engine it is no cache:
it is on the disk before those inputs are removed, and it is removed itself only when the tape begins later.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from adapters.marks.key_folder import KeyFolder
from adapters.snapshots.file import SnapshotFile
from adapters.whole_file import synchronise

_PIECE: Final = 1 << 20
_FINISHED: Final = ".snapshot"
_UNFINISHED: Final = ".new"


class KeptSnapshots:
    """The files `<name>.<ordinal>.snapshot` in one folder, which may be missing."""

    def __init__(self, folder: Path, name: str, keys: KeyFolder, fingerprint: bytes) -> None:
        """`keys` and `fingerprint` are those of `SnapshotFile`."""
        self._folder, self._name, self._keys, self._fingerprint = folder, name, keys, fingerprint

    def ordinals(self) -> Sequence[int]:
        """The ordinals of the kept snapshots, in order. Raises OSError where the folder cannot be read."""
        return sorted(int(file.stem.rpartition(".")[2]) for file in self._files(_FINISHED))

    def path(self, ordinal: int) -> Path:
        """The file of the snapshot at this ordinal."""
        return self._folder / f"{self._name}.{ordinal}{_FINISHED}"

    def file(self, ordinal: int) -> SnapshotFile:
        """The snapshot at this ordinal; its content is not read yet. Raises Unfit where it is missing or cut off, or
        was changed.
        """
        return self._found(self.path(ordinal), ordinal)

    def keep(self, source: SnapshotFile) -> None:
        """Copies the parts of `source`, whose signatures stay valid; the copy is read and on the disk at the end.

        Raises Unfit where a byte of `source` was changed, OSError; then nothing is kept.
        """
        ordinal = source.link.ordinal
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self.path(ordinal).with_suffix(_UNFINISHED)
        fresh.unlink(missing_ok=True)
        try:
            _copy(source.path, fresh, source.size)
            self._found(fresh, ordinal).read()
            fresh.replace(self.path(ordinal))
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        synchronise(self._folder)

    def forget_unfinished(self) -> None:
        """Removes the copies that a process has not finished. Raises OSError. Only the owner of the log calls it."""
        for file in self._files(_UNFINISHED):
            file.unlink(missing_ok=True)

    def forget_before(self, ordinal: int) -> None:
        """Removes the snapshots of earlier ordinals. Raises OSError."""
        for earlier in self.ordinals():
            if earlier < ordinal:
                self.path(earlier).unlink(missing_ok=True)

    def _files(self, suffix: str) -> Sequence[Path]:
        """The files of this log with this suffix."""
        form = re.compile(re.escape(self._name) + r"\.[1-9][0-9]*" + re.escape(suffix))
        if not self._folder.is_dir():
            return ()
        return [file for file in self._folder.iterdir() if form.fullmatch(file.name) is not None]

    def _found(self, path: Path, ordinal: int) -> SnapshotFile:
        file = SnapshotFile(path, self._keys, self._fingerprint)
        file.find()
        file.cut(ordinal)
        return file


def _copy(source: Path, target: Path, size: int) -> None:
    """Copies the first `size` bytes into a new file that only its owner may read."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with source.open("rb") as read, os.fdopen(os.open(target, flags, 0o600), "wb") as written:
        left = size
        while left and (piece := read.read(min(left, _PIECE))):
            written.write(piece)
            left -= len(piece)
        written.flush()
        os.fsync(written.fileno())
