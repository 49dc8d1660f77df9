"""The tape beside a log in a file: order, rights, owner, retention, and what is noticed of a change from outside."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from adapters.inputs.batch import TapedInput
from adapters.inputs.sqlite import SqliteTape, read_sqlite, tape_path
from commands.input_tape import SessionBegun, Taped
from commands.inputs import Tick
from domain.errors import (
    InvalidInput,
    KeyMissing,
    LogCorrupt,
    LogLost,
    LogOwned,
    LogUnavailable,
    UnknownSchema,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def session(at: datetime = NOON) -> SessionBegun:
    return SessionBegun(at=at, folded=0, log_id=UUID(int=1), account="paper", source="test", since=at)


def ticks(count: int) -> Sequence[Tick]:
    return [Tick(NOON + timedelta(seconds=number)) for number in range(count)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A file in place of a log: the tape reads its name and its rights."""
    path = tmp_path / "whence.db"
    path.touch(mode=0o600)
    return path


def write(log: Path, *batches: Sequence[Taped], at: datetime = NOON) -> None:
    """One session, which begins with the first batch; each batch is kept."""
    with closing(SqliteTape(log, lambda: at)) as tape:
        tape.take(session(at))
        for batch in batches:
            for given in batch:
                tape.take(given)
            tape.keep()


def given_of(inputs: Iterator[TapedInput]) -> Sequence[Taped]:
    return [one.given for one in inputs]


def change(log: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(tape_path(log))) as connection, connection:
        connection.execute(statement, values)


def test_inputs_of_two_sessions_come_back_in_one_order(log: Path) -> None:
    write(log, ticks(2), ticks(3))
    write(log, ticks(1), at=NOON + DAY)
    inputs = list(read_sqlite(log))
    assert [one.number for one in inputs] == list(range(1, 9))
    assert [one.given for one in inputs] == [session(), *ticks(2), *ticks(3), session(NOON + DAY), *ticks(1)]
    assert [one.received_at for one in inputs] == [NOON] * 6 + [NOON + DAY] * 2


def test_an_input_is_durable_when_it_is_kept_when_a_batch_is_full_and_at_the_end(log: Path) -> None:
    with closing(SqliteTape(log, lambda: NOON)) as tape:
        tape.take(session())
        assert given_of(read_sqlite(log)) == []
        tape.keep()
        tape.keep()
        assert len(given_of(read_sqlite(log))) == 1
        for tick in ticks(1_500):
            tape.take(tick)
        assert len(given_of(read_sqlite(log))) == 1_001
    assert len(given_of(read_sqlite(log))) == 1_501


def test_the_tape_has_the_rights_of_its_log_and_one_owner(log: Path) -> None:
    with closing(SqliteTape(log, lambda: NOON)):
        assert stat.S_IMODE(tape_path(log).stat().st_mode) == 0o600
        with pytest.raises(LogOwned, match=r"whence\.db\.inputs is owned by process"):
            SqliteTape(log, lambda: NOON)


def test_a_log_without_a_tape_is_named(log: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no tape of inputs at .*whence\.db\.inputs"):
        list(read_sqlite(log))


@pytest.mark.parametrize(
    ("before", "covered", "kept"),
    [
        (NOON - DAY, (0, 1, 2), (0, 1, 2)),
        (NOON, (0, 1, 2), (0, 1, 2)),
        (NOON + DAY, (0, 1, 2), (1, 2)),
        (NOON + 3 * DAY, (0, 1, 2), (2,)),
        (NOON + 3 * DAY, (0, 1), (1, 2)),
        (NOON + 3 * DAY, (), (0, 1, 2)),
    ],
    ids=[
        "nothing is so old",
        "the first one is",
        "two are",
        "all are",
        "the last is not covered",
        "none is covered",
    ],
)
def test_whole_sessions_are_removed_before_the_last_covered_one_that_is_old_enough(
    log: Path, before: datetime, covered: Sequence[int], kept: Sequence[int]
) -> None:
    for day in range(3):
        write(log, ticks(2), at=NOON + day * DAY)
    sessions = [session(NOON + day * DAY) for day in range(3)]
    with closing(SqliteTape(log, lambda: NOON)) as tape:
        begins = tape.remove(before, lambda one: one in [sessions[day] for day in covered])
    assert begins == (sessions[kept[0]] if kept[0] else None)
    inputs = list(read_sqlite(log))
    assert [one.given for one in inputs if isinstance(one.given, SessionBegun)] == [
        sessions[day] for day in kept
    ]
    assert inputs[-1].number == 9


CHANGES = {
    "a batch was removed": ("DELETE FROM inputs WHERE first = 4", "inputs 6 to 9 do not follow on input 3"),
    "the first batch was removed": ("DELETE FROM inputs WHERE first = 1", "begins at input 4, which begins no session"),
    "the content was changed": ("UPDATE inputs SET data = x'00' WHERE first = 4", "inputs 4 to 5 were changed"),
    "a number was changed": ("UPDATE inputs SET size = 3 WHERE first = 6", "inputs 6 to 8 were changed"),
    "a value of another type": ("UPDATE inputs SET at = 'noon' WHERE first = 4", "values that no engine wrote"),
    "a negative number": ("UPDATE inputs SET first = -4 WHERE first = 4", "values that no engine wrote"),
    "a signature was removed": ("UPDATE inputs SET signature = x'' WHERE first = 4", "inputs 4 to 5 were changed"),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "message"), CHANGES.values(), ids=CHANGES)
def test_a_tape_that_was_changed_is_refused_with_the_place(log: Path, statement: str, message: str) -> None:
    write(log, ticks(2), ticks(2), ticks(4))
    change(log, statement)
    with pytest.raises(LogCorrupt, match=rf"whence\.db\.inputs: .*{message}"):
        list(read_sqlite(log))


FOREIGN = {
    "trigger thief": "CREATE TRIGGER thief AFTER INSERT ON inputs BEGIN DELETE FROM inputs; END",
    "view seen": "CREATE VIEW seen AS SELECT * FROM inputs",
    "table guests": "CREATE TABLE guests (name TEXT)",
    "index times": "CREATE INDEX times ON inputs (at)",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_tape_with_a_foreign_object_is_neither_replayed_nor_written_to_and_the_object_is_named(
    log: Path, name: str
) -> None:
    message = rf"whence\.db\.inputs has objects that this program did not make: {name}\. .*DROP"
    tape = SqliteTape(log, lambda: NOON)
    tape.take(session())
    tape.keep()
    change(log, FOREIGN[name])
    tape.take(ticks(1)[0])
    with pytest.raises(LogCorrupt, match=message):
        tape.keep()
    with pytest.raises(LogCorrupt, match=message):
        tape.close()
    with pytest.raises(LogCorrupt, match=message):
        SqliteTape(log, lambda: NOON)
    with pytest.raises(LogCorrupt, match=message):
        list(read_sqlite(log))
    kind, _, object_name = name.partition(" ")
    change(log, f"DROP {kind} {object_name}")
    assert given_of(read_sqlite(log)) == [session()]


def test_a_batch_of_a_foreign_schema_or_key_is_refused_by_its_name(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(log, ticks(2))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another"))
    with pytest.raises(KeyMissing, match="copy its file there"):
        list(read_sqlite(log))
    with pytest.raises(KeyMissing), closing(SqliteTape(log, lambda: NOON)):
        pass


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_tape_whose_start_failed_is_given_up_at_once(
    log: Path, monkeypatch: pytest.MonkeyPatch, is_empty: bool
) -> None:
    if not is_empty:
        write(log, ticks(2))
    with monkeypatch.context() as changed:
        changed.setattr("adapters.inputs.codec.demanded", dict)
        with pytest.raises(UnknownSchema, match="add a schema") as failed:
            SqliteTape(log, lambda: NOON)
    assert open_files(log.parent) == []
    assert failed.traceback  # its frames hold what the constructor held
    write(log, ticks(2))


def open_files(folder: Path) -> list[Path]:
    """The files in the folder that this process has open."""
    links = [one for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    return [target for one in links if (target := one.readlink()).is_relative_to(folder)]


def test_a_file_that_is_no_tape_is_named(log: Path) -> None:
    tape_path(log).write_bytes(b"This is not a database. " * 100)
    for use in (lambda: list(read_sqlite(log)), lambda: SqliteTape(log, lambda: NOON)):
        with pytest.raises(LogCorrupt, match=r"whence\.db\.inputs is not a tape of inputs"):
            use()
    tape_path(log).write_bytes(b"")
    with pytest.raises(LogUnavailable, match="no such table"):
        list(read_sqlite(log))


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_tape_whose_file_is_removed_under_its_engine_keeps_nothing_more(log: Path, suffix: str) -> None:
    tape = SqliteTape(log, lambda: NOON)
    tape.take(session())
    tape.keep()
    path = tape_path(log)
    path.with_name(path.name + suffix).unlink()
    tape.take(ticks(1)[0])
    with pytest.raises(LogLost, match="records nothing more"):
        tape.keep()
    with pytest.raises(LogLost):
        tape.close()
