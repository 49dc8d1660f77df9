"""The store: the database that holds the read models, PostgreSQL or SQLite.

A reading connection sees one snapshot of the database; a writing connection is one transaction. All rows are derived
from the log and can be rebuilt.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Table, event
from sqlalchemy.dialects import postgresql, sqlite

from projections.columns import COLLATION

_WRITES = "whence_writes"
_BUSY_SECONDS = 10
_PAUSE_SECONDS = 0.01
_PRAGMAS = ("busy_timeout = 30000", "synchronous = NORMAL", "foreign_keys = ON")
"""With these settings and a write-ahead log, SQLite's readers and writer do not block each other. The last rows may be
lost in a power failure; they are rebuilt from the log."""


def prepare(engine: Engine) -> Engine:
    """Prepares an engine for a store and returns it; called once, before the first connection.

    On SQLite each transaction begins explicitly, because the driver begins none before DDL. A collation for decimals
    is added there.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """A connection that sees one snapshot of the store; rows written later are not visible on it."""
    with snapshot(engine) as connection:
        yield connection


def snapshot(engine: Engine) -> Connection:
    """A connection that sees one snapshot of the store until it is closed; closing it never fails."""
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    connection = engine.connect().execution_options(**level)
    try:
        connection.begin()
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def writing(engine: Engine) -> Generator[Connection]:
    """A connection whose changes are committed together at the end, or rolled back."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        yield connection


def insert_unless_there(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insertion of rows whose keys the table does not have yet."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def _set_up(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()
    _use_wal(connection)
    connection.create_collation(COLLATION, compare_decimals)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Sets the file's journal mode, which the file keeps, where it can have this mode.

    SQLite does not wait for another connection that sets it.
    """
    until = time.monotonic() + _BUSY_SECONDS
    while not _is_set(connection, until):
        time.sleep(_PAUSE_SECONDS)


def _is_set(connection: sqlite3.Connection, until: float) -> bool:
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
    except sqlite3.OperationalError as fault:
        if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
            raise
        return False
    return True


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def compare_decimals(one: str, other: str) -> int:
    """SQLite's collation of money: -1, 0 or 1 by value; 1.0 equals 1.00."""
    left, right = Decimal(one), Decimal(other)
    return (left > right) - (left < right)
