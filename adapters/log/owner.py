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
from typing import NamedTuple, TextIO

from domain.errors import LogOwned, LogUnsafe, OwnershipLost

Inode = tuple[int, int]
"""Device and number of a file."""
_WAL = "-wal"


class Harm(NamedTuple):
    """What happened to a file of the log under its owner.

    `is_cut`: the file with `-wal` at the end of its name lost bytes, so what the owner has open is not whole.
    """

    path: Path
    is_cut: bool = False

    def __str__(self) -> str:
        return f"{self.path} was {'cut' if self.is_cut else 'removed or replaced'} under the running engine"


class Loss(NamedTuple):
    """What an owner noted when it stopped because of a harm: the reason, and the last ordinal that it had recorded."""

    reason: str
    ordinal: int


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
        self._watched: dict[Path, Inode] = {}
        self._written = 0
        self.loss = _loss(self._file)
        """What the last owner noted, where it stopped because of a harm; its note remains until `clear_loss`."""
        try:
            _sign(self._file, self.loss)
        except OSError:
            self._file.close()
            raise

    @property
    def is_this_process(self) -> bool:
        """See `Holder`."""
        return self._holder.is_this_process

    def watch(self, *suffixes: str) -> None:
        """Remembers which files stand at the log's path with these suffixes; a missing one is not watched."""
        for suffix in suffixes:
            path = self._log.with_name(self._log.name + suffix)
            if (found := _found(path)) is not None:
                self._watched[path] = found

    def check(self) -> None:
        """Raises OwnershipLost in a forked process and where the lock's file was removed or replaced."""
        self._holder.check()
        if _found(self._path) != self._lock:
            raise OwnershipLost(
                f"{self._path} was removed or replaced under the running engine, so another engine may own the log: "
                "this engine writes nothing more"
            )

    def harm(self) -> Harm | None:
        """The first harm to a watched file; None where all are what they were.

        SQLite never makes the `-wal` file shorter while the owner has it open.
        """
        for path, inode in self._watched.items():
            status = _status(path)
            if status is None or _inode(status) != inode:
                return Harm(path)
            if path.name.endswith(_WAL):
                if status.st_size < self._written:
                    return Harm(path, is_cut=True)
                self._written = status.st_size
        return None

    def note_loss(self, loss: Loss) -> None:
        """Leaves a note for the next owner, who refuses a log that ends before the loss."""
        self.loss = loss
        if self._file is not None:
            _sign(self._file, loss)

    def clear_loss(self) -> None:
        """Removes the note of an earlier loss, because the log has all events that were recorded."""
        if self.loss is not None and self._file is not None:
            self.loss = None
            _sign(self._file, None)

    def release(self) -> None:
        """Releases the lock; idempotent. In a forked process the lock remains with its owner."""
        if self._file is None:
            return
        if self.is_this_process and self.loss is None and _found(self._path) == self._lock:
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
                f"{log} is owned by {holder}; stop that engine first, or read with `whence log`", holder
            ) from None
        if _found(path) == _inode(os.fstat(file.fileno())):
            return file
        file.close()


def _inode(status: os.stat_result) -> Inode:
    return status.st_dev, status.st_ino


def _found(path: Path) -> Inode | None:
    status = _status(path)
    return None if status is None else _inode(status)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _sign(file: TextIO, loss: Loss | None) -> None:
    """Writes the note without a buffer: after a failure on a full disk, `close` must not try to write it again."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    note = {"host": socket.gethostname(), "pid": os.getpid(), "since": since}
    lost = {} if loss is None else {"lost": loss.reason, "ordinal": loss.ordinal}
    file.truncate(0)
    os.write(file.fileno(), json.dumps({**note, **lost}).encode())


def _loss(file: TextIO) -> Loss | None:
    """The loss in the note of the last owner; None where there is none, or where the note is not readable."""
    file.seek(0)
    try:
        note = json.load(file)
        return Loss(str(note["lost"]), int(note["ordinal"]))
    except (ValueError, KeyError, TypeError):
        return None


def _holder(file: TextIO) -> str:
    file.seek(0)
    try:
        note = json.load(file)
        return f"process {note['pid']} on {note['host']} since {note['since']}"
    except (ValueError, KeyError, TypeError):
        return "an engine that has just started"
