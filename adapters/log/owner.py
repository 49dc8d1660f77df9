"""Ownership of a log in a file: an advisory lock, which ends with its process, and a note that names the process."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from domain.errors import LogOwned


class FileOwner:
    """Holds the lock beside a log's file until `release` is called or the process ends, even when it is killed."""

    def __init__(self, log: Path) -> None:
        """Takes the lock. Raises LogOwned, which names the holder of a taken lock, and OSError on a full disk."""
        self._path = log.with_name(log.name + ".owner")
        self._file: TextIO | None = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(self._file)
            self._file.close()
            raise LogOwned(
                f"{log} is owned by {holder}; stop that engine first, or read with `whence log`"
            ) from None
        try:
            _sign(self._file)
        except OSError:
            self._file.close()
            raise

    def release(self) -> None:
        """Releases the lock; idempotent."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


def _sign(file: TextIO) -> None:
    """Writes the note without a buffer: after a failure on a full disk, `close` must not try to write it again."""
    file.truncate(0)
    since = datetime.now(UTC).isoformat(timespec="seconds")
    note = json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "since": since})
    os.write(file.fileno(), note.encode())


def _holder(file: TextIO) -> str:
    file.seek(0)
    try:
        note = json.load(file)
        return f"process {note['pid']} on {note['host']} since {note['since']}"
    except (ValueError, KeyError, TypeError):
        return "an engine that has just started"
