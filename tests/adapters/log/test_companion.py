"""A companion's rows are written in the transaction of each append, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.sqlite import SQLiteDatastore

from adapters.log.address import PostgresAddress, parse_address
from adapters.log.companion import Statements
from adapters.log.postgres_datastore import BoundedDatastore
from adapters.log.postgres_recorder import PostgresLogRecorder
from adapters.log.sqlite_recorder import SqliteLogRecorder
from domain.errors import OwnershipLost

A = "account-main"


class Sibling:
    """Writes one row for each event, and refuses an append where it is set to."""

    def __init__(self, placeholder: str) -> None:
        self._insert = f"INSERT INTO sibling VALUES ({placeholder}, {placeholder})"  # noqa: S608
        self.refuses_before = self.refuses_after = False
        self.rows: list[tuple[int, str]] = []

    def prepare(self, cursor: Statements) -> None:
        cursor.execute("CREATE TABLE IF NOT EXISTS sibling (ordinal INTEGER PRIMARY KEY, topic TEXT)")

    def before(self, cursor: Statements) -> None:
        cursor.execute("SELECT ordinal, topic FROM sibling ORDER BY ordinal")
        self.rows = [(row["ordinal"], row["topic"]) for row in cursor.fetchall()]
        if self.refuses_before:
            raise OwnershipLost("before")

    def after(self, cursor: Statements, ordinals: Sequence[int], events: Sequence[StoredEvent]) -> None:
        rows = [(ordinal, event.topic) for ordinal, event in zip(ordinals, events, strict=True)]
        cursor.executemany(self._insert, rows)
        if self.refuses_after:
            raise OwnershipLost("after")


Opened = tuple[SqliteLogRecorder | PostgresLogRecorder, Sibling]


def _sqlite(request: pytest.FixtureRequest) -> Opened:
    path: Path = request.getfixturevalue("tmp_path") / "log.db"
    sibling = Sibling("?")
    return SqliteLogRecorder(SQLiteDatastore(str(path), originator_id_type="text"), [sibling]), sibling


def _postgres(request: pytest.FixtureRequest) -> Opened:
    address = parse_address(request.getfixturevalue("postgres_database"))
    assert isinstance(address, PostgresAddress)
    sibling = Sibling("%s")
    return PostgresLogRecorder(BoundedDatastore(address), [sibling]), sibling


@pytest.fixture(params=[_sqlite, _postgres], ids=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    recorder, sibling = request.param(request)
    recorder.create_table()
    yield recorder, sibling
    recorder.datastore.close()


def stored(stream: str, first: int, last: int) -> list[StoredEvent]:
    return [StoredEvent(stream, version, "whence.test.Happened", b"") for version in range(first, last + 1)]


def test_the_rows_of_a_companion_have_the_ordinals_of_the_events(opened: Opened) -> None:
    recorder, sibling = opened
    recorder.insert_events(stored(A, 1, 3))
    recorder.insert_events(stored(A, 4, 4))
    recorder.insert_events(stored(A, 5, 5))
    assert [ordinal for ordinal, _topic in sibling.rows] == [1, 2, 3, 4]
    assert {topic for _ordinal, topic in sibling.rows} == {"whence.test.Happened"}


@pytest.mark.parametrize("where", ["refuses_before", "refuses_after"])
def test_an_append_that_a_companion_refuses_writes_no_event_and_no_row(opened: Opened, where: str) -> None:
    recorder, sibling = opened
    recorder.insert_events(stored(A, 1, 2))
    setattr(sibling, where, True)
    with pytest.raises(OwnershipLost):
        recorder.insert_events(stored(A, 3, 4))
    setattr(sibling, where, False)
    assert recorder.max_notification_id() == 2
    recorder.insert_events(stored(A, 3, 3))
    assert [ordinal for ordinal, _topic in sibling.rows] == [1, 2]


def test_an_append_with_a_taken_version_writes_no_row(opened: Opened) -> None:
    recorder, sibling = opened
    recorder.insert_events(stored(A, 1, 2))
    with pytest.raises(IntegrityError):
        recorder.insert_events([*stored("account-other", 1, 1), *stored(A, 1, 1)])
    recorder.insert_events(stored(A, 3, 3))
    assert [ordinal for ordinal, _topic in sibling.rows] == [1, 2]
