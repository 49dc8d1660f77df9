"""Rows written by COPY are read back as they were put, for every type of column."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, MetaData, Table, create_engine, select

from projections.columns import (
    BYTES,
    COUNT,
    FIGURE,
    FLAG,
    JSON_TEXT,
    MOMENT,
    MONEY,
    PACKED_JSON,
    TEXT,
    optional,
)
from projections.copying import copy_texts
from projections.projection import Key, Row
from projections.store import prepare, reading, writing
from projections.tables import TableSpec
from projections.writing import write_rows

_SPEC = TableSpec(
    "all_kinds",
    key=("id",),
    columns={
        "id": COUNT,
        "text": TEXT,
        "money": MONEY,
        "moment": MOMENT,
        "flag": FLAG,
        "figure": FIGURE,
        "bytes": BYTES,
        "json": JSON_TEXT,
        "packed": PACKED_JSON,
        "text_or_not": optional(TEXT),
        "money_or_not": optional(MONEY),
        "moment_or_not": optional(MOMENT),
        "json_or_not": optional(JSON_TEXT),
    },
)
_PLAIN: Row = {
    "text": "",
    "money": Decimal(0),
    "moment": datetime(2025, 1, 2, tzinfo=UTC),
    "flag": False,
    "figure": 0.0,
    "bytes": b"",
    "json": [],
    "packed": {},
    "text_or_not": None,
    "money_or_not": None,
    "moment_or_not": None,
    "json_or_not": None,
}
_VALUES: tuple[tuple[str, Any], ...] = (
    ("text", "a\\b\tc\nd\re"),
    ("text", "\\N"),
    ("text", "\\."),
    ("text", "NULL"),
    ("text", "ünïcode ☃ \U0001f680"),
    ("text_or_not", ""),
    ("text_or_not", "\\N"),
    ("money", Decimal("1E+3")),
    ("money", Decimal("1.50E-12")),
    ("money", Decimal("-0.00")),
    ("money", Decimal("123456789012345678901234567890.123456789012345678901234567890")),
    ("money_or_not", Decimal("0E-30")),
    ("moment", datetime(1, 1, 1, tzinfo=UTC)),
    ("moment", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ("moment", datetime(2025, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=5, minutes=30)))),
    ("moment_or_not", datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC)),
    ("flag", True),
    ("figure", 5e-324),
    ("figure", 1.7976931348623157e308),
    ("figure", 0.1 + 0.2),
    ("bytes", bytes(range(256))),
    ("json", {"a\\b\tc\nd": ["\\N", None, True, 1.5, '"quoted"', "☃"], "b": {"": []}}),
    ("packed", [{"member": "a\\n", "figures": {"x": 0.1}}]),
    ("json_or_not", {}),
    ("json_or_not", "\\N"),
)


_REFUSED: tuple[tuple[str, Any], ...] = (
    ("text", "a\0b"),
    ("text_or_not", "\0"),
    ("text", "half a pair: \ud83d"),
    ("text", 7),
    ("json", {"a": "\0"}),
    ("json", {"a": float("nan")}),
    ("money", "\\N"),
)


@pytest.mark.parametrize("way", ["added", "replaced"])
def test_each_value_is_read_back_as_it_was_put(store: Engine, way: str) -> None:
    table = _made(store)
    rows = [{"id": number, **_PLAIN, name: value} for number, (name, value) in enumerate(_VALUES)]
    keys: set[Key] = {(row["id"],) for row in rows} if way == "replaced" else set()
    with writing(store) as connection:
        if way == "replaced":
            write_rows(
                connection, table, 3, {(row["id"],): {**_PLAIN, "id": row["id"]} for row in rows}, set()
            )
        write_rows(connection, table, 3, {(row["id"],): row for row in rows}, keys)
    with reading(store) as connection:
        found = connection.execute(select(table).order_by(table.c.id)).mappings().all()
    assert [_digits({**row}) for row in found] == [_digits({"partition": 3, **row}) for row in rows]


@pytest.mark.parametrize("at", [0, 1_000, 1_001])
def test_rows_of_several_blocks_are_all_written_in_order(at: int) -> None:
    table = _SPEC.table(MetaData(), "all_kinds")
    rows = [{"id": number, **_PLAIN} for number in range(at)]
    lines = b"".join(copy_texts(table, 3, rows)).splitlines()
    assert [line.split(b"\t")[:3] for line in lines] == [[b"3", b"%d" % number, b""] for number in range(at)]


@pytest.mark.parametrize(("name", "value"), _REFUSED, ids=[repr(one) for one in _REFUSED])
def test_a_value_that_postgresql_cannot_store_is_refused_with_all_rows(
    postgres: Engine, name: str, value: Any
) -> None:
    table = _made(postgres)
    row = {"id": 1, **_PLAIN}
    with pytest.raises(_ERRORS), writing(postgres) as connection:
        write_rows(connection, table, 3, {(1,): row, (2,): {**row, "id": 2, name: value}}, set())
    with reading(postgres) as connection:
        assert connection.execute(select(table.c.id)).all() == []


_ERRORS = (ValueError, TypeError, psycopg.Error)


@pytest.fixture
def postgres(postgres_database: str) -> Iterator[Engine]:
    engine = prepare(create_engine(postgres_database.replace("postgresql://", "postgresql+psycopg://", 1)))
    yield engine
    engine.dispose()


def _made(engine: Engine) -> Table:
    table = _SPEC.table(MetaData(), "all_kinds")
    with writing(engine) as connection:
        table.create(connection)
    return table


def _digits(row: Row) -> Row:
    """The row with decimals as text, so that 1.50 differs from 1.5. PostgreSQL has no negative zero."""
    return {name: _text(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def _text(value: Decimal) -> str:
    return format(value.copy_abs() if value.is_zero() else value, "f")
