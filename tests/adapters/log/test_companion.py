"""A companion's rows are written in the transaction of each append, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent

from adapters.avro import AvroCodec
from adapters.log.address import PostgresAddress, parse_address
from adapters.log.companion import Companion, Statements
from adapters.log.postgres import open_postgres
from adapters.log.recorder_log import RecorderLog
from adapters.log.sqlite import open_sqlite
from domain.errors import Conflict, OwnershipLost
from tests.adapters.log.days import day, days

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


Opened = tuple[RecorderLog, Sibling]


def _sqlite(request: pytest.FixtureRequest) -> tuple[Callable[[Sequence[Companion]], RecorderLog], str]:
    path: Path = request.getfixturevalue("tmp_path") / "log.db"
    return lambda companions: open_sqlite(path, AvroCodec(), companions), "?"


def _postgres(request: pytest.FixtureRequest) -> tuple[Callable[[Sequence[Companion]], RecorderLog], str]:
    address = parse_address(request.getfixturevalue("postgres_database"))
    assert isinstance(address, PostgresAddress)
    return lambda companions: open_postgres(address, AvroCodec(), companions), "%s"


@pytest.fixture(params=[_sqlite, _postgres], ids=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    opening, placeholder = request.param(request)
    sibling = Sibling(placeholder)
    with closing(opening([sibling])) as log:
        yield log, sibling


def test_the_rows_of_a_companion_have_the_ordinals_of_the_events(opened: Opened) -> None:
    log, sibling = opened
    log.append(days(A, 1, 3))
    log.append(days(A, 4, 4))
    log.append(days(A, 5, 5))
    assert [ordinal for ordinal, _topic in sibling.rows] == [1, 2, 3, 4]
    assert {topic.rpartition(".")[2] for _ordinal, topic in sibling.rows} == {type(day(A, 1).event).__name__}


@pytest.mark.parametrize("where", ["refuses_before", "refuses_after"])
def test_an_append_that_a_companion_refuses_writes_no_event_and_no_row(opened: Opened, where: str) -> None:
    log, sibling = opened
    log.append(days(A, 1, 2))
    setattr(sibling, where, True)
    with pytest.raises(OwnershipLost):
        log.append(days(A, 3, 4))
    setattr(sibling, where, False)
    assert log.head() == 2
    log.append(days(A, 3, 3))
    assert [ordinal for ordinal, _topic in sibling.rows] == [1, 2]


def test_an_append_with_a_taken_version_writes_no_row(opened: Opened) -> None:
    log, sibling = opened
    log.append(days(A, 1, 2))
    with pytest.raises(Conflict):
        log.append([day("account-other", 1), day(A, 1)])
    log.append(days(A, 3, 3))
    assert [ordinal for ordinal, _topic in sibling.rows] == [1, 2]
