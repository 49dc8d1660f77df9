"""Ownership of a log in a file: an advisory lock, which ends with its process, and a note that names the process.

The lock is on a sibling of the log's file, because closing any descriptor of the log's file would drop the locks that
SQLite holds on it.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from domain.errors import LogLost, LogOwned, LogUnsafe, OwnershipLost

Inode = tuple[int, int]
"""Device and number of a file."""


class Holder:
    """The process that took the lock of a log. A forked process inherits the object, but not the ownership."""

    def __init__(self, log: object) -> None:
        """`log` is named in errors."""
        self._log, self._process = log, os.getpid()

    @property
    def is_this_process(self) -> bool:
        """Whether this process took the lock."""
        return os.getpid() == self._process

    def check(self) -> None:
        """Raises OwnershipLost in a forked process."""
        if not self.is_this_process:
            raise OwnershipLost(
                f"{self._log} is owned by process {self._process}, and process {os.getpid()} was forked from it: only "
                "the owner writes"
            )


class FileOwner:
    """Holds the lock beside a log's file until `release` is called or the process ends, even when it is killed.

    Every name of the file leads to the same lock: symbolic links are resolved, and a file with several hard links is
    refused.
    """

    def __init__(self, log: Path) -> None:
        """Takes the lock of the log at this resolved path.

        Raises LogOwned, which names the holder of a taken lock, LogUnsafe where the file has several hard links, and
        OSError on a full disk.
        """
        refuse_hard_links(log)
        self._log, self._path = log, log.with_name(log.name + ".owner")
        self._holder = Holder(log)
        self._file: TextIO | None = _locked(self._path, log)
        self._lock = _inode(os.fstat(self._file.fileno()))
        self._database: Inode | None = None
        try:
            _sign(self._file)
        except OSError:
            self._file.close()
            raise

    @property
    def is_this_process(self) -> bool:
        """See `Holder`."""
        return self._holder.is_this_process

    def bind(self) -> None:
        """Remembers which file the log is, once SQLite has created it."""
        self._database = _inode(self._log.stat())

    def check(self) -> None:
        """Raises OwnershipLost in a forked process and where the lock's file was removed or replaced, LogLost where the
        log's file was.
        """
        self._holder.check()
        if _found(self._path) != self._lock:
            raise OwnershipLost(
                f"{self._path} was removed or replaced under the running engine, so another engine may own the log: "
                "this engine writes nothing more"
            )
        if self._database is not None and _found(self._log) != self._database:
            raise LogLost(
                f"{self._log} was removed or replaced under the running engine, so its events are in a file without a "
                "name: this engine writes nothing more; restore the log from a copy before an engine is started again"
            )

    def release(self) -> None:
        """Releases the lock; idempotent. In a forked process the lock remains with its owner."""
        if self._file is None:
            return
        if self.is_this_process and _found(self._path) == self._lock:
            self._file.truncate(0)
        self._file.close()
        self._file = None


def refuse_hard_links(log: Path) -> None:
    """Raises LogUnsafe where the log's file has several names: SQLite keeps the last events beside one of them."""
    links = log.stat().st_nlink if log.exists() else 1
    if links > 1:
        raise LogUnsafe(
            f"{log} has {links} hard links. SQLite keeps the newest events in a file beside one of the names, so the "
            "other names would show another history: remove the names under which no engine has opened it"
        )


def _locked(path: Path, log: Path) -> TextIO:
    """The locked file. A file that was removed before it was locked is made anew."""
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(file)
            file.close()
            raise LogOwned(
                f"{log} is owned by {holder}; stop that engine first, or read with `whence log`"
            ) from None
        if _found(path) == _inode(os.fstat(file.fileno())):
            return file
        file.close()


def _inode(status: os.stat_result) -> Inode:
    return status.st_dev, status.st_ino


def _found(path: Path) -> Inode | None:
    try:
        return _inode(path.stat())
    except OSError:
        return None


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
