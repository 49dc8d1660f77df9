"""The store of read models and tokens: its engine, and the migration of its tables."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from adapters.log.address import PostgresAddress, SqliteAddress
from domain.errors import InvalidInput, Refused, StoreTooNew
from infra.config import WhenceSettings
from infra.store_address import store_address
from infra.store_file import StoreFile
from projections.answering import answering, shown_store
from projections.store import prepare, writing

_MIGRATIONS = "infra:migrations"
_ONE_AT_A_TIME = 0x77_68_65_6E_63_65
"""PostgreSQL's advisory lock for migrations: the letters of `whence`."""
_BUSY_SECONDS = 10
_CONNECT_SECONDS = 5
_USED, _UNUSED_SECONDS = "used", 1.0
_POOL: dict[str, Any] = {"pool_size": 5, "max_overflow": 25, "pool_timeout": _BUSY_SECONDS}
"""Queries as of past moments use at most 20 of the 30 connections; tokens, health and metrics use the rest."""


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
    config, scripts = _scripts()
    with answering(engine):
        with engine.connect() as connection:
            if _found(connection, scripts) == scripts.get_current_head():
                return
        with writing(engine) as connection:
            _lock(connection)
            _found(connection, scripts)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def has_tables(engine: Engine) -> bool:
    """Whether the store has the lasting tables of this program; false for a new store. It changes nothing.

    Raises Refused where an earlier program has migrated the store, StoreTooNew where a later one has, StoreUnavailable.
    """
    _, scripts = _scripts()
    with answering(engine), engine.connect() as connection:
        found, present = _found(connection, scripts), scripts.get_current_head()
    if found is not None and found != present:
        raise Refused(
            f"the store {shown_store(engine)} was set up by an earlier version of this program (its tables are at "
            f"{found}, those of this version at {present}); run that version, or start an engine or an API of this "
            "one, which migrates the store"
        )
    return found is not None


def _scripts() -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    return config, ScriptDirectory.from_config(config)


@contextmanager
def opened_store(settings: WhenceSettings) -> Generator[Engine]:
    """An engine for the store, whose tables are left as they are. Raises what `open_store` raises."""
    engine = open_store(settings)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def migrated_store(settings: WhenceSettings) -> Generator[Engine]:
    """An engine for the store, whose lasting tables are migrated. Raises what `open_store` and `migrate` raise."""
    with opened_store(settings) as engine:
        migrate(engine)
        yield engine


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
