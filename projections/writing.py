"""Writes many rows in each database's fastest way: COPY on PostgreSQL, one prepared statement on SQLite.

SQLAlchemy describes the tables and their types. Rows are passed to the driver directly, which is faster, because read
models are written more often than read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.types import JSON

from projections.columns import Moment, Money, Packed, microseconds, packed, plain_json
from projections.copying import copy_texts, quoted_columns
from projections.projection import Key, Row
from projections.word_index import put_words

Bind = Callable[[Any], Any]


def write_rows(
    connection: Connection, table: Table, partition: int, rows: Mapping[Key, Row], stored: set[Key]
) -> None:
    """Writes the rows; a row whose key is in `stored` replaces the stored row, if there is one."""
    new = [row for key, row in rows.items() if key not in stored]
    changed = [row for key, row in rows.items() if key in stored] if len(new) < len(rows) else []
    _WRITERS[connection.dialect.name](connection, table, partition, new, changed)


def _write_postgres(
    connection: Connection, table: Table, partition: int, new: Sequence[Row], changed: Sequence[Row]
) -> None:
    if new:
        _copy(connection, table, table.name, partition, new)
    if changed:
        stage = f"stage_{table.name}"
        connection.exec_driver_sql(
            f'CREATE TEMP TABLE IF NOT EXISTS "{stage}" (LIKE "{table.name}") ON COMMIT DELETE ROWS'
        )
        _copy(connection, table, stage, partition, changed)
        put = f'INSERT INTO "{table.name}" SELECT * FROM "{stage}"'  # noqa: S608  (names are ours)
        connection.exec_driver_sql(f"{put} {_on_conflict(table)}")
        connection.exec_driver_sql(f'DELETE FROM "{stage}"')  # noqa: S608  (as above; more may be written before the end)


def _copy(connection: Connection, table: Table, into: str, partition: int, rows: Sequence[Row]) -> None:
    driver: Any = connection.connection.driver_connection
    statement = f'COPY "{into}" ({quoted_columns(table)}) FROM STDIN'
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy_texts(table, partition, rows):
            copy.write(block)


def _write_sqlite(
    connection: Connection, table: Table, partition: int, new: Sequence[Row], changed: Sequence[Row]
) -> None:
    names, binds = _columns(table)
    columns, marks = quoted_columns(table), ", ".join("?" * len(names))
    driver: Any = connection.connection.driver_connection
    insert = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'  # noqa: S608  (names are ours)
    if new:
        driver.executemany(insert, _records(partition, new, names, binds))
        put_words(driver, table, partition, new)
    if changed:
        driver.executemany(f"{insert} {_on_conflict(table)}", _records(partition, changed, names, binds))


_WRITERS: Mapping[str, Callable[[Connection, Table, int, Sequence[Row], Sequence[Row]], None]] = {
    "postgresql": _write_postgres,
    "sqlite": _write_sqlite,
}


def _on_conflict(table: Table) -> str:
    key = {column.name for column in table.primary_key}
    sets = [
        f'"{column.name}" = excluded."{column.name}"' for column in table.columns if column.name not in key
    ]
    do = f"UPDATE SET {', '.join(sets)}" if sets else "NOTHING"
    return f"ON CONFLICT ({', '.join(sorted(key))}) DO {do}"


def _columns(table: Table) -> tuple[Sequence[str], Sequence[tuple[int, Bind]]]:
    """The column names, `partition` first, and the conversions of the columns that SQLite has no type for."""
    columns = list(table.columns)[1:]
    binds = [
        (number, bind)
        for number, column in enumerate(columns, 1)
        for kind, bind in _BINDS
        if isinstance(column.type, kind)
    ]
    return ["partition", *(column.name for column in columns)], binds


def _records(
    partition: int, rows: Iterable[Row], names: Sequence[str], binds: Sequence[tuple[int, Bind]]
) -> Iterable[Sequence[Any]]:
    values = itemgetter(*names[1:])
    for row in rows:
        record = [partition, *values(row)]
        for number, bind in binds:
            if record[number] is not None:
                record[number] = bind(record[number])
        yield record


_BINDS: Sequence[tuple[type, Bind]] = (
    (Money, lambda value: format(value, "f")),
    (Moment, microseconds),
    (JSON, plain_json),
    (Packed, packed),
)
