"""The index over a table's column of words: GIN over an array on PostgreSQL, an FTS5 table on SQLite.

The FTS5 table stores no text. It is created and dropped with the table that it indexes, and is written in the
transaction that writes the row. New rows are added in bulk (`put_words`), because with a trigger FTS5 flushes its index
after every row, which takes seven times as long. Triggers update the index for the few rows that are changed or
deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Index,
    Select,
    Subquery,
    Table,
    and_,
    column,
    event,
    func,
    literal_column,
    select,
    table,
)

WORDS = "words"
"""The column that holds a row's words, separated by single spaces."""

_INDEXED = "words are indexed"
_SPACE: ColumnElement[str] = literal_column("' '")
_PARTITION_FROM = 40
"""A row id of the FTS5 table holds the ordinal in the bits below this one, and the partition in the bits from this one
on."""
_ORDINAL = (1 << _PARTITION_FROM) - 1

_MADE = (
    """CREATE VIRTUAL TABLE "{fts}" USING fts5(
        words, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '.'")""",
    'CREATE TRIGGER "{fts}_changed" AFTER UPDATE ON "{rows}" WHEN old.words <> new.words BEGIN {taken}; {put}; END',
    'CREATE TRIGGER "{fts}_gone" AFTER DELETE ON "{rows}" BEGIN {taken}; END',
)
_PUT = 'INSERT INTO "{fts}"(rowid, words) VALUES ({id}, new.words)'
_TAKEN = """INSERT INTO "{fts}"("{fts}", rowid, words) VALUES ('delete', {id}, old.words)"""
_ID = f"({{row}}.partition << {_PARTITION_FROM}) | {{row}}.ordinal"


def index_words(rows: Table) -> None:
    """Makes SQLite's index of the column `words` part of the table, so that both are created together. The table must
    also have the columns `partition` and `ordinal`."""
    rows.info[_INDEXED] = True
    event.listen(rows, "after_create", _make_fts)
    event.listen(rows, "after_drop", _drop_fts)


def gin_of(rows: Table) -> None:
    """Makes PostgreSQL's index of the column `words` part of the table."""
    gin = Index(f"ix_{rows.name}_words", array_of(rows), postgresql_using="gin")
    gin.ddl_if(dialect="postgresql")


def _make_fts(rows: Table, connection: Connection, **_: Any) -> None:
    if connection.dialect.name != "sqlite":
        return
    fts = _name(rows)
    put = _PUT.format(fts=fts, id=_ID.format(row="new"))
    taken = _TAKEN.format(fts=fts, id=_ID.format(row="old"))
    for statement in _MADE:
        connection.exec_driver_sql(statement.format(fts=fts, rows=rows.name, put=put, taken=taken))


def _drop_fts(rows: Table, connection: Connection, **_: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f'DROP TABLE "{_name(rows)}"')


def put_words(driver: Any, rows: Table, partition: int, new: Iterable[Mapping[str, Any]]) -> None:
    """Adds new rows to SQLite's index of words; does nothing where the table has no such index.

    `driver` is a connection of the `sqlite3` module.
    """
    if _is_indexed(rows):
        first = partition << _PARTITION_FROM
        records = [(first | row["ordinal"], row[WORDS]) for row in new]
        driver.executemany(f'INSERT INTO "{_name(rows)}"(rowid, words) VALUES (?, ?)', records)  # noqa: S608  (ours)


def array_of(rows: FromClause) -> ColumnElement[Any]:
    """The words as a PostgreSQL array; the index uses the same expression."""
    return func.string_to_array(rows.c[WORDS], _SPACE)


def in_fts(rows: FromClause, wanted_words: Sequence[str]) -> ColumnElement[bool] | None:
    """A condition that a row holds these words, using SQLite's index; None where the selected table has no index."""
    chosen = _chosen(rows)
    indexed, *more = chosen.get_final_froms()
    if more or not _is_indexed(indexed):
        return None
    ordinals = chosen.with_only_columns(indexed.c.ordinal).where(_matches(indexed, wanted_words))
    return rows.c.ordinal.in_(ordinals.correlate(None))


def _is_indexed(rows: FromClause) -> bool:
    return isinstance(rows, Table) and _INDEXED in rows.info


def _chosen(rows: FromClause) -> Select[Any]:
    """The SELECT behind `rows`: a source's table is a subquery over a build's table."""
    within: Any = rows.element if isinstance(rows, Subquery) else None
    return cast("Select[Any]", within) if isinstance(within, Select) else select(rows)


def _matches(indexed: FromClause, wanted_words: Sequence[str]) -> ColumnElement[bool]:
    fts = table(_name(indexed), column("rowid"))
    words = " ".join(f'"{word}"' for word in wanted_words)
    return and_(
        literal_column(f'"{fts.name}"').op("MATCH", is_comparison=True)(words),
        indexed.c.partition == fts.c.rowid.op(">>")(_PARTITION_FROM),
        indexed.c.ordinal == fts.c.rowid.op("&")(_ORDINAL),
    )


def _name(rows: FromClause) -> str:
    return f"{rows.description}_words"
