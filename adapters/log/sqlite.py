"""A log in a SQLite file: the library's recorder writes it, one owner at a time; anybody reads it."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from eventsourcing.persistence import InfrastructureFactory, PersistenceError
from eventsourcing.utils import Environment

from adapters.log.address import SqliteAddress
from adapters.log.owner import FileOwner
from adapters.log.recorder_log import Codec, RecordedLog, RecorderLog, Row
from domain.errors import InvalidInput, LogCorrupt, LogUnavailable

_COLUMNS = "SELECT rowid, originator_id, originator_version, state FROM stored_events"
_POLL_SECONDS = 0.01
_IS_NO_LOG = re.compile(r"no such (table|column)")


class SqliteRows:
    """Reads the recorder's table through a connection of its own, which never writes."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidInput where there is no such file, LogCorrupt where it is something else."""
        if not path.is_file() or _is_empty(path):
            raise InvalidInput(
                f"there is no log at {path}; `whence paper --log {SqliteAddress(path)}` begins one"
            )
        self._path = path
        with _told_of(path):
            # Whoever opens it need not be the thread that reads; SQLite itself sees to one at a time.
            self._connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False
            )
            self._connection.execute(f"{_COLUMNS} LIMIT 0")

    def head(self) -> int:
        """See `Rows`."""
        return self._number("SELECT COALESCE(MAX(rowid), 0) FROM stored_events")

    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """See `Rows`; raises LogCorrupt for an ordinal that is not there, which is how a removed row shows."""
        wanted = f"{_COLUMNS} WHERE rowid > ? AND rowid <= ? ORDER BY rowid"
        for expected, row in enumerate(self._rows(wanted, (after, upto)), after + 1):
            if row[0] != expected:
                raise LogCorrupt(
                    f"{self._path}: ordinal {expected} is missing: an event was removed by another hand"
                )
            yield row

    def stream_rows(self, stream: str, after: int) -> Iterator[Row]:
        """See `Rows`."""
        where = "WHERE originator_id = ? AND originator_version > ? ORDER BY originator_version"
        return self._rows(f"{_COLUMNS} {where}", (stream, after))

    def wait(self, after: int, seconds: float) -> bool:
        """Asks SQLite's own change counter, which costs no read of the table."""
        deadline = time.monotonic() + seconds
        seen = self._data_version()
        while self.head() <= after:
            while self._data_version() == seen:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(_POLL_SECONDS)
            seen = self._data_version()
        return True

    def close(self) -> None:
        """See `Rows`."""
        self._connection.close()

    def _data_version(self) -> int:
        return self._number("PRAGMA data_version")

    def _number(self, question: str) -> int:
        with _told_of(self._path):
            return int(self._connection.execute(question).fetchone()[0])

    def _rows(self, statement: str, values: tuple[object, ...]) -> Iterator[Row]:
        with _told_of(self._path):
            for row in self._connection.execute(statement, values):
                if not isinstance(row[3], bytes):
                    raise LogCorrupt(
                        f"{self._path}: ordinal {row[0]} holds no bytes: it was put in by another hand"
                    )
                yield row


@contextmanager
def _told_of(path: Path) -> Generator[None]:
    """SQLite's errors in this project's words: a file in use or out of reach can be tried again, another cannot."""
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
    """Owns the log in this file, which is made where it is not. Raises LogOwned, LogCorrupt, LogUnavailable."""
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder; a log is a file")
    if not path.parent.is_dir():
        raise InvalidInput(f"the folder {path.parent} for the log does not exist; make it first")
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

    def release() -> None:
        factory.close()
        owner.release()

    return RecorderLog(recorder, SqliteRows(path), codec, release=release)


def _check_is_database(path: Path) -> None:
    """A file of somebody else's is refused before a table is made in it; an empty one is a log just begun."""
    if path.exists() and not _is_empty(path):
        SqliteRows(path).close()


def _is_empty(path: Path) -> bool:
    with (
        _told_of(path),
        closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection,
    ):
        return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def read_sqlite(path: Path, codec: Codec) -> RecordedLog:
    """Reads the log in this file, whoever owns it. Raises InvalidInput, LogCorrupt."""
    return RecordedLog(SqliteRows(path), codec)
