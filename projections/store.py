"""The store: the database that holds the read models, PostgreSQL or SQLite.

Reads see one moment of it (a snapshot), writes are one transaction. Nothing here is the truth: drop it, and the log
builds it again.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, event

from projections.columns import COLLATION

_WRITES = "whence_writes"
_PRAGMAS = ("busy_timeout = 30000", "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON")
"""SQLite: readers and the writer do not wait for each other; what a power cut costs, the log makes again."""


def prepare(engine: Engine) -> Engine:
    """Makes an engine a store's; to be called once, before its first connection. Returns it.

    SQLite's driver begins transactions late and not before DDL, so it is told when to; it learns to order decimals.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _teach)
        event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def reading(engine: Engine) -> Generator[Connection]:
    """A connection that sees one moment of the store, whatever is written meanwhile."""
    with snapshot(engine) as connection:
        yield connection


def snapshot(engine: Engine) -> Connection:
    """A connection that sees one moment of the store until it is closed, which never fails."""
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
    """A connection whose changes are committed together at the end, or not at all."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        yield connection


def _teach(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.create_collation(COLLATION, compare_decimals)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def compare_decimals(one: str, other: str) -> int:
    """SQLite's collation of money: -1, 0, 1 by value, whatever the digits."""
    left, right = Decimal(one), Decimal(other)
    return (left > right) - (left < right)
