"""The tables of dead letters: in a file beside a SQLite log, in the database of a log on PostgreSQL, or in memory."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.pool import StaticPool

from adapters.dead_letters.store import DeadLetters
from adapters.dead_letters.table import LETTERS, METADATA
from adapters.dead_letters.tables import TableLetters
from adapters.log.address import PostgresAddress
from adapters.log.sqlite_objects import SqliteObjects
from adapters.marks.key_folder import KeyFolder
from domain.errors import LogCorrupt, StoreError, StoreUnavailable
from infra.store import postgres_url
from infra.store_file import StoreFile
from projections.answering import answering
from projections.store import prepare

_BUSY_SECONDS = 10
_CONNECT_SECONDS = 5
_OWNER_ONLY = 0o600
_HEADER = b"SQLite format 3\0"
"""The first bytes of every database of SQLite (https://www.sqlite.org/fileformat.html#the_database_header)."""


def letters_in_file(path: Path, keys: KeyFolder) -> DeadLetters:
    """The letters in this file, which is made where it is missing. Raises StoreError, KeyRefused.

    The letters raise StoreError also later, where the file is no database any more, or has a trigger or another object
    that this program did not make.
    """
    return TableLetters(_sqlite(path), keys)


def letters_in_database(address: PostgresAddress, keys: KeyFolder) -> DeadLetters:
    """The letters in the database of a log; missing tables are made. Raises StoreError, KeyRefused."""
    return TableLetters(_postgres(address), keys)


def is_in_database(address: PostgresAddress) -> bool:
    """Whether the database has the tables of letters. Raises StoreError."""
    engine = _postgres(address)
    try:
        with answering(engine):
            return inspect(engine).has_table(LETTERS.name)
    finally:
        engine.dispose()


def letters_in_memory(keys: KeyFolder) -> DeadLetters:
    """Letters in the memory of this process, which end with it."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    return TableLetters(prepare(engine), keys)


def _sqlite(path: Path) -> Engine:
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
    except OSError as fault:
        raise StoreUnavailable(
            f"the dead letters cannot be kept in {path}: {fault.strerror or type(fault).__name__}"
        ) from None
    url = URL.create("sqlite+pysqlite", database=str(path))
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True)
    StoreFile.watch(engine, path)
    prepared = prepare(engine)
    event.listen(prepared, "connect", _make_durable)
    _LettersFile(path).watch(prepared)
    return prepared


class _LettersFile:
    """What the file at `path` holds, looked at before it is used: others than the log's owner may write to it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        tables = METADATA.tables.values()
        indexes = {str(index.name) for table in tables for index in table.indexes}
        consequence = "dead letters are neither kept in it nor read from it"
        self._objects = SqliteObjects(path, METADATA.tables.keys(), consequence, indexes)

    def watch(self, engine: Engine) -> None:
        """Looks at the form before each connection, and at the objects at the beginning of each transaction."""
        event.listen(engine, "do_connect", self._check_form)
        event.listen(engine, "begin", self._check_objects)

    def _check_form(self, *_: Any) -> None:
        with self._path.open("rb") as file:
            begin = file.read(len(_HEADER))
        if begin not in (b"", _HEADER):
            raise StoreError(
                f"{self._path} is no database of SQLite: something else was written into it; restore the dead letters "
                "from a backup, or move the file away: the next one makes it again"
            )

    def _check_objects(self, connection: Connection) -> None:
        try:
            self._objects.check(connection.connection.cursor())
        except LogCorrupt as fault:
            raise StoreError(str(fault)) from None


def _make_durable(connection: Any, _record: object) -> None:
    """Nothing rebuilds a letter, so that a power failure must not lose it."""
    connection.execute("PRAGMA synchronous = FULL").fetchall()


def _postgres(address: PostgresAddress) -> Engine:
    url = postgres_url(address)
    arguments = {"connect_timeout": _CONNECT_SECONDS, "application_name": "whence"}
    return prepare(create_engine(url, connect_args=arguments, hide_parameters=True, pool_pre_ping=True))
