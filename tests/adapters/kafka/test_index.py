"""The index is disposable: a missing, stale, corrupt or foreign index is rebuilt from the log."""

# pyright: reportPrivateUsage=false
# The tests damage the index through its private attributes.

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from eventsourcing.persistence import IntegrityError
from eventsourcing.utils import Environment

from adapters.kafka.index import Index, IndexDamaged
from adapters.kafka.run import EventPlace, Run, joined, runs_of
from tests.adapters.kafka.logs import Logs, events

_CONTENTS = [(1, "order-1", 1), (2, "order-1", 2), (3, "order-2", 1)]


def _file(folder: Path) -> Path:
    return next(folder.glob("*.0.sqlite"))


def _delete(folder: Path) -> None:
    shutil.rmtree(folder)


def _corrupt(folder: Path) -> None:
    _file(folder).write_bytes(b"SQLite format 3\x00" + b"\xff" * 8192)


def _scramble_pages(folder: Path) -> None:
    path = _file(folder)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    path.write_bytes(content)


def _of_another_cluster(folder: Path) -> None:
    with sqlite3.connect(_file(folder)) as db:
        db.execute("UPDATE identity SET value = 'another' WHERE name = 'cluster'")
        db.execute("UPDATE stream SET last = 77")
    db.close()


def _beyond_the_log(folder: Path) -> None:
    with sqlite3.connect(_file(folder)) as db:
        db.execute("UPDATE reached SET next_offset = next_offset + 1000")
    db.close()


def _of_another_history(folder: Path) -> None:
    with sqlite3.connect(_file(folder)) as db:
        db.execute("UPDATE stream SET name = 'order-9', last = 7 WHERE name = 'order-2'")
    db.close()


def _behind_the_log(folder: Path) -> None:
    with sqlite3.connect(_file(folder)) as db:
        db.execute("DELETE FROM run WHERE position > 2")
        db.execute("DELETE FROM stream WHERE name = 'order-2'")
        db.execute("UPDATE stream SET last = 2")
        db.execute("UPDATE reached SET next_offset = 2 WHERE next_offset > 2")
    db.close()


@pytest.mark.parametrize(
    "harm",
    [
        _delete,
        _corrupt,
        _scramble_pages,
        _of_another_cluster,
        _beyond_the_log,
        _of_another_history,
        _behind_the_log,
    ],
)
def test_an_index_that_does_not_match_the_log_is_rebuilt(
    logs: Logs, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    folder = tmp_path / "index"
    before = logs.open(KAFKA_INDEX_PATH=str(folder))
    before.append(events("order-1", 1, 2))
    before.append(events("order-2", 1, 1))
    before.close()
    harm(folder)
    after = logs.open(KAFKA_INDEX_PATH=str(folder))
    index = after.store.history.index
    assert [tuple(place)[:3] for place in index.places_between(1, 100)] == _CONTENTS == after.contents()
    with pytest.raises(IntegrityError):
        after.append(events("order-2", 1, 1))
    assert after.append(events("order-2", 2, 2)) == [4]


def test_an_index_that_fails_while_in_use_is_rebuilt_by_the_next_append(logs: Logs, tmp_path: Path) -> None:
    log = logs.open(KAFKA_INDEX_PATH=str(tmp_path))
    log.append(events("order-1", 1, 2))
    index = log.store.history.index
    index.flush()
    index._db.execute("DROP TABLE run")
    with pytest.raises(IndexDamaged):
        index.places_of("order-1")
    assert log.append(events("order-1", 3, 3)) == [3]
    assert log.contents() == [(1, "order-1", 1), (2, "order-1", 2), (3, "order-1", 3)]


def test_a_second_log_with_the_same_index_file_keeps_its_index_in_memory(logs: Logs, tmp_path: Path) -> None:
    first = logs.open(KAFKA_INDEX_PATH=str(tmp_path))
    first.append(events("order-1", 1, 2))
    second = logs.open(KAFKA_INDEX_PATH=str(tmp_path))
    assert second.append(events("order-1", 3, 3)) == [3]


def test_a_closed_index_file_keeps_its_offsets_and_versions(env: Environment, tmp_path: Path) -> None:
    with Logs(env) as logs:
        log = logs.open(KAFKA_INDEX_PATH=str(tmp_path))
        log.append(events("order-1", 1, 50))
        end = log.store.history.index.reached(env["KAFKA_TOPIC"])
        log.close()
    index = Index(_file(tmp_path))
    assert index.reached(env["KAFKA_TOPIC"]) == end >= 50
    assert (index.count, index.last_version("order-1")) == (50, 50)
    index.close()


def test_queries_return_the_same_rows_before_and_after_pending_runs_are_written() -> None:
    index = Index()
    index.add(
        [Run(1, "a", 1, 0, 1), Run(2, "b", 0, 1, 1), Run(3, "a", 2, 2, 3)], {"a": 4, "b": 0}, "topic", 5
    )
    assert (index.pending, index.count) == (3, 5)
    assert (index.last_version("a"), index.last_version("c")) == (4, None)
    assert index.places_of("a") == [
        EventPlace(1, "a", 1, 0),
        *(EventPlace(2 + n, "a", 1 + n, 1 + n) for n in (1, 2, 3)),
    ]
    assert index.pending == 0
    assert index.places_of("a", gt=1, desc=True, limit=1) == [EventPlace(5, "a", 4, 4)]
    assert index.places_of("a", gt=2, lte=3) == [EventPlace(4, "a", 3, 3)]
    assert index.place_at(2) == EventPlace(2, "b", 0, 1)
    assert index.place_at(6) is None
    assert [place.version for place in index.places_between(2, 4)] == [0, 2, 3]
    assert (index.last_version("b"), index.reached("topic"), index.reached("other")) == (0, 5, 0)
    index.close()


def test_last_versions_are_found_where_not_all_streams_fit_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.kafka.index._STREAMS_REMEMBERED", 10)
    index = Index()
    for number in range(1, 101):
        index.add([Run(number, f"s{number}", 1, number, 1)], {f"s{number}": 1}, "topic", number + 1)
        if number % 7 == 0:
            index.flush()
    assert all(index.last_version(f"s{number}") == 1 for number in range(1, 101))
    assert index.last_version("s101") is None
    assert len(index._last) <= 20
    index.close()


def test_a_record_that_was_refused_during_a_rebuild_has_its_own_offset_afterwards(tmp_path: Path) -> None:
    index, aside = Index(tmp_path / "index.sqlite"), Index()
    index.refuse(3, "a stranger's")
    aside.refuse(3, "a stranger's")
    aside.refuse(7, "another stranger's")
    index.become(aside)
    assert (index.last_refused, index.refused_at, [*index.refused()]) == (7, {3, 7}, [3, 7])
    index.close()


def test_a_run_ends_where_the_stream_changes_or_an_offset_is_skipped() -> None:
    commit = [("a", 1), ("a", 2), ("b", 0), ("a", 3), ("a", 4), ("a", 5)]
    assert list(runs_of(7, 70, commit)) == [
        Run(7, "a", 1, 70, 2),
        Run(9, "b", 0, 72, 1),
        Run(10, "a", 3, 73, 3),
    ]
    assert list(runs_of(1, 0, [])) == []
    places = [
        EventPlace(1, "a", 1, 0),
        EventPlace(2, "a", 2, 1),
        EventPlace(3, "a", 3, 3),
        EventPlace(4, "b", 1, 4),
    ]
    assert list(joined(places)) == [Run(1, "a", 1, 0, 2), Run(3, "a", 3, 3, 1), Run(4, "b", 1, 4, 1)]
