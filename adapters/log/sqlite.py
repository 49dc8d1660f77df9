"""A log in a SQLite file. The library's recorder writes it; it has one owner at a time, and any process may read it."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

from eventsourcing.persistence import InfrastructureFactory, PersistenceError
from eventsourcing.utils import Environment

from adapters.log.address import SqliteAddress
from adapters.log.owner import FileOwner
from adapters.log.recorder_log import Codec, RecordedLog, RecorderLog, Row
from adapters.log.storage import STORAGE, storage_text
from domain.errors import InvalidInput, LogCorrupt, LogUnavailable

_COLUMNS = "SELECT rowid, originator_id, originator_version, state FROM stored_events"
_POLL_SECONDS = 0.01
_IS_NO_LOG = re.compile(r"no such (table|column)")


class SqliteRows:
    """Reads the recorder's table through its own read-only connection."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidInput where the file does not exist or is empty, and LogCorrupt where it is not a log."""
        if not path.is_file() or _is_empty(path):
            raise InvalidInput(
                f"there is no log at {path}; `whence paper --log {SqliteAddress(path)}` begins one"
            )
        self._path = path
        with _translated(path):
            # A thread other than the one that opened the connection may read; SQLite itself serialises the calls.
            self._connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False
            )
            self._connection.execute(f"{_COLUMNS} LIMIT 0")

    def head(self) -> int:
        """See `Rows`."""
        return self._number("SELECT COALESCE(MAX(rowid), 0) FROM stored_events")

    def arrived(self) -> int:
        """See `Rows`."""
        return self.head()

    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """See `Rows`. Raises LogCorrupt where an ordinal is missing, which means that its row was removed."""
        wanted = f"{_COLUMNS} WHERE rowid > ? AND rowid <= ? ORDER BY rowid"
        for expected, row in enumerate(self._rows(wanted, (after, upto)), after + 1):
            if row[0] != expected:
                raise LogCorrupt(
                    f"{self._path}: ordinal {expected} is missing: an event was removed from outside"
                )
            yield row

    def stream_rows(self, stream: str, after: int) -> Iterator[Row]:
        """See `Rows`."""
        where = "WHERE originator_id = ? AND originator_version > ? ORDER BY originator_version"
        return self._rows(f"{_COLUMNS} {where}", (stream, after))

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
        return "" if found is None else storage_text("SQLite", found[0])

    def close(self) -> None:
        """See `Rows`."""
        self._connection.close()

    def _data_version(self) -> int:
        return self._number("PRAGMA data_version")

    def _number(self, query: str) -> int:
        with _translated(self._path):
            return int(self._connection.execute(query).fetchone()[0])

    def _rows(self, statement: str, values: tuple[object, ...]) -> Iterator[Row]:
        with _translated(self._path):
            for row in self._connection.execute(statement, values):
                if not isinstance(row[3], bytes):
                    raise LogCorrupt(
                        f"{self._path}: ordinal {row[0]} does not hold bytes: it was inserted from outside"
                    )
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


def open_sqlite(path: Path, codec: Codec) -> RecorderLog:
    """Opens and owns the log in this file, which is created where it is missing.

    Raises LogOwned, LogCorrupt, LogUnavailable, and InvalidInput where the path cannot be a file.
    """
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder; a log is a file")
    if not path.parent.is_dir():
        raise InvalidInput(f"the folder {path.parent} for the log does not exist; create it first")
    try:
        owner = FileOwner(path)
    except OSError as fault:
        raise LogUnavailable(f"{path} cannot be written: {fault.strerror}") from fault
    try:
        return _open_owned(path, codec, owner)
    except PersistenceError as fault:
        owner.release()
        raise LogUnavailable(f"{path} cannot be written: {fault}") from fault
    except BaseException:
        owner.release()
        raise


def _open_owned(path: Path, codec: Codec, owner: FileOwner) -> RecorderLog:
    _check_is_database(path)
    factory = InfrastructureFactory.construct(
        Environment(
            env={
                "PERSISTENCE_MODULE": "eventsourcing.sqlite",
                "SQLITE_DBNAME": str(path),
                "ORIGINATOR_ID_TYPE": "text",
            }
        )
    )
    recorder = factory.application_recorder()
    _name_storage(path)

    def release() -> None:
        factory.close()
        owner.release()

    return RecorderLog(recorder, SqliteRows(path), codec, release=release)


def _name_storage(path: Path) -> None:
    """Gives the file the id of its storage, where it has none yet."""
    with _translated(path), closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {STORAGE} (id TEXT NOT NULL)")
        absent = f"SELECT ? WHERE NOT EXISTS (SELECT 1 FROM {STORAGE})"  # noqa: S608  (ours)
        connection.execute(f"INSERT INTO {STORAGE} {absent}", (str(uuid4()),))


def _check_is_database(path: Path) -> None:
    """Refuses a foreign file before a table is created in it. An empty file is a new log."""
    if path.exists() and not _is_empty(path):
        SqliteRows(path).close()


def _is_empty(path: Path) -> bool:
    with (
        _translated(path),
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection,
    ):
        return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def read_sqlite(path: Path, codec: Codec) -> RecordedLog:
    """Opens the log in this file for reading, whether it is owned or not. Raises InvalidInput, LogCorrupt."""
    return RecordedLog(SqliteRows(path), codec)
