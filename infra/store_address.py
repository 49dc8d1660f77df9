"""The address of the store of read models and tokens. It is known without the database's client."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from adapters.log.address import (
    Address,
    KafkaAddress,
    MemoryAddress,
    PostgresAddress,
    SqliteAddress,
    parse_address,
    parse_store_address,
)
from domain.errors import InvalidInput
from infra.config import WhenceSettings

_EARLIER = Path("whence.read.db")


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


def _named(technology: str, name: str) -> SqliteAddress:
    """The default store of a log that is no file."""
    own = Path(f"{technology.lower()}-{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.read.db")
    return SqliteAddress(_EARLIER if not own.exists() and _is_made_from(technology, _EARLIER) else own)


def _is_made_from(technology: str, store: Path) -> bool:
    """Whether the file is a store whose read models were made from a log of this kind."""
    if not store.is_file():
        return False
    from projections.bookkeeping import CURSORS

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
