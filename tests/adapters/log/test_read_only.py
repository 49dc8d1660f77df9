"""A log in a folder that this process cannot write: it can be read, and not be owned."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite, read_sqlite
from domain.errors import LogReadOnly, LogUnavailable
from tests.adapters.log.days import days

A = "account-main"
_NOBODY = 65_534


@contextmanager
def unwritable(folder: Path) -> Generator[None]:
    """Nobody may write in the folder meanwhile, and root acts as a user without rights."""
    was, user = folder.stat().st_mode, os.geteuid()
    folder.chmod(0o555)
    for file in folder.iterdir():
        file.chmod(0o444)
    for parent in folder.parents:
        if parent.stat().st_uid == user and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    if user == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(was)
        for file in folder.iterdir():
            file.chmod(0o644)


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A log of five events whose owner has stopped."""
    with closing(open_sqlite(tmp_path / "a.db", AvroCodec())) as log:
        log.append(days(A, 1, 5))
    return tmp_path / "a.db"


def test_a_log_in_an_unwritable_folder_is_read(stopped: Path) -> None:
    with unwritable(stopped.parent), closing(read_sqlite(stopped, AvroCodec())) as log:
        assert [one.ordinal for one in log.read()] == [1, 2, 3, 4, 5]
        assert log.storage().startswith("SQLite storage ")
        assert not log.wait(5, 0.05)


def test_a_log_in_an_unwritable_folder_is_not_owned(stopped: Path) -> None:
    with unwritable(stopped.parent), pytest.raises(LogReadOnly, match=r"a\.db cannot be written: Permission"):
        open_sqlite(stopped, AvroCodec())


def test_a_reader_of_an_unwritable_folder_sees_what_was_written_to_it_later(stopped: Path) -> None:
    with unwritable(stopped.parent):
        log = read_sqlite(stopped, AvroCodec())
        assert log.head() == 5
    with closing(open_sqlite(stopped, AvroCodec())) as owner:
        owner.append(days(A, 6, 6))
    with unwritable(stopped.parent), closing(log):
        assert [one.ordinal for one in log.read()] == [1, 2, 3, 4, 5, 6]


def test_the_copy_of_a_killed_log_in_an_unwritable_folder_is_refused_with_the_remedy(tmp_path: Path) -> None:
    """A kill leaves the newest events in the `-wal` file, which was copied, too."""
    copied = tmp_path / "copied"
    copied.mkdir()
    with closing(open_sqlite(tmp_path / "a.db", AvroCodec())) as log:
        log.append(days(A, 1, 5))
        for name in ("a.db", "a.db-wal"):
            shutil.copy(tmp_path / name, copied)
    with (
        unwritable(copied),
        pytest.raises(LogUnavailable, match=r"newest events in a\.db-wal, .* copy both files"),
    ):
        read_sqlite(copied / "a.db", AvroCodec())
    with closing(read_sqlite(copied / "a.db", AvroCodec())) as whole:
        assert whole.head() == 5


def test_the_copy_of_a_killed_log_without_its_wal_file_has_only_the_first_append(tmp_path: Path) -> None:
    """This is why the documentation names the `-wal` file."""
    with closing(open_sqlite(tmp_path / "a.db", AvroCodec())) as log:
        log.append(days(A, 1, 2))
        log.append(days(A, 3, 5))
        shutil.copy(tmp_path / "a.db", tmp_path / "alone.db")
    assert _events(tmp_path / "alone.db") == 2


def _events(path: Path) -> int:
    with closing(read_sqlite(path, AvroCodec())) as log:
        return log.head()
