"""Values in a store on SQLite that were changed from outside, which has a value of any type in any column."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, create_engine, insert, select, text

from domain.errors import StoreError, StoreUnavailable
from projections.answering import answering
from projections.columns import JSON_TEXT, Moment, Money, Packed
from projections.store import prepare, reading, writing

ROWS = Table(
    "rows_of_each_kind",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("money", Money),
    Column("at", Moment),
    Column("packed", Packed),
    Column("words", Text),
    Column("inputs", JSON_TEXT.type()),
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = prepare(create_engine(f"sqlite:///{tmp_path / 'read.db'}"))
    at = datetime(2025, 1, 1, tzinfo=UTC)
    with writing(engine) as connection:
        ROWS.create(connection)
        connection.execute(
            insert(ROWS).values(id=1, money=Decimal("1.50"), at=at, packed={"a": 1}, words="words", inputs={})
        )
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("money", "'abc'", "an amount"),
        ("money", "x'00'", "an amount"),
        ("at", "'soon'", "a time"),
        ("at", "9223372036854775807", "a time"),
        ("at", "x'00'", "a time"),
        ("packed", "'abc'", "packed JSON"),
        ("packed", "x'00ff'", "packed JSON"),
        ("packed", "7", "packed JSON"),
        ("inputs", "'abc'", "JSON"),
        ("inputs", "''", "JSON"),
        ("words", "CAST(x'ffc0' AS TEXT)", "text in UTF-8"),
        ("money", "CAST(x'ffc0' AS TEXT)", "text in UTF-8"),
    ],
)
def test_a_value_that_no_program_wrote_is_an_error_of_the_store_with_its_remedy(
    engine: Engine, column: str, value: str, expected: str
) -> None:
    with writing(engine) as connection:
        connection.execute(text(f"UPDATE rows_of_each_kind SET {column} = {value}"))  # noqa: S608  (ours)
    with (
        pytest.raises(StoreError, match=f"is not {expected}, .*projections rebuild") as refused,
        answering(engine),
        reading(engine) as connection,
    ):
        connection.execute(select(ROWS)).all()
    assert not isinstance(refused.value, StoreUnavailable)
    assert str(refused.value).isprintable()
