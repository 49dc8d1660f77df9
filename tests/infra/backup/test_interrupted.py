"""Backups that were killed at every point, that met a bucket full on the way, or whose log was written meanwhile."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from adapters.backup.manifest import numbers
from adapters.backup.place import FolderPlace
from domain.log import Recorded
from infra.backup.drill import drilled
from infra.backup.making import backed_up
from infra.backup_settings import BackupTable
from infra.config import WhenceSettings
from infra.logs import open_owned, open_reader
from tests.adapters.model_store.loopback import KEYS, object_store
from tests.infra.cli.conftest import Whence

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_BEGUN = 100


@pytest.fixture
def traded(sealed_log: Path) -> Sequence[Recorded]:
    """The events of a short run on paper."""
    with closing(open_reader(WhenceSettings(log=f"sqlite:///{sealed_log}"))) as log:
        return list(log.read())


@pytest.fixture
def settings(tmp_path: Path, traded: Sequence[Recorded]) -> WhenceSettings:
    """A log with the first events of the run, which a backup cuts into segments of 30."""
    found = WhenceSettings(log=f"sqlite:///{tmp_path / 'whence.db'}", backup=BackupTable(segment_events=30))
    _append(found.log, traded[:_BEGUN])
    return found


def _append(log: str, events: Sequence[Recorded]) -> None:
    with closing(open_owned(WhenceSettings(log=log))) as target:
        target.append_recorded(events)


def _killed_at(synchronisation: int, work: Callable[[], object]) -> bool:
    """Does this work in a forked process, which SIGKILL ends in place of its nth `fsync`; returns whether it did."""
    child = os.fork()
    if child == 0:
        seen, real = count(1), os.fsync

        def fsync(descriptor: int) -> None:
            if next(seen) == synchronisation:
                os.kill(os.getpid(), signal.SIGKILL)
            real(descriptor)

        os.fsync = fsync  # type: ignore[assignment]
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def test_a_backup_killed_at_any_point_leaves_only_backups_that_a_drill_finds_whole(
    settings: WhenceSettings, traded: Sequence[Recorded], tmp_path: Path
) -> None:
    place = FolderPlace(tmp_path / "kept")
    backed_up(settings, place, lambda: _NOON)
    kill = 0
    for kill in count(1):
        events = _BEGUN + kill
        _append(settings.log, traded[events - 1 : events])
        before = numbers(place)
        if not _killed_at(kill, lambda: backed_up(settings, place, lambda: _NOON)):
            break
        # A kill after the manifest is in its place leaves a whole backup, one before it none.
        assert numbers(place) in (before, [*before, before[-1] + 1])
        drill = drilled(settings, place, None, tmp_path)
        assert drill.manifest.events + drill.behind == events
    assert kill > 4, "a file and its folder, the manifest and its folder: fewer were synchronised"
    assert drilled(settings, place, None, tmp_path).behind == 0


@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_bucket_that_is_full_in_the_middle_has_no_new_backup_and_the_earlier_one_is_whole(
    whence: Whence,
    settings: WhenceSettings,
    traded: Sequence[Recorded],
    monkeypatch: pytest.MonkeyPatch,
    room: int,
) -> None:
    monkeypatch.setenv("WHENCE_BACKUP__SEGMENT_EVENTS", "30")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret)
    words = ("s3://backups", "--log", settings.log)
    with object_store() as store:
        monkeypatch.setenv("WHENCE_BACKUP__ENDPOINT", store.endpoint)
        assert whence("backup", *words).code == 0
        # Segments 91-120 and 121-140 are new, then the manifest.
        _append(settings.log, traded[_BEGUN:140])
        store.room = room
        full = whence("backup", *words)
        assert (full.code, "Traceback" in full.err) == (4, False), full.err
        assert [one["backup"] for one in json.loads(whence("backup", *words, "--list", "--json").out)] == [1]
        drill = json.loads(whence("drill", *words, "--json").out)
        assert (drill["events"], drill["behind_events"]) == (_BEGUN, 40)
        store.room = None
        assert whence("backup", *words).code == 0
        assert json.loads(whence("drill", *words, "--json").out)["events"] == 140


def test_a_log_that_is_written_during_its_backup_is_backed_up_to_the_event_at_which_it_began(
    settings: WhenceSettings, traded: Sequence[Recorded], tmp_path: Path
) -> None:
    later = iter(traded[_BEGUN:])

    class Written(FolderPlace):
        """A file is written after one more event was appended to the log."""

        def write(self, name: str, data: bytes) -> None:
            _append(settings.log, [next(later)])
            super().write(name, data)

    place = Written(tmp_path / "kept")
    assert backed_up(settings, place, lambda: _NOON).manifest.events == _BEGUN
    assert drilled(settings, place, None, tmp_path).behind == 4


def test_a_drill_of_a_log_on_kafka_restores_and_compares_it(
    whence: Whence, traded: Sequence[Recorded], kafka_bootstrap_servers: str, kafka_topic: str
) -> None:
    log = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"
    _append(log, traded[:_BEGUN])
    assert whence("backup", "kept", "--log", log).code == 0
    _append(log, traded[_BEGUN : _BEGUN + 1])
    done = whence("drill", "kept", "--log", log, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["events"], found["behind_events"], found["doubt"]) == (_BEGUN, 1, "")
