"""The files of a SQLite log are renamed, removed or cut under its owner: it stops, and what it acknowledged stays."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from array import array
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.recorder_log import RecorderLog
from adapters.log.sqlite import open_sqlite, read_sqlite
from adapters.played import SqlitePlayed
from domain.errors import InvalidInput, LogCorrupt, LogLost, LogUnavailable
from tests.adapters.log.days import days

A = "account-main"


def _renamed(log: Path) -> None:
    log.rename(log.with_name("b.db"))


def _named_back(log: Path) -> None:
    log.with_name("b.db").rename(log)


def _nothing(log: Path) -> None:
    """The log is where it was."""


def _without(suffix: str) -> Callable[[Path], None]:
    return lambda log: log.with_name(log.name + suffix).unlink()


def _replaced_wal(log: Path) -> None:
    rest = log.with_name("a.db-wal")
    rest.rename(log.with_name("other"))
    rest.write_bytes(log.with_name("other").read_bytes())


@pytest.mark.parametrize("is_long", [False, True], ids=["few events", "many events"])
@pytest.mark.parametrize(
    ("harmed", "mended"),
    [
        (_renamed, _named_back),
        (_without("-wal"), _nothing),
        (_without("-shm"), _nothing),
        (_replaced_wal, _nothing),
    ],
    ids=["renamed", "without -wal", "without -shm", "-wal replaced"],
)
def test_after_a_harm_nothing_more_is_acknowledged_and_the_log_has_all_that_was(
    tmp_path: Path, harmed: Callable[[Path], None], mended: Callable[[Path], None], is_long: bool
) -> None:
    path = tmp_path / "a.db"
    last = 3_000 if is_long else 3
    with closing(_own(path)) as log:
        log.append(days(A, 1, 2))
        log.append(days(A, 3, last))
        harmed(path)
        for _ in range(2):
            with pytest.raises(
                LogLost, match=r"a\.db.* was removed or replaced .* up to ordinal \d+ are in "
            ):
                log.append(days(A, last + 1, last + 1))
    mended(path)
    assert _events(path) == last
    with closing(_own(path)) as log:
        log.append(days(A, last + 1, last + 1))
    assert _events(path) == last + 1
    assert not (tmp_path / "a.db.owner").read_text()


CUT = """
import os, sys
from pathlib import Path
from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite
from domain.errors import LogLost
from tests.adapters.log.days import days
log = open_sqlite(Path(sys.argv[1]), AvroCodec())
for day in range(1, 101):
    log.append(days("account-main", day, day))
os.truncate(sys.argv[1] + "-wal", int(sys.argv[2]))
try:
    log.append(days("account-main", 101, 101))
except LogLost as lost:
    print(lost)
log.close()
"""


@pytest.mark.parametrize(("remains", "fewest"), [("0", 1), ("300000", 10)])
def test_a_wal_file_that_was_cut_stops_the_owner_and_the_next_one_states_what_is_missing(
    tmp_path: Path, remains: str, fewest: int
) -> None:
    """In a process of its own: what remains in the file is found after the connections of the process have ended."""
    path = tmp_path / "a.db"
    ran = subprocess.run(
        [sys.executable, "-c", CUT, str(path), remains],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (
        "a.db-wal was cut under the running engine: this engine writes nothing more; events up to ordinal 100"
        in (ran.stdout)
    )
    assert "may be lost" in ran.stdout
    for _ in range(2):
        with pytest.raises(
            LogLost, match=r"ends at ordinal \d+, and its last engine had recorded 100 events when"
        ):
            _own(path)
    (tmp_path / "a.db.owner").unlink()
    with closing(_own(path)) as log:
        assert fewest <= log.head() < 100


def test_a_removed_log_is_not_begun_anew_until_the_note_of_its_engine_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(_own(path)) as log:
        log.append(days(A, 1, 5))
        path.unlink()
        with pytest.raises(LogLost, match="was removed or replaced"):
            log.check()
    with pytest.raises(
        LogLost, match=r"a\.db ends at ordinal 0, and its last engine had recorded 5 events when"
    ):
        _own(path)
    assert not path.exists()
    (tmp_path / "a.db.owner").unlink()
    _own(path).close()
    assert path.exists()


def test_the_wal_file_of_a_log_that_was_moved_is_not_removed_by_a_new_log(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    (tmp_path / "a.db-wal").write_bytes(b"the newest events")
    for exists in (False, True):
        if exists:
            path.touch()
        with pytest.raises(
            LogLost, match=r"a\.db-wal has the newest events of one, which was moved or removed"
        ):
            _own(path)
        with pytest.raises(InvalidInput, match=r"there is no log at .*a\.db-wal has the newest events"):
            read_sqlite(path, AvroCodec())
    assert (tmp_path / "a.db-wal").read_bytes() == b"the newest events"


def test_a_file_has_its_tables_and_first_events_without_its_wal_file(tmp_path: Path) -> None:
    with closing(_own(tmp_path / "a.db")) as log:
        with closing(sqlite3.connect(f"{(tmp_path / 'a.db').as_uri()}?immutable=1", uri=True)) as alone:
            assert alone.execute("SELECT count(*) FROM stored_events").fetchone() == (0,)
        log.append(days(A, 1, 2))
        with closing(sqlite3.connect(f"{(tmp_path / 'a.db').as_uri()}?immutable=1", uri=True)) as alone:
            assert alone.execute("SELECT count(*) FROM stored_events").fetchone() == (2,)


def test_the_record_of_played_candles_makes_no_file_at_the_place_of_a_renamed_log(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(_own(path)) as log:
        log.append(days(A, 1, 5))
        earlier = SqlitePlayed(path, creates=False)
        _renamed(path)
        later = SqlitePlayed(path, creates=False)
        for record in (earlier, later):
            record.add(days(A, 1, 1)[0].meta.event_id, 0, _checksums(), [])
            record.close()
        assert not path.exists()
        with pytest.raises(LogLost):
            log.check()
    _named_back(path)
    assert _events(path) == 5


# -- what changes the writes of an engine

TRIGGER = """
CREATE TRIGGER raised AFTER INSERT ON stored_events
BEGIN UPDATE stored_events SET state = x'00' WHERE rowid = new.rowid; END
"""


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (TRIGGER, "trigger raised"),
        ("CREATE VIEW seen AS SELECT * FROM stored_events", "view seen"),
        ("CREATE TABLE guests (name TEXT)", "table guests"),
        ("CREATE INDEX topics ON stored_events (topic)", "index topics"),
    ],
)
def test_foreign_objects_are_refused_at_the_start_and_under_a_running_engine(
    tmp_path: Path, statement: str, named: str
) -> None:
    path = tmp_path / "a.db"
    with closing(_own(path)) as log:
        log.append(days(A, 1, 1))
        SqlitePlayed(path, creates=False).close()
        log.append(days(A, 2, 2))
        _execute(path, statement)
        with pytest.raises(LogCorrupt, match=f"objects that this program did not make: {named}"):
            log.append(days(A, 3, 3))
    with pytest.raises(LogCorrupt, match=f"objects that this program did not make: {named}"):
        _own(path)
    assert _events(path) == 2


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("UPDATE log_epoch SET epoch = 0", "0"),
        ("UPDATE log_epoch SET epoch = 9223372036854775807", "9223372036854775807"),
        ("UPDATE log_epoch SET epoch = 'seven'", "'seven'"),
        ("UPDATE log_epoch SET epoch = -1", "-1"),
        ("DELETE FROM log_epoch", "0"),
        ("INSERT INTO log_epoch VALUES (4)", "1, 4"),
    ],
)
def test_an_epoch_that_no_owner_left_is_refused(tmp_path: Path, statement: str, shown: str) -> None:
    path = tmp_path / "a.db"
    with closing(_own(path)) as log:
        log.append(days(A, 1, 2))
    _execute(path, statement)
    with pytest.raises(
        LogCorrupt, match=rf"log_epoch was changed from outside: .* at least 1, and has {shown};"
    ):
        _own(path)


def _execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as other, other:
        other.execute(statement)


def _checksums() -> array[int]:
    return array("I", [1])


def _own(path: Path) -> RecorderLog:
    return open_sqlite(path, AvroCodec())


def _events(path: Path) -> int:
    with closing(read_sqlite(path, AvroCodec())) as log:
        return len(list(log.read()))


JOURNAL = bytes.fromhex("d9d505f920a163d7") + array("I", [0, 0, 0]).tobytes() + b"\0\0\2\0\0\0\x10\0"
"""The header of a rollback journal of an empty file: sectors of 512 bytes, pages of 4,096."""


def test_a_log_whose_process_was_killed_while_it_made_the_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode=WAL")
    (tmp_path / "a.db-journal").write_bytes(JOURNAL.ljust(512, b"\0"))
    with pytest.raises(LogUnavailable, match="does not answer"):
        read_sqlite(path, AvroCodec())
    with closing(_own(path)) as log:
        log.append(days(A, 1, 2))
    assert _events(path) == 2
    assert not (tmp_path / "a.db-journal").exists()
