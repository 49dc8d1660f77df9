"""The digest: equal where the rows are, on every database, and unequal where one of them is not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from projections import parked, rows
from projections.bookkeeping import METADATA, BuildKind, BuildStatus
from projections.builds import begin, tables_of
from projections.catalogue import PROJECTIONS
from projections.columns import BYTES, COUNT, FIGURE, FLAG, JSON_TEXT, MOMENT, MONEY, TEXT, optional
from projections.digest import digest
from projections.projection import Order, Projection, Row
from projections.runner import Runner
from projections.store import prepare, reading, writing
from projections.tables import TableSpec
from projections.work import works
from projections.writing import write_rows
from tests.projections.faulty import caught_up, digests, two_accounts
from tests.projections.stores import WrittenLog

_EVERYTHING = Projection(
    "everything",
    1,
    Order.STREAM,
    (
        TableSpec(
            "everything",
            key=("name",),
            columns={
                "name": TEXT,
                "money": MONEY,
                "at": MOMENT,
                "count": COUNT,
                "flag": FLAG,
                "figure": FIGURE,
                "data": BYTES,
                "told": JSON_TEXT,
                "perhaps": optional(MONEY),
            },
        ),
    ),
    {},
)
_ROW: Row = {
    "name": "a",
    "money": Decimal("1.2300"),
    "at": datetime(2025, 6, 30, 14, 0, 0, 123456, tzinfo=UTC),
    "count": 2**62,
    "flag": True,
    "figure": 0.1 + 0.2,
    "data": b"\x00\xff",
    "told": {"z": [1, 2.5, 1e16, None, "ü"], "a": {"b": True}},
    "perhaps": None,
}
_ROWS = [
    _ROW,
    {**_ROW, "name": "B", "money": Decimal("-0.00"), "perhaps": Decimal("1E+3")},
    {**_ROW, "name": "Ä", "figure": 1e300},
    {**_ROW, "name": "a b"},
    {**_ROW, "name": "a-b"},
]


def _written(engine: Engine, rows: list[Row]) -> str:
    with writing(engine) as connection:
        build = begin(connection, _EVERYTHING, BuildKind.TODAY, BuildStatus.BUILDING)
        table = tables_of(_EVERYTHING, build)["everything"]
        for row in rows:
            write_rows(connection, table, 0, {(row["name"],): row}, set())
        return digest(connection, _EVERYTHING, build)


def test_rows_of_every_kind_add_up_to_the_same_on_every_database(store: Engine, tmp_path: Path) -> None:
    """In whatever order they are written, and however the database orders text."""
    other = prepare(create_engine(f"sqlite:///{tmp_path / 'other.db'}"))
    with writing(other) as connection:
        METADATA.create_all(connection)
    try:
        assert _written(store, _ROWS) == _written(other, _ROWS[::-1])
    finally:
        other.dispose()


def test_any_difference_shows(store: Engine) -> None:
    """One digit, one zero at the end, one row less."""
    whole = _written(store, _ROWS)
    changed: Row = {
        "money": Decimal("1.230"),
        "at": datetime(2025, 6, 30, 14, 0, 0, 123457, tzinfo=UTC),
        "count": 2**62 + 1,
        "flag": False,
        "figure": 0.3,
        "data": b"\x00\xfe",
        "told": {"z": [], "a": {"b": True}},
        "perhaps": Decimal(0),
    }
    for column, value in changed.items():
        assert _written(store, [{**_ROW, column: value}, *_ROWS[1:]]) != whole, column
    assert _written(store, _ROWS[1:]) != whole


def test_rebuilt_the_tables_are_the_same_to_the_byte(store: Engine) -> None:
    """Also by batches of another size."""
    log = WrittenLog(two_accounts())
    caught_up(store, log, PROJECTIONS)
    with writing(store) as connection:
        again = [
            begin(connection, one, BuildKind.TODAY, BuildStatus.BUILDING) for one in PROJECTIONS.values()
        ]
    runner = Runner(log, works(store, again, PROJECTIONS, 0))
    while runner.step(97):
        pass
    with reading(store) as connection:
        rebuilt = {one.projection: digest(connection, PROJECTIONS[one.projection], one) for one in again}
    assert rebuilt == digests(store, PROJECTIONS)
    assert len(set(rebuilt.values())) == len(PROJECTIONS)


@pytest.mark.parametrize(("held", "keys"), [(5, 10), (5, 1_000_000)])
def test_what_is_no_longer_in_memory_is_read_again(
    store: Engine, held: int, keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for five rows a table, and for few keys or for all."""
    log = WrittenLog(two_accounts()[:500])
    caught_up(store, log, PROJECTIONS)
    monkeypatch.setattr(rows, "_HELD", held)
    monkeypatch.setattr(rows, "_KEYS", keys)
    with writing(store) as connection:
        again = [
            begin(connection, one, BuildKind.TODAY, BuildStatus.BUILDING) for one in PROJECTIONS.values()
        ]
    runner = Runner(log, works(store, again, PROJECTIONS, 0))
    while runner.step(23):
        pass
    with reading(store) as connection:
        rebuilt = {one.projection: digest(connection, PROJECTIONS[one.projection], one) for one in again}
        assert parked.sequences(connection, 0) == []
    assert rebuilt == digests(store, PROJECTIONS)


def test_both_databases_hold_the_same_read_models(store: Engine, tmp_path: Path) -> None:
    other = prepare(create_engine(f"sqlite:///{tmp_path / 'other.db'}"))
    with writing(other) as connection:
        METADATA.create_all(connection)
    for engine in (store, other):
        caught_up(engine, WrittenLog(two_accounts()), PROJECTIONS)
    try:
        assert digests(store, PROJECTIONS) == digests(other, PROJECTIONS)
    finally:
        other.dispose()


def test_the_position_of_a_build_is_no_part_of_it(store: Engine) -> None:
    """It is told beside it: a log may go on with events that a read model does not tell."""
    log = WrittenLog(two_accounts()[:500])
    caught_up(store, log, PROJECTIONS)
    before = digests(store, PROJECTIONS)
    with writing(store) as connection:
        connection.execute(text("UPDATE cursors SET ordinal = ordinal + 1"))
    assert digests(store, PROJECTIONS) == before
