"""A connection that reads a log's file, also in a folder that this process cannot write."""

from __future__ import annotations

import os
import sqlite3
from functools import partial
from pathlib import Path

from domain.errors import LogUnavailable

_EFFECTIVE = os.access in os.supports_effective_ids

_TEXT = partial(str, encoding="utf-8", errors="replace")
"""Reads a text that is not UTF-8, too: its mark then refuses it with its ordinal, and SQLite's error names no row."""

State = tuple[int, int, bool]
"""Time of the last change in ns, size in bytes, and whether a `-wal` file has content."""


def writable(path: Path) -> str:
    """The URI with which a connection may write to an existing file, and never creates one."""
    return f"{path.absolute().as_uri()}?mode=rw"


class Reading:
    """A read-only connection.

    SQLite reads beside a writer only with a `-shm` file beside the log's file. Where that file is missing and cannot be
    made, nobody writes; a log without a `-wal` file is then read as a file that nobody changes.
    """

    def __init__(self, path: Path) -> None:
        """Raises sqlite3.Error where the file is not a database, LogUnavailable where it cannot be read alone."""
        self._path = path.resolve()
        self._unchanged: State | None = None
        self.connection = self._connected("mode=ro")
        try:
            self.connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            self.connection.close()
            if self._is_locked_out:
                self.connection = self._alone()
                return
            raise

    @property
    def is_outdated(self) -> bool:
        """Whether the file was changed although nobody was expected to change it."""
        return self._unchanged is not None and self._unchanged != self._state

    def _alone(self) -> sqlite3.Connection:
        self._unchanged = self._state
        if self._unchanged[2]:
            raise LogUnavailable(
                f"{self._path} has its newest events in {self._path.name}-wal, and SQLite cannot read that file in a "
                "folder that this process cannot write: copy both files to another folder"
            )
        return self._connected("mode=ro&immutable=1")

    @property
    def _is_locked_out(self) -> bool:
        """Whether the `-shm` file is missing and cannot be made."""
        shared = self._path.with_name(self._path.name + "-shm")
        return not shared.exists() and not os.access(self._path.parent, os.W_OK, effective_ids=_EFFECTIVE)

    @property
    def _state(self) -> State:
        status = self._path.stat()
        log = self._path.with_name(self._path.name + "-wal")
        return status.st_mtime_ns, status.st_size, log.exists() and log.stat().st_size > 0

    def _connected(self, options: str) -> sqlite3.Connection:
        # A thread other than the one that opened the connection may read; SQLite itself serialises the calls.
        connection = sqlite3.connect(f"{self._path.as_uri()}?{options}", uri=True, check_same_thread=False)
        connection.text_factory = _TEXT
        return connection
