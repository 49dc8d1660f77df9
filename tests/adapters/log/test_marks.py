"""Rows of a log in SQLite or PostgreSQL that were changed from outside: refused by readers and by the next owner."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from adapters.avro import AvroCodec
from adapters.log.recorder_log import RecordedLog, RecorderLog
from adapters.log.sqlite import SqliteRows
from adapters.marks.key_folder import KeyFolder
from adapters.marks.mark import Mark
from adapters.marks.sealed import Kind, Sealed
from domain.account import BalanceChanged, BalanceReason
from domain.errors import (
    KeyMissing,
    KeyRefused,
    LogCorrupt,
    LogLost,
    MarkRefused,
    NotSealed,
    OwnershipLost,
    Refused,
)
from domain.events import schema_version
from domain.log import Envelope
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader, seal
from tests.adapters.log.days import day, days, opened
from tests.replacing import replace

A = "account-main"
GENUINE = [opened(), *days(A, 1, 4)]


class Table:
    """A log in a database, opened by its address; `execute` changes it from outside, with ? for values."""

    def __init__(self, address: str, ordinal: str, held: ExitStack) -> None:
        self.address, self.ordinal, self.held = address, ordinal, held
        self.keys: Path | None = None

    @property
    def settings(self) -> WhenceSettings:
        return WhenceSettings(log=self.address, keys=self.keys)

    def own(self) -> RecorderLog:
        return self.held.enter_context(closing(open_owned(self.settings)))

    def read(self) -> RecordedLog:
        return self.held.enter_context(closing(open_reader(self.settings)))

    def execute(self, *statements: str, values: Sequence[object] = ()) -> None:
        if self.address.startswith("sqlite"):
            with closing(sqlite3.connect(self.address.removeprefix("sqlite:///"))) as file, file:
                for statement in statements:
                    file.execute(statement.replace("{n}", self.ordinal), values)
            return
        with psycopg.connect(self.address) as database:
            for statement in statements:
                text = statement.replace("{n}", self.ordinal).replace("?", "%s")
                database.execute(text.encode(), values or None)

    def value(self, statement: str) -> object:
        """The value that a query returns."""
        if self.address.startswith("sqlite"):
            with closing(sqlite3.connect(self.address.removeprefix("sqlite:///"))) as file:
                return file.execute(statement).fetchone()[0]
        with psycopg.connect(self.address) as database:
            [value] = database.execute(statement.encode()).fetchone() or [None]
            return value


@pytest.fixture(params=["sqlite", "postgresql"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Table]:
    with ExitStack() as held:
        if request.param == "sqlite":
            yield Table(f"sqlite:///{tmp_path / 'log.db'}", "rowid", held)
        else:
            yield Table(request.getfixturevalue("postgres_database"), "notification_id", held)


def written(table: Table, envelopes: Sequence[Envelope] = GENUINE) -> None:
    """Writes the events as the engine does, in two appends."""
    with closing(open_owned(table.settings)) as log:
        log.append(envelopes[:2])
        log.append(envelopes[2:])


def richer(version: int) -> bytes:
    """The bytes of a million for the account, with the id that the place demands."""
    event = BalanceChanged(
        amount=Decimal(1_000_000), balance=Decimal(1_010_000), reason=BalanceReason.FUNDING
    )
    meta = replace(day(A, version).meta, schema_version=schema_version(BalanceChanged))
    return AvroCodec().encode(Envelope(meta, event))


_INSERT = (
    "INSERT INTO stored_events (originator_id, originator_version, topic, state) "
    "VALUES ('account-main', 5, 'whence.account.BalanceChanged', ?)"
)

ATTACKS: dict[str, tuple[Sequence[str], bytes | None, str]] = {
    "a value in the last event": (("UPDATE stored_events SET state = ? WHERE {n} = 5",), richer(4), "ordinal 5: "),
    "a value in the middle": (("UPDATE stored_events SET state = ? WHERE {n} = 3",), richer(2), "ordinal 3: "),
    "a type": (("UPDATE stored_events SET topic = 'x' WHERE {n} = 3",), None, "ordinal 3: "),
    "an event added": ((_INSERT,), richer(5), "ordinal 6"),
    "an event with a copied mark": (
        (_INSERT, "INSERT INTO event_marks SELECT 6, mark FROM event_marks WHERE ordinal = 5"),
        richer(5), "ordinal 6",
    ),
    "the last event removed": (
        ("DELETE FROM stored_events WHERE {n} = 5",), None, "ordinal 5, the last event, was removed"
    ),
    "the last event and its mark removed": (
        ("DELETE FROM stored_events WHERE {n} = 5", "DELETE FROM event_marks WHERE ordinal = 5"),
        None, "ordinal 5, the last event, was removed",
    ),
    "the last event, its mark and the head removed": (
        (
            "DELETE FROM stored_events WHERE {n} = 5", "DELETE FROM event_marks WHERE ordinal = 5",
            "UPDATE log_head SET mark = (SELECT mark FROM event_marks WHERE ordinal = 4)",
        ),
        None, "the mark of the log's head was changed",
    ),
    "the first events removed": (
        ("DELETE FROM stored_events WHERE {n} < 3", "DELETE FROM event_marks WHERE ordinal < 3"), None, "ordinal |head"
    ),
    "one removed": (
        ("DELETE FROM stored_events WHERE {n} = 3", "DELETE FROM event_marks WHERE ordinal = 3"), None, "ordinal "
    ),
    "a mark removed": (("DELETE FROM event_marks WHERE ordinal = 3",), None, "ordinal 3: it has no mark"),
    "the last mark removed": (("DELETE FROM event_marks WHERE ordinal = 5",), None, "ordinal 5: it has no mark"),
    "all marks removed": (("DELETE FROM event_marks",), None, "ordinal 1: it has no mark"),
    "the head removed": (
        ("DELETE FROM log_head",), None, "the mark of the log's head was removed.*ordinal 5.*log seal"
    ),
    "the table of marks removed": (("DROP TABLE event_marks",), None, "one of the tables event_marks and log_head"),
    "the table of the head removed": (("DROP TABLE log_head",), None, "one of the tables event_marks and log_head"),
    "the head shortened": (
        ("UPDATE log_head SET mark = ?",), b"abc", "the mark of the log's head was changed.*3 bytes"
    ),
    "a mark shortened": (("UPDATE event_marks SET mark = ? WHERE ordinal = 3",), b"abc", "ordinal 3: its mark has 3"),
    "the first mark shortened": (
        ("UPDATE event_marks SET mark = ? WHERE ordinal = 1",), b"abc", "ordinal 1: its mark has 3"
    ),
    "a stream with a long name": (
        ("UPDATE stored_events SET originator_id = ? WHERE {n} = 3",), b"x" * 70_000, "ordinal 3: |index row"
    ),
    "a mark copied": (
        ("UPDATE event_marks SET mark = (SELECT mark FROM event_marks WHERE ordinal = 2) WHERE ordinal = 3",),
        None, "ordinal 3: ",
    ),
    "two events exchanged": (
        ("UPDATE stored_events SET {n} = 99 WHERE {n} = 3", "UPDATE stored_events SET {n} = 3 WHERE {n} = 4",
         "UPDATE stored_events SET {n} = 4 WHERE {n} = 99"), None, "ordinal 3: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statements", "state", "fault"), ATTACKS.values(), ids=ATTACKS)
def test_a_log_that_was_changed_from_outside_is_neither_read_nor_owned(
    table: Table, statements: Sequence[str], state: bytes | None, fault: str
) -> None:
    written(table)
    table.execute(statements[0], values=() if state is None else (state,))
    table.execute(*statements[1:])
    with pytest.raises(LogCorrupt, match=fault):
        list(table.read().read())
    with pytest.raises(LogCorrupt, match=fault):
        table.own()


COLUMNS = {
    "originator_id": "stored_events", "originator_version": "stored_events", "topic": "stored_events",
    "state": "stored_events", "mark": "event_marks",
}  # fmt: skip
OTHERS: dict[str, str] = {
    "text": "'abc'", "blob": "x'00ff'", "real": "2.5", "integer": "7", "text that is not UTF-8": "CAST(x'ffc0' AS TEXT)"
}  # fmt: skip


@pytest.mark.parametrize("value", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("column", COLUMNS)
def test_a_value_of_another_type_in_a_sqlite_log_is_refused_with_its_ordinal(
    tmp_path: Path, column: str, value: str
) -> None:
    """A column of SQLite holds a value of any type."""
    with ExitStack() as held:
        table = Table(f"sqlite:///{tmp_path / 'log.db'}", "rowid", held)
        written(table)
        row = "ordinal" if column == "mark" else "rowid"
        table.execute(f"UPDATE {COLUMNS[column]} SET {column} = {value} WHERE {row} = 3")  # noqa: S608
        reader = table.read()
        for reading in (lambda: list(reader.read()), table.own):
            with pytest.raises(LogCorrupt, match="ordinal 3: ") as refused:
                reading()
            assert str(refused.value).isprintable()
        if COLUMNS[column] == "event_marks" or column in {"topic", "state"}:
            with pytest.raises(LogCorrupt, match="ordinal 3: "):
                list(reader.read_stream(A))


@pytest.mark.parametrize("value", [*OTHERS.values()], ids=OTHERS)
@pytest.mark.parametrize("table_name", ["log_head", "log_epoch"])
def test_a_value_of_another_type_in_the_tables_beside_a_sqlite_log_stops_its_owner(
    tmp_path: Path, table_name: str, value: str
) -> None:
    with ExitStack() as held:
        table = Table(f"sqlite:///{tmp_path / 'log.db'}", "rowid", held)
        owner = table.own()
        owner.append(GENUINE)
        column = "mark" if table_name == "log_head" else "epoch"
        table.execute(f"UPDATE {table_name} SET {column} = {value}")  # noqa: S608
        with pytest.raises((LogCorrupt, OwnershipLost)):
            owner.append([day(A, 5)])


def test_a_head_that_was_removed_is_made_again_from_the_marks_of_the_events(table: Table) -> None:
    written(table)
    table.execute("DELETE FROM log_head")
    assert seal(table.settings) == Sealed(Kind.HEAD)
    table.own().append([day(A, 5)])
    assert [one.envelope for one in table.read().read()] == [*GENUINE, day(A, 5)]


def test_a_head_is_not_made_again_over_an_event_without_a_valid_mark(table: Table) -> None:
    written(table)
    table.execute("DELETE FROM log_head")
    table.execute(_INSERT, values=(richer(5),))
    with pytest.raises(MarkRefused, match="ordinal 6: it has no mark"):
        seal(table.settings)


def test_a_log_whose_key_is_lost_is_accepted_once_and_owned_with_another_key(
    table: Table, tmp_path: Path
) -> None:
    table.keys = tmp_path / "keys"
    written(table)
    with pytest.raises(Refused, match="all keys"):
        seal(table.settings, without_key=True)
    [key] = table.keys.iterdir()
    key.unlink()
    with pytest.raises(KeyMissing):
        seal(table.settings)
    assert seal(table.settings, without_key=True) == Sealed(Kind.KEY_LOST, 5)
    with closing(open_owned(table.settings)) as log:
        log.append([day(A, 5)])
    reader = table.read()
    assert reader.unverified() == ""
    assert [one.envelope for one in reader.read()] == [*GENUINE, day(A, 5)]
    with pytest.raises(Refused, match="all keys"):
        seal(table.settings, without_key=True)


@pytest.mark.parametrize(
    "statements", [(), ("DELETE FROM log_head",)], ids=["with its head", "without its head"]
)
def test_a_log_of_which_only_the_key_that_signs_next_is_lost_is_accepted_once_without_it(
    table: Table, tmp_path: Path, statements: Sequence[str]
) -> None:
    table.keys = tmp_path / "keys"
    written(table)
    KeyFolder(table.keys).renewed()
    with closing(open_owned(table.settings)) as log:
        log.append([day(A, 5)])
    table.execute(*statements)
    max(table.keys.iterdir()).unlink()
    with pytest.raises(KeyMissing):
        seal(table.settings)
    assert seal(table.settings, without_key=True) == Sealed(Kind.KEY_LOST, 6)
    table.own().append([day(A, 6)])
    assert [one.envelope for one in table.read().read()] == [*GENUINE, *days(A, 5, 6)]


def test_events_that_break_a_rule_are_not_accepted_without_the_key(table: Table, tmp_path: Path) -> None:
    table.keys = tmp_path / "keys"
    written(table)
    [key] = table.keys.iterdir()
    key.unlink()
    table.execute("UPDATE stored_events SET state = ? WHERE {n} = 3", values=(b"x",))
    with pytest.raises(LogCorrupt, match="ordinal 3: it does not decode"):
        seal(table.settings, without_key=True)
    assert "made with key" in table.read().unverified()


def test_a_log_without_marks_has_no_lost_key(table: Table) -> None:
    written(table)
    table.execute(*_UNMARK)
    with pytest.raises(Refused, match="no marks"):
        seal(table.settings, without_key=True)


def test_a_reader_that_follows_the_log_stops_at_a_changed_event(table: Table) -> None:
    """It began before the change, and reads on from the event before."""
    written(table)
    reader = table.read()
    assert [one.ordinal for one in reader.read(0, 3)] == [1, 2, 3]
    table.execute("UPDATE stored_events SET state = ? WHERE {n} = 5", values=(richer(4),))
    with pytest.raises(MarkRefused, match="ordinal 5: "):
        list(reader.read(3))
    with pytest.raises(MarkRefused, match="ordinal 5: "):
        list(reader.read_stream(A, after=3))


@pytest.mark.parametrize("query", ["has_marks", "marked_head"])
def test_a_log_whose_first_events_arrive_while_a_reader_reads_its_head_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}")
    with closing(open_owned(settings)) as log, closing(open_reader(settings)) as reader:
        found: Callable[[SqliteRows], object] = getattr(SqliteRows, query)

        def before_the_append(self: SqliteRows) -> object:
            before = found(self)
            monkeypatch.setattr(SqliteRows, query, found)
            log.append(GENUINE)
            return before

        monkeypatch.setattr(SqliteRows, query, before_the_append)
        assert reader.head() in (0, len(GENUINE))
        assert reader.head() == len(GENUINE)


def test_the_owner_writes_nothing_after_an_event_that_was_inserted(table: Table) -> None:
    owner = table.own()
    owner.append(GENUINE)
    table.execute(_INSERT, values=(richer(5),))
    with pytest.raises(MarkRefused, match="ordinal 6 has no valid mark"):
        owner.append([day("account-b", 1)])
    table.execute("DELETE FROM stored_events WHERE {n} = 6")
    owner.append([day(A, 5)])
    assert [one.envelope for one in table.read().read()] == [*GENUINE, day(A, 5)]


def test_the_owner_writes_nothing_after_events_that_were_removed(table: Table) -> None:
    owner = table.own()
    owner.append(GENUINE)
    table.execute("DELETE FROM stored_events", "DELETE FROM event_marks")
    if table.ordinal == "rowid":
        with pytest.raises(LogLost):
            owner.append([day("account-b", 1)])
    else:
        with pytest.raises(MarkRefused, match="was removed"):
            owner.append([day("account-b", 1)])


def test_a_log_without_its_key_is_read_as_unverified_and_not_owned(table: Table, tmp_path: Path) -> None:
    written(table)
    key = [*KeyFolder().read()][-1].hex()
    table.keys = tmp_path / "none"
    assert f"made with key {key}" in table.read().unverified()
    assert [one.envelope for one in table.read().read()] == GENUINE
    for _ in range(2):
        with pytest.raises(KeyMissing, match=key):
            table.own()
        KeyFolder(table.keys).made()


def test_a_key_that_others_can_read_is_refused(table: Table, tmp_path: Path) -> None:
    table.keys = tmp_path / "keys"
    written(table)
    [file] = table.keys.iterdir()
    file.chmod(0o644)
    for opening in (table.own, table.read):
        with pytest.raises(KeyRefused, match="chmod 600"):
            opening()


def test_the_newest_key_signs_and_the_earlier_ones_verify(table: Table, tmp_path: Path) -> None:
    table.keys = tmp_path / "keys"
    written(table)
    KeyFolder(table.keys).renewed()
    for version in (5, 6):
        with closing(open_owned(table.settings)) as log:
            log.append([day(A, version)])
    assert [one.envelope for one in table.read().read()] == [*GENUINE, *days(A, 5, 6)]
    min(table.keys.iterdir()).unlink()
    with pytest.raises(KeyMissing):
        table.own()


def test_appends_that_fail_leave_the_chain_whole(table: Table) -> None:
    """On PostgreSQL each takes ordinals, which no event has."""
    owner = table.own()
    owner.append(GENUINE)
    for _ in range(3):
        with pytest.raises(Exception, match="taken"):
            owner.append([day("account-b", 1), replace_version(day(A, 4))])
    owner.append([day("account-b", 1)])
    owner.close()
    table.own().append([day("account-b", 2)])
    assert [one.envelope for one in table.read().read()] == [*GENUINE, *days("account-b", 1, 2)]


def replace_version(envelope: Envelope) -> Envelope:
    """An event whose version is taken, which only the database notices: version 1 is not looked up."""
    return Envelope(replace(envelope.meta, version=1, event_id=UUID(int=1)), envelope.event)


_UNMARK = ("DROP TABLE event_marks", "DROP TABLE log_head")


def test_a_log_from_before_marks_is_read_and_owned_once_it_is_sealed(table: Table) -> None:
    written(table)
    table.execute(*_UNMARK)
    assert "5 events without marks" in table.read().unverified()
    assert [one.envelope for one in table.read().read()] == GENUINE
    with pytest.raises(NotSealed, match="whence log seal"):
        table.own()
    assert seal(table.settings) == Sealed(Kind.EVENTS, 5)
    assert seal(table.settings) == Sealed(Kind.MARKED)
    table.own().append([day(A, 5)])
    assert table.read().unverified() == ""
    assert [one.envelope for one in table.read().read()] == [*GENUINE, day(A, 5)]


SPOILED: dict[str, tuple[str, bytes, str]] = {
    "bytes that do not decode": (
        "UPDATE stored_events SET state = ? WHERE {n} = 3", b"x", "ordinal 3: it does not decode"
    ),
    "an event of another place": (
        "UPDATE stored_events SET state = ? WHERE {n} = 3", AvroCodec().encode(day(A, 3)), "ordinal 3: its bytes hold"
    ),
    "an id of another place": (
        "UPDATE stored_events SET state = ? WHERE {n} = 3",
        AvroCodec().encode(Envelope(replace(day(A, 2).meta, event_id=UUID(int=5)), day(A, 2).event)),
        "ordinal 3: its id",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "state", "fault"), SPOILED.values(), ids=SPOILED)
def test_a_log_from_before_marks_that_breaks_a_rule_is_not_sealed(
    table: Table, statement: str, state: bytes, fault: str
) -> None:
    written(table)
    table.execute(*_UNMARK)
    table.execute(statement, values=(state,))
    for _ in range(2):
        with pytest.raises(LogCorrupt, match=fault):
            seal(table.settings)
    with pytest.raises(NotSealed):
        table.own()


@pytest.mark.parametrize("begun", [0, 3], ids=["a new reader", "a reader that has read the first events"])
def test_a_reader_that_begins_in_the_middle_does_not_pass_a_changed_event_before(
    table: Table, begun: int
) -> None:
    written(table)
    if begun:
        list(table.read().read(0, begun - 1))
    table.execute("UPDATE stored_events SET state = ? WHERE {n} = 3", values=(richer(2),))
    reader = table.read()
    for _ in range(2):
        with pytest.raises(MarkRefused, match="ordinal 3: "):
            list(reader.read(4))
        with pytest.raises(MarkRefused, match="ordinal 3: "):
            list(reader.frames(4, 5))


def forged(table: Table, **stated: object) -> bytes:
    """A mark for ordinal 4 with these fields, which the genuine mark of ordinal 5 follows by its code."""
    after = Mark.unpacked(table.value("SELECT mark FROM event_marks WHERE ordinal = 5"))
    genuine = Mark.unpacked(table.value("SELECT mark FROM event_marks WHERE ordinal = 4"))
    return genuine._replace(code=after.previous)._replace(**stated).packed  # type: ignore[arg-type]


FORGED: dict[str, dict[str, object]] = {
    "of ordinal 0": {"ordinal": 0}, "of ordinal 1": {"ordinal": 1}, "of the ordinal before": {"ordinal": 3},
    "of the ordinal after": {"ordinal": 5}, "of an ordinal beyond the end": {"ordinal": 2**64 - 1},
    "of a key that is not at hand": {"key": b"stranger"}, "of another owner": {"epoch": 0},
    "with another code": {"code": bytes(16)}, "that demands another key": {"next_key": b"stranger"},
}  # fmt: skip


@pytest.mark.parametrize("begun", [0, 3, 5])
def test_a_reader_that_begins_behind_a_forged_mark_refuses_it(table: Table, begun: int) -> None:
    """Another reader of the process has verified the first `begun` events, before one of them was changed."""
    written(table)
    list(table.read().read(begun, begun))
    marks = {name: forged(table, **stated) for name, stated in FORGED.items()}
    table.execute("UPDATE stored_events SET state = ? WHERE {n} = 3", values=(richer(2),))
    for name, mark in marks.items():
        table.execute("UPDATE event_marks SET mark = ? WHERE ordinal = 4", values=(mark,))
        reader = table.read()
        for _ in range(2):
            with pytest.raises(MarkRefused, match=r"ordinal [34]: "):
                pytest.fail(f"a mark {name}: {list(reader.read(4))}")
        assert reader.unverified() == "", name


def test_a_forged_mark_of_a_key_that_is_not_at_hand_is_refused_in_its_stream(table: Table) -> None:
    written(table)
    mark = forged(table, key=b"stranger")
    table.execute("UPDATE event_marks SET mark = ? WHERE ordinal = 4", values=(mark,))
    reader = table.read()
    with pytest.raises(MarkRefused, match="ordinal 4: its mark names key"):
        list(reader.read_stream(A))
    assert reader.unverified() == ""


def test_readers_of_a_log_that_was_replaced_by_another_one_verify_that_one(table: Table) -> None:
    """The readers of a process share what they have verified, and no more than that."""
    written(table)
    assert [one.ordinal for one in table.read().read(4)] == [5]
    table.execute("DELETE FROM stored_events", "DELETE FROM event_marks", "DELETE FROM log_head")
    owner = table.own()
    owner.append(days("account-b", 1, 3))
    owner.append(days("account-b", 4, 7))
    ordinals = [one.ordinal for one in table.read().read()]
    assert [one.ordinal for one in table.read().read(ordinals[5])] == ordinals[6:]
