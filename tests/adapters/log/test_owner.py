"""The owner of a log in a file: a lock names its holder and ends with its process, and no other name leads past it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.owner import FileOwner
from adapters.log.recorder_log import RecordedLog, RecorderLog
from adapters.log.sqlite import open_sqlite, read_sqlite
from domain.errors import LogError, LogLost, LogOwned, LogUnsafe, OwnershipLost
from tests.adapters.log.days import days

A = "account-main"

HOLD = """
import sys
from pathlib import Path
from adapters.log.owner import FileOwner
owner = FileOwner(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_owner_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    owner = FileOwner(tmp_path / "a.db")
    with pytest.raises(LogOwned, match=rf"a\.db is owned by process {os.getpid()} on .+ since 20"):
        FileOwner(tmp_path / "a.db")
    FileOwner(tmp_path / "b.db").release()
    owner.release()
    owner.release()
    FileOwner(tmp_path / "a.db").release()


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    log = tmp_path / "a.db"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LogOwned, match=f"process {holder.pid} on "):
        FileOwner(log)
    holder.kill()
    holder.communicate()
    FileOwner(log).release()


def test_an_unreadable_note_still_refuses_a_second_owner(tmp_path: Path) -> None:
    owner = FileOwner(tmp_path / "a.db")
    (tmp_path / "a.db.owner").write_text("scribble")
    with pytest.raises(LogOwned, match="is owned by an engine that has just started"):
        FileOwner(tmp_path / "a.db")
    owner.release()


# -- the same file under other names


def _linked_file(folder: Path) -> Path:
    (folder / "link.db").symlink_to(folder / "a.db")
    return folder / "link.db"


def _linked_folder(folder: Path) -> Path:
    (folder / "elsewhere").symlink_to(folder)
    return folder / "elsewhere" / "a.db"


def _longer_spelling(folder: Path) -> Path:
    (folder / "inner").mkdir()
    return folder / "inner" / ".." / "a.db"


@pytest.mark.parametrize("other_name", [_linked_file, _linked_folder, _longer_spelling])
def test_a_log_that_is_owned_is_owned_under_every_name(
    tmp_path: Path, other_name: Callable[[Path], Path]
) -> None:
    with closing(_own(tmp_path / "a.db")) as log:
        log.append(days(A, 1, 2))
        other = other_name(tmp_path)
        with pytest.raises(LogOwned, match=rf"{tmp_path}/a\.db is owned by process {os.getpid()} on "):
            _own(other)
        assert list(tmp_path.glob("**/*.owner")) == [tmp_path / "a.db.owner"]
    with closing(_own(other)) as log:
        log.append(days(A, 3, 3))
    assert _events(tmp_path / "a.db") == 3


@pytest.mark.parametrize("kind", [open_sqlite, read_sqlite])
@pytest.mark.parametrize("name", ["a.db", "link.db"])
def test_a_log_with_a_hard_link_is_refused_under_both_names(
    tmp_path: Path, kind: Callable[[Path, AvroCodec], RecordedLog], name: str
) -> None:
    with closing(_own(tmp_path / "a.db")) as log:
        log.append(days(A, 1, 2))
        (tmp_path / "link.db").hardlink_to(tmp_path / "a.db")
        with pytest.raises(LogUnsafe, match="has 2 hard links"):
            kind(tmp_path / name, AvroCodec())
        log.append(days(A, 3, 3))
    (tmp_path / "link.db").unlink()
    assert _events(tmp_path / "a.db") == 3


# -- the lock and the log under a running engine


def _removed(file: Path) -> None:
    file.unlink()


def _replaced(file: Path) -> None:
    copy = file.with_name("copy")
    copy.write_bytes(file.read_bytes())
    copy.rename(file)


@pytest.mark.parametrize("harmed", [_removed, _replaced])
@pytest.mark.parametrize(("suffix", "error"), [(".owner", OwnershipLost), ("", LogLost)])
def test_an_owner_whose_lock_or_log_was_removed_or_replaced_appends_nothing(
    tmp_path: Path, harmed: Callable[[Path], None], suffix: str, error: type[LogError]
) -> None:
    with closing(_own(tmp_path / "a.db")) as log:
        log.append(days(A, 1, 2))
        harmed(tmp_path / f"a.db{suffix}")
        for _ in range(2):
            with pytest.raises(error, match="was removed or replaced under the running engine"):
                log.append(days(A, 3, 3))
        with pytest.raises(error):
            log.check()
        assert log.head() == 2


def test_the_engine_that_comes_after_a_removed_lock_has_the_log_for_itself(tmp_path: Path) -> None:
    first = _own(tmp_path / "a.db")
    first.append(days(A, 1, 2))
    (tmp_path / "a.db.owner").unlink()
    with closing(_own(tmp_path / "a.db")) as second:
        second.append(days(A, 3, 4))
        with pytest.raises(OwnershipLost):
            first.append(days(A, 5, 5))
        second.append(days(A, 5, 5))
        first.close()
        with pytest.raises(LogOwned, match=f"process {os.getpid()} "):
            _own(tmp_path / "a.db")
    assert _events(tmp_path / "a.db") == 5


def test_an_owner_is_fenced_off_by_a_later_epoch(tmp_path: Path) -> None:
    """The lock is as it was: only the database shows that somebody else has opened the log."""
    with closing(_own(tmp_path / "a.db")) as log:
        log.append(days(A, 1, 2))
        with closing(sqlite3.connect(tmp_path / "a.db")) as other, other:
            other.execute("UPDATE log_epoch SET epoch = epoch + 1")
        with pytest.raises(
            OwnershipLost, match=r"has opened .*a\.db since, .* \(epoch 2; this engine has 1\)"
        ):
            log.append(days(A, 3, 3))
        assert log.head() == 2


def test_events_that_were_deleted_under_the_owner_are_noticed_at_the_next_append(tmp_path: Path) -> None:
    with closing(_own(tmp_path / "a.db")) as log:
        log.append(days(A, 1, 5))
        with closing(sqlite3.connect(tmp_path / "a.db")) as other, other:
            other.execute("DELETE FROM stored_events")
        with pytest.raises(LogLost, match="up to ordinal 5, and the next append was given ordinal 1"):
            log.append(days(A, 6, 6))


FORK = """
import os, sys
from pathlib import Path
from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite
from domain.errors import OwnershipLost
from tests.adapters.log.days import days
log = open_sqlite(Path(sys.argv[1]), AvroCodec())
log.append(days("account-main", 1, 2))
child = os.fork()
if child == 0:
    try:
        log.append(days("account-main", 3, 3))
    except OwnershipLost as lost:
        print(lost, flush=True)
    log.close()
    os._exit(0)
os.waitpid(child, 0)
log.append(days("account-main", 3, 4))
print(log.head(), flush=True)
sys.stdin.read()
"""


def test_a_forked_process_does_not_inherit_the_ownership(tmp_path: Path) -> None:
    log = tmp_path / "a.db"
    parent = subprocess.Popen(
        [sys.executable, "-c", FORK, str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert "was forked from it: only the owner writes" in parent.stdout.readline()
    assert parent.stdout.readline() == "4\n"
    with pytest.raises(LogOwned, match=f"process {parent.pid} on "):
        _own(log)
    parent.kill()
    parent.communicate()
    assert _events(log) == 4


def test_a_closed_log_is_whole_in_its_one_file_while_a_reader_has_it_open(tmp_path: Path) -> None:
    log = _own(tmp_path / "a.db")
    with closing(read_sqlite(tmp_path / "a.db", AvroCodec())) as reader:
        log.append(days(A, 1, 5))
        assert reader.head() == 5
        log.close()
        shutil.copy(tmp_path / "a.db", tmp_path / "copy.db")
    assert _events(tmp_path / "copy.db") == 5


def _own(path: Path) -> RecorderLog:
    return open_sqlite(path, AvroCodec())


def _events(path: Path) -> int:
    with closing(read_sqlite(path, AvroCodec())) as log:
        return len(list(log.read()))
