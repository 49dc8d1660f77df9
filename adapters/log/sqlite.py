"""A log in a SQLite file. The library's recorder writes it; it has one owner at a time, and any process may read it."""

from __future__ import annotations

import errno
import re
import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from eventsourcing.persistence import PersistenceError
from eventsourcing.sqlite import SQLiteDatastore

from adapters.log.address import SqliteAddress
from adapters.log.content import Content
from adapters.log.epoch import Epoch
from adapters.log.mark_rows import (
    HAS_ROWS,
    HEAD,
    MARKS,
    SQLITE,
    Head,
    MarkedRow,
    MarkWriter,
    check_tables,
    marked_row,
    selected,
)
from adapters.log.owned_file import OwnedFile
from adapters.log.owner import FileOwner, refuse_hard_links
from adapters.log.reading import Reading, writable
from adapters.log.recorder_log import Codec, RecordedLog, RecorderLog
from adapters.log.sqlite_recorder import SqliteLogRecorder
from adapters.log.sqlite_schema import SqliteSchema
from adapters.log.storage import STORAGE, Storage, storage_text
from adapters.log.verified_rows import VerifiedRows
from adapters.marks.key_folder import KeyFolder, Keys
from adapters.marks.mark import Link
from domain.errors import InvalidInput, LogCorrupt, LogLost, LogReadOnly, LogUnavailable

_COLUMNS = "SELECT rowid, originator_id, originator_version, topic, state, NULL FROM stored_events"
_POLL_SECONDS = 0.01
_REFUSED = {errno.EROFS, errno.EACCES, errno.EPERM}
_IS_NO_LOG = re.compile(r"no such (table|column)")


def _begins(address: SqliteAddress) -> str:
    return f"`whence paper --log {address}` begins one on candles, `whence live --log {address}` one on an exchange"


class SqliteRows(VerifiedRows):
    """Reads the recorder's table through its own read-only connection, and verifies the events' marks."""

    def __init__(self, path: Path, codec: Codec, keys: Keys) -> None:
        """Raises InvalidInput where the file does not exist or is empty, LogUnsafe where it has several hard links, and
        LogCorrupt where it is not a log."""
        refuse_hard_links(path)
        if _is_absent(path):
            begin = _remains(path) or _begins(SqliteAddress(path))
            raise InvalidInput(f"there is no log at {path}; {begin}")
        self._path = path
        with _translated(path):
            self._opened = Reading(path)
            self._connection.execute(f"{_COLUMNS} LIMIT 0")
        super().__init__(path, keys, Content(codec))

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._opened.connection

    def head(self) -> int:
        """See `Rows`. Raises MarkRefused where the last events were removed, or events were inserted."""
        if self._opened.is_outdated:
            self.close()
            with _translated(self._path):
                self._opened = Reading(self._path)
        return super().head()

    def wait(self, after: int, seconds: float) -> bool:
        """Polls SQLite's change counter, and so does not read the table at each poll; see `Rows`."""
        deadline = time.monotonic() + seconds
        seen = self._data_version()
        while self.head() <= after:
            while self._data_version() == seen:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(_POLL_SECONDS)
            seen = self._data_version()
        return True

    def storage(self) -> str:
        """See `Rows`."""
        with _translated(self._path):
            try:
                found = self._connection.execute(f"SELECT id FROM {STORAGE}").fetchone()  # noqa: S608  (ours)
            except sqlite3.OperationalError as fault:
                if _IS_NO_LOG.search(str(fault)):
                    return ""
                raise
        return "" if found is None else storage_text("SQLite", str(found[0]))

    def close(self) -> None:
        """See `Rows`."""
        self._connection.close()

    def _data_version(self) -> int:
        return self._number("PRAGMA data_version")

    def _number(self, query: str) -> int:
        with _translated(self._path):
            return int(self._connection.execute(query).fetchone()[0])

    def has_marks(self) -> bool:
        """See `Source`."""
        tables = self._number(f"SELECT count(*) FROM sqlite_master WHERE name IN ('{MARKS}', '{HEAD}')")  # noqa: S608  (ours)
        return check_tables(tables) and bool(self._number(HAS_ROWS))

    def marked_head(self) -> Head:
        """See `Source`."""
        head = f"(SELECT mark FROM {HEAD})" if self._is_marked else "NULL"  # noqa: S608  (ours)
        with _translated(self._path):
            last, mark = self._connection.execute(f"SELECT max(rowid), {head} FROM stored_events").fetchone()  # noqa: S608  (ours)
        return Head(last or 0, mark)

    def mark_at(self, ordinal: int) -> object:
        """See `Source`."""
        last = f"SELECT mark FROM {MARKS} WHERE ordinal <= ? ORDER BY ordinal DESC LIMIT 1"  # noqa: S608  (ours)
        return next((mark for (mark,) in self._found(last, ordinal)), None)

    def marked_rows(self, after: int, upto: int) -> Iterator[MarkedRow]:
        """See `Source`. Raises LogCorrupt where an ordinal is missing, and for a row with a value of another type."""
        found = self._marked("e.rowid > ? AND e.rowid <= ? ORDER BY e.rowid", after, upto)
        for expected, row in enumerate(found, after + 1):
            if row.ordinal != expected:
                raise LogCorrupt(f"ordinal {expected} is missing: an event was removed from outside")
            yield row

    def marked_stream(self, stream: str, after: int) -> Iterator[MarkedRow]:
        """See `Source`. Raises what `marked_rows` raises."""
        where = "originator_id = ? AND originator_version > ? ORDER BY originator_version"
        return self._marked(where, stream, after)

    def _marked(self, where: str, *values: object) -> Iterator[MarkedRow]:
        query = selected(SQLITE, where) if self._is_marked else f"{_COLUMNS} e WHERE {where}"
        yield from map(marked_row, self._found(query, *values))

    def _found(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        with _translated(self._path):
            # `yield from` would close the cursor of a generator that is given up, which fails on a closed connection.
            for row in self._connection.execute(query, values):  # noqa: UP028
                yield row


@contextmanager
def _translated(path: Path) -> Generator[None]:
    """Raises SQLite's errors as LogUnavailable, which can be retried, or as LogCorrupt, which cannot."""
    try:
        yield
    except sqlite3.OperationalError as fault:
        if _IS_NO_LOG.search(str(fault)):
            raise LogCorrupt(f"{path} is not a log of events: {fault}") from None
        raise LogUnavailable(f"{path} does not answer: {fault}") from fault
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as fault:
        raise LogCorrupt(f"{path} is not a log of events: {fault}") from fault


def open_sqlite(
    path: Path,
    codec: Codec,
    keys: KeyFolder | None = None,
    since: Link = Link(),  # noqa: B008  (immutable)
    *,
    copies: bool = False,
    unproven: bool = False,
) -> RecorderLog:
    """Opens and owns the log in this file, which is created where it is missing.

    `keys` is the folder of keys, by default this user's; the first key is made for a new log. The events up to `since`
    are not verified again, where the log has that link. `copies`, `unproven`: see `Storage`.
    Raises LogOwned, LogUnsafe, LogCorrupt, LogUnavailable, NotSealed, KeyRefused, KeyMissing, and InvalidInput where
    the path cannot be a file.
    """
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder; a log is a file")
    if not path.parent.is_dir():
        raise InvalidInput(f"the folder {path.parent} for the log does not exist; create it first")
    try:
        # The link is resolved once: a link that is changed later does not move the log of a running engine.
        path = path.resolve()
        owner = FileOwner(path)
    except (OSError, RuntimeError) as fault:
        raise _unwritable(path, fault) from fault
    try:
        storage = Storage(SQLITE.value, copies=copies, unproven=unproven)
        return _open_owned(path, codec, owner, keys or KeyFolder(), since, storage)
    except (PersistenceError, OSError) as fault:
        owner.release()
        raise _unwritable(path, fault) from fault
    except BaseException:
        owner.release()
        raise


def _unwritable(path: Path, fault: Exception) -> LogUnavailable:
    reason = fault.strerror or type(fault).__name__ if isinstance(fault, OSError) else str(fault)
    refused = isinstance(fault, OSError) and fault.errno in _REFUSED
    kind = LogReadOnly if path.exists() and (refused or "readonly" in reason) else LogUnavailable
    return kind(f"{path} cannot be written: {reason}")


def _open_owned(
    path: Path, codec: Codec, owner: FileOwner, folder: KeyFolder, since: Link, storage: Storage
) -> RecorderLog:
    _roll_back(path)
    known = folder.read()
    link = _end_of_chain(path, codec, known, since)
    _refuse_lost(path, owner, link.ordinal)
    keys = known if link.ordinal else folder.made()
    owner.clear_loss()
    path.touch()
    owner.watch("")
    # One connection, which is opened once: see `OwnedFile`.
    datastore = SQLiteDatastore(writable(path), pool_size=1, max_overflow=0, originator_id_type="text")
    epoch = Epoch(str(path), link)
    marks = MarkWriter(SQLITE, keys, Content(codec), link, epoch)
    recorder = SqliteLogRecorder(datastore, [SqliteSchema(path), storage, epoch, marks])
    try:
        recorder.create_table()
        rows = SqliteRows(path, codec, keys)
        rows.bind_to(lambda: marks.log_id)
        file = OwnedFile(path, owner, recorder, link.ordinal)
    except BaseException:
        datastore.close()
        raise
    return RecorderLog(recorder, rows, codec, release=file.release, check=file.check)


def _roll_back(path: Path) -> None:
    """Undoes the transaction of a process that was killed while it made the file.

    A log has a `-journal` file only then. SQLite refuses each read-only connection until a writer has rolled it back.
    """
    if path.is_file() and path.with_name(f"{path.name}-journal").exists():
        with _translated(path), closing(sqlite3.connect(writable(path), uri=True)) as connection:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()


def _refuse_lost(path: Path, owner: FileOwner, last: int) -> None:
    """Raises LogLost where the last owner had recorded more events than the log has."""
    loss = owner.loss
    if loss is not None and last < loss.ordinal:
        raise LogLost(
            f"{path} ends at ordinal {last}, and its last engine had recorded {loss.ordinal} events when "
            f"{loss.reason}: restore the log, or its newer copy, under this name; to go on without the lost events, "
            f"remove {path.name}.owner"
        )


def _end_of_chain(path: Path, codec: Codec, keys: Keys, since: Link) -> Link:
    """The end of the log's chain of marks, after all events after `since` were verified. An empty file is a new log.

    Refuses a foreign file before a table is created in it. Raises LogLost where only the `-wal` file of a log is there,
    and what `Verifier.own` raises.
    """
    if _is_absent(path):
        if remains := _remains(path):
            raise LogLost(f"there is no log at {path}, but {remains}")
        return Link()
    with closing(SqliteRows(path, codec, keys)) as rows:
        return rows.own(since)


def _remains(path: Path) -> str:
    """A sentence about the `-wal` file of a log that is not there; empty where there is none, or an empty one.

    SQLite would remove that file when a new log begins under the name.
    """
    rest = path.with_name(path.name + "-wal")
    if not rest.exists() or not rest.stat().st_size:
        return ""
    return (
        f"{rest.name} has the newest events of one, which was moved or removed: give it its name back; to begin a new "
        f"log, remove {rest.name}"
    )


def _is_absent(path: Path) -> bool:
    return not path.is_file() or not path.stat().st_size or _is_empty(path)


def _is_empty(path: Path) -> bool:
    with _translated(path), closing(Reading(path).connection) as connection:
        return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def read_sqlite(path: Path, codec: Codec, keys: KeyFolder | None = None) -> RecordedLog:
    """Opens the log in this file for reading, whether it is owned or not.

    Raises InvalidInput, LogCorrupt, KeyRefused. Without the log's key the log is read as unverified.
    """
    return RecordedLog(SqliteRows(path, codec, (keys or KeyFolder()).read()), codec)
