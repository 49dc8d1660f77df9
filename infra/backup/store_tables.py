"""The tables of a store that no log can rebuild, as one file: tokens (as hashes) and what was sent of alerts.

Read models and candles are not among them: they are built again from the log and its tape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, Table, select

from adapters.alerts import table as alerts
from adapters.log.address import SqliteAddress
from adapters.tokens import table as tokens
from domain.errors import LogCorrupt, Refused
from infra.config import WhenceSettings
from infra.store import has_tables, migrated_store, opened_store
from infra.store_address import store_address
from projections.store import reading, writing

_FORM: Final = "whence store 1"
TABLES: Final[Sequence[Table]] = (*tokens.METADATA.sorted_tables, *alerts.METADATA.sorted_tables)
"""In the order in which they are filled: a row follows the rows that it refers to."""

_Tables = dict[str, list[dict[str, Any]]]


def packed_store(settings: WhenceSettings) -> bytes:
    """The rows of the store's tables; empty where the store is new, or a file that is not there. It changes nothing.

    Raises Refused where an earlier version has migrated the store, StoreTooNew where a later one has, and what opening
    and reading the store raise.
    """
    address = store_address(settings)
    if isinstance(address, SqliteAddress) and not address.path.is_file():
        return b""
    with opened_store(settings) as engine:
        if not has_tables(engine):
            return b""
        return _packed(engine)


def _packed(engine: Engine) -> bytes:
    with reading(engine) as connection:
        return msgspec.msgpack.encode((_FORM, {table.name: _rows(connection, table) for table in TABLES}))


class RestoredStore(NamedTuple):
    """How many rows a restore put into the store, and the names of the tokens among them that are in force."""

    rows: int
    tokens: Sequence[str]


def restore_store(settings: WhenceSettings, digest: str, data: bytes, name: str) -> RestoredStore:
    """Puts the rows of a backup into the configured store, whose tables must be empty, or have these rows.

    A token that was revoked after the backup is in force again.

    Raises Refused where a table has other rows, LogCorrupt where the file `name` has not this SHA-256, and the store's
    errors. Then no row was added.
    """
    if sha256(data).hexdigest() != digest:
        raise LogCorrupt(f"{name} is not as the backup made it: restore an earlier backup")
    found = _unpacked(data, name)
    with migrated_store(settings) as engine, writing(engine) as connection:
        for table in TABLES:
            _fill(connection, table, found.get(table.name, []))
    in_force = [str(one["name"]) for one in found.get(tokens.TOKENS.name, []) if one["revoked_at"] is None]
    return RestoredStore(sum(map(len, found.values())), sorted(in_force))


def _fill(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    held = _rows(connection, table)
    if held and held != rows:
        raise Refused(
            f"the store has other rows in its table {table.name}: name a new store with --store, or none of the "
            "backup's tokens and alerts is restored"
        )
    if rows and not held:
        connection.execute(table.insert(), [dict(row) for row in rows])


def _rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    found = connection.execute(select(table).order_by(*table.primary_key))
    return [dict(row) for row in found.mappings()]


def _unpacked(data: bytes, name: str) -> _Tables:
    try:
        form, found = msgspec.msgpack.decode(data, type=tuple[str, _Tables])
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise LogCorrupt(f"{name} has no rows of a store: {fault}") from None
    if form != _FORM:
        raise LogCorrupt(f"{name} has no rows of a store: its form is {form[:40]}")
    return found
