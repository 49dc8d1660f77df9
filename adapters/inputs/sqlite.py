"""The tape of an embedded log: the file `<log>.inputs` beside the log's file, owned by the log's owner.

Each append to the log is preceded by a commit to this file. Two files cannot share one transaction of SQLite that is
atomic after a loss of power, so the tape is durable first.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from adapters.inputs.batch import (
    Batch,
    Checked,
    TapedInput,
    Waiting,
    end_of,
    inputs_of,
    session_of,
    since_1970,
)
from adapters.inputs.retention import Covered
from adapters.log.owner import FileOwner
from adapters.log.reading import Reading, writable
from adapters.log.sqlite_objects import SqliteObjects
from adapters.marks.key_folder import KeyFolder
from adapters.marks.signature import Signer
from commands.input_tape import SessionBegun, Taped
from domain.errors import InvalidInput, LogCorrupt, LogLost, LogUnavailable

_CREATE: Final = """
CREATE TABLE IF NOT EXISTS inputs (
    first INTEGER PRIMARY KEY, size INTEGER NOT NULL, begins INTEGER NOT NULL, at INTEGER NOT NULL,
    schema INTEGER NOT NULL, fingerprint BLOB NOT NULL, data BLOB NOT NULL, previous BLOB NOT NULL,
    signature BLOB NOT NULL
)
"""
_COLUMNS: Final = "first, size, begins, at, schema, fingerprint, data, previous, signature"
_INSERT: Final = f"INSERT INTO inputs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  (ours)
_LAST: Final = f"SELECT {_COLUMNS} FROM inputs ORDER BY first DESC LIMIT 1"  # noqa: S608  (ours)
_FIRST: Final = f"SELECT {_COLUMNS} FROM inputs ORDER BY first LIMIT 1"  # noqa: S608  (ours)
_ALL: Final = f"SELECT {_COLUMNS} FROM inputs ORDER BY first"  # noqa: S608  (ours)
_NEXT: Final = f"SELECT {_COLUMNS} FROM inputs WHERE first > ? ORDER BY first LIMIT 64"  # noqa: S608  (ours)
_BEGUN: Final = """
SELECT first FROM inputs WHERE begins = 1 AND at <= ? AND first > (SELECT min(first) FROM inputs) ORDER BY first DESC
"""
_ONE: Final = f"SELECT {_COLUMNS} FROM inputs WHERE first = ?"  # noqa: S608  (ours)
_REMOVE: Final = "DELETE FROM inputs WHERE first < ?"
_TABLES: Final = frozenset({"inputs"})
_TYPES: Final = (int, int, int, int, int, bytes, bytes, bytes, bytes)


def tape_path(log: Path) -> Path:
    """The file of the tape of the log in this file."""
    resolved = log.resolve()
    return resolved.with_name(f"{resolved.name}.inputs")


class SqliteTape:
    """The tape of a log that this process owns; see `commands.input_tape.InputTape`."""

    def __init__(
        self,
        log: Path,
        clock: Callable[[], datetime],
        keys: KeyFolder | None = None,
    ) -> None:
        """Opens the tape beside the log's file, which must exist; its file has the log's rights.

        `clock` gives the times at which inputs come. Raises LogOwned, LogUnsafe, LogCorrupt, LogUnavailable,
        KeyRefused, and UnknownSchema where this program has no schema of its inputs; the file is given up then.
        """
        self._path, self._clock = tape_path(log), clock
        self._signer = signer = Signer(keys or KeyFolder())
        self._owner = FileOwner(self._path)
        self._is_closed = self._is_doubtful = False
        self._objects = _objects_of(self._path)
        with ExitStack() as undone:
            undone.callback(self._owner.release)
            self._connection = undone.enter_context(closing(self._opened(log)))
            with _translated(self._path):
                row = self._connection.execute(_LAST).fetchone()
            end = end_of(None if row is None else _batch(self._path, row), signer)
            self._owner.watch("", "-wal", "-shm")
            self._waiting = Waiting(signer, end, clock)
            undone.pop_all()

    def remove(self, before: datetime, is_covered: Covered) -> SessionBegun | None:
        """See `RetainedTape`."""
        self._check()
        with _translated(self._path):
            begun = self._connection.execute(_BEGUN, (since_1970(before),)).fetchall()
        for (first,) in begun:
            with _translated(self._path):
                row = self._connection.execute(_ONE, (first,)).fetchone()
            session = session_of(_batch(self._path, row), self._signer)
            if is_covered(session):
                with _translated(self._path):
                    self._connection.execute(_REMOVE, (first,))
                return session
        return None

    def begins(self) -> SessionBegun | None:
        """See `RetainedTape`."""
        self._check()
        with _translated(self._path):
            row = self._connection.execute(_FIRST).fetchone()
        return None if row is None else session_of(_batch(self._path, row), self._signer)

    def take(self, given: Taped) -> None:
        """See `InputTape`."""
        if self._waiting.is_full(given):
            self.keep()
        self._waiting.add(given)

    def keep(self) -> None:
        """See `InputTape`."""
        self._check()
        if not len(self._waiting):
            return
        batch = self._waiting.batch()
        with _translated(self._path):
            self._objects.check(self._connection.cursor())
        self._is_doubtful = True
        with _translated(self._path):
            self._connection.execute(_INSERT, batch)
        self._is_doubtful = False
        # What was written to a file that was removed in the meantime must not count as kept.
        self._check()
        self._waiting.written(batch)

    def close(self) -> None:
        """See `InputTape`."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            # After a failed commit the rest may be there already.
            if self._owner.is_this_process and not self._is_doubtful:
                self.keep()
        finally:
            if self._owner.is_this_process:
                self._connection.close()
            self._owner.release()

    def _opened(self, log: Path) -> sqlite3.Connection:
        mode = stat.S_IMODE(log.stat().st_mode)
        self._path.touch(mode=mode)
        self._path.chmod(mode)
        with _translated(self._path):
            connection = sqlite3.connect(
                writable(self._path), uri=True, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(_CREATE)
                self._objects.check(connection.cursor())
            except BaseException:
                connection.close()
                raise
        return connection

    def _check(self) -> None:
        """Raises OwnershipLost, and LogLost where the file of the tape was removed, replaced or cut."""
        self._owner.check()
        if (harm := self._owner.harm()) is not None:
            raise LogLost(f"{harm}: inputs could not be kept, so this engine records nothing more")


def read_sqlite(log: Path, keys: KeyFolder | None = None) -> Iterator[TapedInput]:
    """The inputs of the tape beside this log, from the oldest kept session on, also while an engine writes.

    Raises InvalidInput where there is no tape, and what `inputs_of` raises; the errors name the file.
    """
    return _inputs(_existing(log), keys or KeyFolder())


def batches_in_sqlite(log: Path, keys: KeyFolder | None = None) -> Iterator[Batch]:
    """The batches of the tape beside this log, in order. Raises what `read_sqlite` raises, except UnknownSchema."""
    path, signer = _existing(log), Signer(keys or KeyFolder())
    with _translated(path), closing(Reading(path).connection) as connection:
        _objects_of(path).check(connection.cursor())
        yield from Checked(signer).batches(_batch(path, row) for row in connection.execute(_ALL))


def write_sqlite(log: Path, batches: Iterable[Batch]) -> None:
    """Makes the tape beside this log from the batches of another tape, which were checked.

    A write that is interrupted leaves no tape. Raises LogUnavailable, and what `batches` raises.
    """
    path = tape_path(log)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with _translated(partial), closing(sqlite3.connect(partial)) as connection:
            connection.execute(_CREATE)
            connection.executemany(_INSERT, batches)
            connection.commit()
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _existing(log: Path) -> Path:
    """The file of the tape of this log. Raises InvalidInput where there is none."""
    path = tape_path(log)
    if not path.is_file():
        raise InvalidInput(
            f"there is no tape of inputs at {path}: no run has recorded one for this log; live runs do, and runs "
            "in a market at rest with inputs_at_rest"
        )
    return path


class FollowedSqlite:
    """The tape beside this log while an engine writes it; see `FollowedTape`.

    No transaction stays open between two pages, so that the engine can shorten its `-wal` file.
    """

    def __init__(self, log: Path, keys: KeyFolder | None = None) -> None:
        """Raises InvalidInput where there is no tape, LogUnavailable, LogCorrupt."""
        self._path = _existing(log)
        self._checked = Checked(Signer(keys or KeyFolder()))
        self._objects = _objects_of(self._path)
        self._inode = self._found()
        with _translated(self._path):
            self._reading = Reading(self._path)

    def new(self) -> Iterator[TapedInput]:
        """See `FollowedTape`."""
        while page := self._page():
            try:
                yield from self._checked.inputs(page)
            except LogCorrupt as fault:
                raise LogCorrupt(f"{self._path}: {fault}") from None

    def close(self) -> None:
        """See `FollowedTape`."""
        self._reading.connection.close()

    def _page(self) -> Sequence[Batch]:
        if self._found() != self._inode:
            raise LogLost(f"{self._path} was removed or replaced: its inputs are not followed any more")
        with _translated(self._path):
            if self._reading.is_outdated:
                self._reading.connection.close()
                self._reading = Reading(self._path)
            connection = self._reading.connection
            self._objects.check(connection.cursor())
            rows = connection.execute(_NEXT, (self._checked.last,)).fetchall()
        return [_batch(self._path, row) for row in rows]

    def _found(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino


def _inputs(path: Path, keys: KeyFolder) -> Iterator[TapedInput]:
    with _translated(path), closing(Reading(path).connection) as connection:
        _objects_of(path).check(connection.cursor())
        rows = (_batch(path, row) for row in connection.execute(_ALL))
        try:
            yield from inputs_of(rows, Signer(keys))
        except LogCorrupt as fault:
            raise LogCorrupt(f"{path}: {fault}") from None


def _objects_of(path: Path) -> SqliteObjects:
    return SqliteObjects(path, _TABLES, "inputs are neither written to it nor replayed from it")


def _batch(path: Path, row: tuple[Any, ...]) -> Batch:
    """The batch of a row. Raises LogCorrupt for a value of another type: a column of SQLite can hold any."""
    if tuple(map(type, row)) != _TYPES or min(row[:5]) < 0:
        raise LogCorrupt(f"a row of {path.name} holds values that no engine wrote")
    first, size, begins, *rest = row
    return Batch(first, size, bool(begins), *rest)


@contextmanager
def _translated(path: Path) -> Generator[None]:
    try:
        yield
    except sqlite3.OperationalError as fault:
        raise LogUnavailable(f"the tape of inputs {path} does not answer: {fault}") from fault
    except sqlite3.DatabaseError as fault:
        raise LogCorrupt(f"{path} is not a tape of inputs: {fault}") from fault
