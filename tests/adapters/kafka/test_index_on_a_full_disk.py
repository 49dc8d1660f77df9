"""An index on a full disk is kept in memory. Until it is complete there is an error, and never a part of the log."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.kafka.index import Index, IndexDamaged
from adapters.kafka.run import Run
from tests.adapters.kafka.logs import Log, Logs, events
from tests.full_disk import files_of_at_most

_PATIENCE = 30.0


def appended(log: Log, first: int, last: int) -> Sequence[tuple[int, str, int]]:
    """Appends each event alone; returns what the log then has to hold."""
    for version in range(first, last + 1):
        log.append(events(f"order-{version}", 1, 1))
    return [(version, f"order-{version}", 1) for version in range(1, last + 1)]


def whole(log: Log, expected: Sequence[tuple[int, str, int]]) -> bool:
    """Whether the log is read as expected. The only other outcome that is allowed is IndexDamaged."""
    try:
        found = log.contents()
    except IndexDamaged:
        return False
    assert found == expected
    return True


@pytest.mark.parametrize("size", [0, 1_000, 20_000])
def test_an_owner_opens_its_log_where_the_file_of_the_index_cannot_be_written(
    logs: Logs, tmp_path: Path, size: int
) -> None:
    with files_of_at_most(size):
        log = logs.open(KAFKA_INDEX_PATH=str(tmp_path / "index"))
        expected = appended(log, 1, 3)
        assert whole(log, expected) or whole(log, appended(log, 4, 4))
        log.close()
    again = logs.open(KAFKA_INDEX_PATH=str(tmp_path / "index"))
    assert again.contents()[:3] == expected


def test_an_owner_goes_on_where_the_disk_becomes_full_under_its_index(logs: Logs, tmp_path: Path) -> None:
    log = logs.open(KAFKA_INDEX_PATH=str(tmp_path))
    appended(log, 1, 20)
    with files_of_at_most(1):
        appended(log, 21, 21)
        with pytest.raises(IndexDamaged):
            log.store.history.index.places_of("order-1")
        expected = appended(log, 22, 40)
        assert log.contents() == expected
    log.close()
    assert logs.open(KAFKA_INDEX_PATH=str(tmp_path)).contents() == expected


def test_a_reader_reads_the_whole_log_again_where_the_disk_becomes_full_under_its_index(
    logs: Logs, tmp_path: Path
) -> None:
    owner = logs.open()
    appended(owner, 1, 20)
    reader = logs.open(KAFKA_INDEX_PATH=str(tmp_path), KAFKA_READ_ONLY="true")
    with files_of_at_most(1):
        expected = appended(owner, 21, 40)
        deadline = time.monotonic() + _PATIENCE
        while not whole(reader, expected):
            assert time.monotonic() < deadline
        assert whole(reader, appended(owner, 41, 42))


def test_an_index_that_cannot_write_its_last_runs_closes_and_the_file_stays_valid(tmp_path: Path) -> None:
    index = Index(tmp_path / "index.sqlite")
    index.add([Run(1, "a", 1, 0, 1)], {"a": 1}, "topic", 1)
    index.flush()
    index.add([Run(2, "a", 2, 1, 1)], {"a": 2}, "topic", 2)
    with files_of_at_most(1):
        index.close()
    again = Index(tmp_path / "index.sqlite")
    assert (again.count, again.reached("topic"), again.last_version("a")) == (1, 1, 1)
    again.close()
