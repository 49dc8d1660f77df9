"""The digest of a build's tables: equal rows have equal digests, on every database and after every rebuild."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Text, collate, select

from projections.builds import Build, tables_of
from projections.columns import microseconds, plain_json
from projections.projection import Projection

_AT_ONCE = 2_000


def digest(connection: Connection, projection: Projection, build: Build) -> str:
    """32 hexadecimal digits (BLAKE2b) over every row of the build's tables, in the order of their keys.

    It is the same on PostgreSQL and SQLite, and does not depend on the order in which the rows were written.
    """
    hashed = blake2b(digest_size=16)
    for name, table in sorted(tables_of(projection, build).items()):
        hashed.update(f"{name} {' '.join(column.name for column in table.columns)}\n".encode())
        for line in lines(connection, table):
            hashed.update(line.encode())
            hashed.update(b"\n")
    return hashed.hexdigest()


def lines(connection: Connection, table: Table) -> Iterator[str]:
    """Each row as one line of JSON text, in the order of the keys."""
    keys = [_by_bytes(column, connection.dialect.name) for column in table.primary_key]
    found = connection.execution_options(yield_per=_AT_ONCE).execute(select(table).order_by(*keys))
    for row in found:
        yield json.dumps([_text(value) for value in row], ensure_ascii=False)


def _by_bytes(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """The column, ordered by its bytes. SQLite orders by bytes by default, PostgreSQL only with the collation "C"."""
    return collate(column, "C") if dialect == "postgresql" and isinstance(column.type, Text) else column


def _text(value: Any) -> str | None:
    return None if value is None else _TEXTS.get(value.__class__, _json)(value)


def _decimal(value: Decimal) -> str:
    """The decimal's text; a negative zero becomes 0, because PostgreSQL stores no negative zero."""
    return format(value.copy_abs() if value.is_zero() else value, "f")


def _json(value: Any) -> str:
    return plain_json(_whole(value))


def _whole(value: Any) -> Any:
    """Floats of whole value become integers, as PostgreSQL's JSONB returns 1e16 as an integer."""
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_whole(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return int(value) if isinstance(value, float) and value.is_integer() else value


_TEXTS: Mapping[type, Callable[[Any], str]] = {
    str: str,
    int: str,
    bool: str,
    float: repr,
    bytes: bytes.hex,
    Decimal: _decimal,
    datetime: lambda value: str(microseconds(value)),
}
