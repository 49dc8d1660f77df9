"""A log in a SQLite file on a full disk: reported in one sentence, and the log is released."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.recorder_log import RecorderLog
from adapters.log.sqlite import open_sqlite, read_sqlite
from domain.errors import LogUnavailable
from tests.adapters.log.days import days
from tests.full_disk import files_of_at_most

A = "account-main"


@pytest.mark.parametrize("size", [0, 1_000])
def test_a_full_disk_is_reported_and_the_log_is_released(tmp_path: Path, size: int) -> None:
    """The disk is full before the owner's note is written, or after the note and before any page of the database."""
    path = tmp_path / "a.db"
    with files_of_at_most(size), pytest.raises(LogUnavailable, match=r"a\.db cannot be written: \w"):
        open_sqlite(path, AvroCodec())
    open_sqlite(path, AvroCodec()).close()


@pytest.mark.parametrize("size", [60_000, 200_000])
def test_what_was_acknowledged_before_the_disk_was_full_is_kept_and_the_log_goes_on(
    tmp_path: Path, size: int
) -> None:
    with closing(open_sqlite(tmp_path / "a.db", AvroCodec())) as log:
        with files_of_at_most(size):
            acknowledged = _appended_until_full(log)
        with closing(read_sqlite(tmp_path / "a.db", AvroCodec())) as reader:
            assert reader.head() == acknowledged
        log.append(days(A, acknowledged + 1, acknowledged + 10))
    with closing(read_sqlite(tmp_path / "a.db", AvroCodec())) as reader:
        assert len(list(reader.read())) == acknowledged + 10


def test_events_are_acknowledged_where_the_disk_is_full_only_for_the_checkpoint_after_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The events fit in the `-wal` file, which makes them durable, and the log's own file would become longer."""
    events = days(A, 1, 200)
    with closing(open_sqlite(tmp_path / "a.db", AvroCodec())) as log:
        log.append(events)
        sizes = [path.stat().st_size for path in (tmp_path / "a.db-wal", tmp_path / "a.db")]
    assert sizes == sorted(sizes)
    with closing(open_sqlite(tmp_path / "b.db", AvroCodec())) as log:
        with files_of_at_most(sizes[0]):
            log.append(events)
        assert "so far only in the -wal file" in caplog.text
        log.append(days(A, 201, 202))
    with closing(read_sqlite(tmp_path / "b.db", AvroCodec())) as reader:
        assert len(list(reader.read())) == 202


def _appended_until_full(log: RecorderLog) -> int:
    """The last ordinal that was acknowledged."""
    for last in count(0, 10):
        try:
            log.append(days(A, last + 1, last + 10))
        except LogUnavailable:
            return last
    raise AssertionError
