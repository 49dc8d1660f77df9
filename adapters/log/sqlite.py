"""A log in a SQLite file: the library's recorder writes it, one owner at a time; anybody reads it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from eventsourcing.persistence import InfrastructureFactory, OperationalError
from eventsourcing.utils import Environment

from adapters.log.owner import FileOwner
from adapters.log.recorder_log import Codec, RecordedLog, RecorderLog, Row
from domain.errors import InvalidInput, LogCorrupt, LogUnavailable

_COLUMNS = "SELECT rowid, originator_id, originator_version, state FROM stored_events"
_POLL_SECONDS = 0.05


class SqliteRows:
    """Reads the recorder's table through a connection of its own, which never writes."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidInput where there is no such file, LogCorrupt where it is something else."""
        if not path.is_file():
            raise InvalidInput(f"there is no log at {path}; `whence paper --log sqlite:///{path}` begins one")
        try:
            self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
            self._connection.execute(f"{_COLUMNS} LIMIT 0")
        except sqlite3.Error as fault:
            raise LogCorrupt(f"{path} is not a log of events: {fault}") from fault

    def head(self) -> int:
        """See `Rows`."""
        return int(self._query("SELECT COALESCE(MAX(rowid), 0) FROM stored_events", ()).fetchone()[0])

    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """See `Rows`."""
        return iter(self._query(f"{_COLUMNS} WHERE rowid > ? AND rowid <= ? ORDER BY rowid", (after, upto)))

    def stream_rows(self, stream: str, after: int) -> Iterator[Row]:
        """See `Rows`."""
        where = "WHERE originator_id = ? AND originator_version > ? ORDER BY originator_version"
        return iter(self._query(f"{_COLUMNS} {where}", (stream, after)))

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
        return int(self._query("PRAGMA data_version", ()).fetchone()[0])

    def _query(self, statement: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as fault:
            raise OperationalError(str(fault)) from fault


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
    if not path.exists() or path.stat().st_size == 0:
        return
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as fault:
            raise LogCorrupt(f"{path} is not a log of events: {fault}") from fault


def read_sqlite(path: Path, codec: Codec) -> RecordedLog:
    """Reads the log in this file, whoever owns it. Raises InvalidInput, LogCorrupt."""
    return RecordedLog(SqliteRows(path), codec)
