"""Equal rows have equal digests on every database, and rows that differ in any value have different digests."""

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
                "document": JSON_TEXT,
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
    "document": {"z": [1, 2.5, 1e16, None, "ü"], "a": {"b": True}},
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


def test_rows_of_every_column_kind_have_the_same_digest_on_every_database(
    store: Engine, tmp_path: Path
) -> None:
    """The rows are written in opposite orders, and their names are ordered differently by different collations."""
    other = prepare(create_engine(f"sqlite:///{tmp_path / 'other.db'}"))
    with writing(other) as connection:
        METADATA.create_all(connection)
    try:
        assert _written(store, _ROWS) == _written(other, _ROWS[::-1])
    finally:
        other.dispose()


def test_any_change_of_a_value_changes_the_digest(store: Engine) -> None:
    """Such as a changed digit, a removed trailing zero, or a missing row."""
    whole = _written(store, _ROWS)
    changed: Row = {
        "money": Decimal("1.230"),
        "at": datetime(2025, 6, 30, 14, 0, 0, 123457, tzinfo=UTC),
        "count": 2**62 + 1,
        "flag": False,
        "figure": 0.3,
        "data": b"\x00\xfe",
        "document": {"z": [], "a": {"b": True}},
        "perhaps": Decimal(0),
    }
    for column, value in changed.items():
        assert _written(store, [{**_ROW, column: value}, *_ROWS[1:]]) != whole, column
    assert _written(store, _ROWS[1:]) != whole


def test_a_rebuild_in_batches_of_another_size_has_the_same_digests(store: Engine) -> None:
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
def test_rows_dropped_from_memory_are_read_from_the_store_again(
    store: Engine, held: int, keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each table keeps about five rows in memory, and either few keys or all keys."""
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


def test_both_databases_build_read_models_with_the_same_digests(store: Engine, tmp_path: Path) -> None:
    other = prepare(create_engine(f"sqlite:///{tmp_path / 'other.db'}"))
    with writing(other) as connection:
        METADATA.create_all(connection)
    for engine in (store, other):
        caught_up(engine, WrittenLog(two_accounts()), PROJECTIONS)
    try:
        assert digests(store, PROJECTIONS) == digests(other, PROJECTIONS)
    finally:
        other.dispose()


def test_the_ordinal_of_a_build_is_not_part_of_its_digest(store: Engine) -> None:
    """Later events of a log may leave a read model unchanged."""
    log = WrittenLog(two_accounts()[:500])
    caught_up(store, log, PROJECTIONS)
    before = digests(store, PROJECTIONS)
    with writing(store) as connection:
        connection.execute(text("UPDATE cursors SET ordinal = ordinal + 1"))
    assert digests(store, PROJECTIONS) == before
