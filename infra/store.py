"""The store of read models and tokens: its address, its engine, and the migration of its tables."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from adapters.log.address import (
    Address,
    KafkaAddress,
    MemoryAddress,
    PostgresAddress,
    SqliteAddress,
    parse_address,
    parse_store_address,
)
from domain.errors import InvalidInput, StoreTooNew
from infra.config import WhenceSettings
from infra.store_file import StoreFile
from projections.answering import answering, shown_store
from projections.bookkeeping import CURSORS
from projections.store import prepare, writing

_MIGRATIONS = "infra:migrations"
_ONE_AT_A_TIME = 0x77_68_65_6E_63_65
"""PostgreSQL's advisory lock for migrations: the letters of `whence`."""
_BUSY_SECONDS = 10
_CONNECT_SECONDS = 5
_USED, _UNUSED_SECONDS = "used", 1.0
_POOL: dict[str, Any] = {"pool_size": 5, "max_overflow": 25, "pool_timeout": _BUSY_SECONDS}
"""Queries as of past moments use at most 20 of the 30 connections; tokens, health and metrics use the rest."""


def store_address(settings: WhenceSettings) -> SqliteAddress | PostgresAddress:
    """The store's address: the configured one, else a file of the log's own name.

    That file is beside the file of a SQLite log. For other logs it is in the working folder, with the database or the
    topic in its name; earlier versions had `whence.read.db` for all of them, and such a store is still used by the kind
    of log that it was made from. Raises InvalidInput where the address is invalid or names the log's own file.
    """
    log = parse_address(settings.log)
    if settings.store is not None:
        return _distinct(parse_store_address(settings.store), log)
    match log:
        case SqliteAddress(path):
            return SqliteAddress(path.with_name(f"{path.stem}.read.db"))
        case PostgresAddress():
            return _named("PostgreSQL", log.database)
        case KafkaAddress():
            return _named("Kafka", log.topic)
        case MemoryAddress():
            return SqliteAddress(_EARLIER)


_EARLIER = Path("whence.read.db")


def _named(technology: str, name: str) -> SqliteAddress:
    """The default store of a log that is no file."""
    own = Path(f"{technology.lower()}-{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.read.db")
    return SqliteAddress(_EARLIER if not own.exists() and _is_made_from(technology, _EARLIER) else own)


def _is_made_from(technology: str, store: Path) -> bool:
    """Whether the file is a store whose read models were made from a log of this kind."""
    if not store.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute(f"SELECT storage FROM {CURSORS.name}").fetchall()  # noqa: S608  (ours)
    except sqlite3.Error:
        return False
    return any(str(storage).startswith(technology) for (storage,) in found)


def _distinct(store: SqliteAddress | PostgresAddress, log: Address) -> SqliteAddress | PostgresAddress:
    files = [address.path.resolve() for address in (store, log) if isinstance(address, SqliteAddress)]
    if len(files) != len(set(files)):
        raise InvalidInput(f"{store} is the log itself: the store needs a separate file")
    return store


def open_store(settings: WhenceSettings, statement_seconds: float | None = None) -> Engine:
    """An engine for the store. It connects on first use; a new store has no tables before `migrate`.

    On PostgreSQL no statement runs longer than `statement_seconds`, where given. Raises InvalidInput where the address
    is invalid.
    """
    address = store_address(settings)
    engine = _sqlite(address) if isinstance(address, SqliteAddress) else _postgres(address, statement_seconds)
    return prepare(engine)


def migrate(engine: Engine) -> None:
    """Migrates the lasting tables to this program's revision, one process at a time; quick where none is missing.

    Raises StoreUnavailable where the database does not answer, StoreTooNew where a later program has migrated the
    store, and StoreError where this user may not change the tables.
    """
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    scripts = ScriptDirectory.from_config(config)
    with answering(engine):
        with engine.connect() as connection:
            if _found(connection, scripts) == scripts.get_current_head():
                return
        with writing(engine) as connection:
            _lock(connection)
            _found(connection, scripts)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _found(connection: Connection, scripts: ScriptDirectory) -> str | None:
    """The store's revision; None for a new store. Raises StoreTooNew where this program does not know that revision."""
    revision = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreTooNew(
            f"the store {shown_store(connection.engine)} was set up by a later version of this program (its tables are "
            f"at {revision}); run that version, or give this one another store with --store"
        )
    return revision


def _lock(connection: Connection) -> None:
    """Takes PostgreSQL's lock. SQLite needs none, because a writing transaction begins with a lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})


def _sqlite(address: SqliteAddress) -> Engine:
    if not address.path.parent.is_dir():
        raise InvalidInput(f"the folder {address.path.parent} for the store does not exist; create it first")
    url = URL.create("sqlite+pysqlite", database=str(address.path))
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, hide_parameters=True, **_POOL)
    StoreFile.watch(engine, address.path)
    return engine


def postgres_url(address: PostgresAddress) -> URL:
    """The address as SQLAlchemy takes it."""
    return URL.create(
        "postgresql+psycopg",
        address.user,
        address.password or None,
        address.host,
        address.port,
        address.database,
    )


def _postgres(address: PostgresAddress, statement_seconds: float | None) -> Engine:
    url = postgres_url(address)
    patience = "" if statement_seconds is None else f"-c statement_timeout={round(statement_seconds * 1000)}"
    engine = create_engine(
        url,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "application_name": "whence",
            "options": patience,
        },
        hide_parameters=True,
        **_POOL,
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _check_unused)
    return engine


def _note_use(_: object, record: ConnectionPoolEntry) -> None:
    record.info[_USED] = monotonic()


def _check_unused(connection: Any, record: ConnectionPoolEntry, _: object) -> None:
    """Raises DisconnectionError, so that the pool connects again, where a connection that nobody has used for a while
    has ended. A check of every connection takes as long as a statement."""
    if monotonic() - record.info.get(_USED, monotonic()) < _UNUSED_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except connection.Error as fault:
        raise DisconnectionError from fault
