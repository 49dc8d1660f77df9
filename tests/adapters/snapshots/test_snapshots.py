"""An engine starts from the snapshot of its log, or from the whole log; never from another state."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite
from adapters.marks.mark import Link
from adapters.snapshots import SnapshotFile, Unfit
from commands.world import World
from commands.world_snapshot import captured, pieces, restored
from domain.errors import LogCorrupt
from domain.log import Envelope
from tests.adapters.snapshots.kept import BESIDE, EVENTS, Place, folded, recorded
from tests.clean_process import killed
from tests.commands.test_world_snapshot import check_same
from tests.full_disk import files_of_at_most
from tests.replacing import replace as replaced


def test_a_start_reads_only_the_events_after_the_snapshot(tmp_path: Path) -> None:
    place = recorded(tmp_path, 300)
    with place.engine() as engine:
        engine.record(EVENTS[300:304])
    with place.engine() as engine:
        assert (engine.begun, engine.beside) == (300, BESIDE)
        check_same(engine.world, folded(304))


def test_parts_follow_each_other_over_several_runs(tmp_path: Path) -> None:
    place = recorded(tmp_path, 200, 250)
    with place.engine() as engine:
        engine.record_upto(400)
    with place.engine() as engine:
        assert engine.begun == 400
        check_same(engine.world, folded(400))


def test_a_part_is_written_beside_a_running_engine(tmp_path: Path) -> None:
    place = recorded(tmp_path)
    with place.engine() as engine:
        engine.record(EVENTS[:300])
        engine.snapshots.keep(engine.world, lambda: BESIDE)
        engine.record(EVENTS[300:308])  # while the part is being written
        engine.snapshots.keep(engine.world, lambda: BESIDE)
        engine.stop()
    with place.engine() as engine:
        assert engine.begun == 300, "8 events are too few for a part"
        check_same(engine.world, folded(308))


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    place = recorded(tmp_path, 200)
    assert stat.S_IMODE(place.snapshot.stat().st_mode) == 0o600


def _deleted(place: Place) -> None:
    place.snapshot.unlink()


def _emptied(place: Place) -> None:
    place.snapshot.write_bytes(b"")


def _of_another_log(place: Place) -> None:
    other = place.folder / "other"
    other.mkdir()
    shutil.copytree(place.folder / "keys", other / "keys")
    with closing(open_sqlite(other / "a.db", AvroCodec(), place.keys)) as log:
        log.append(later(EVENTS[:200]))
    with Place(other).engine() as engine:
        engine.stop()
    shutil.copy(other / "a.db.snapshot", place.snapshot)


def _signed_with_another_key(place: Place) -> None:
    elsewhere = recorded(place.folder / "elsewhere", 200)
    shutil.copy(elsewhere.snapshot, place.snapshot)


def _a_link(place: Place) -> None:
    moved = place.snapshot.rename(place.folder / "moved")
    place.snapshot.symlink_to(moved)


def _a_folder(place: Place) -> None:
    place.snapshot.unlink()
    place.snapshot.mkdir()


def _a_pipe(place: Place) -> None:
    place.snapshot.unlink()
    os.mkfifo(place.snapshot)


HARMS = [
    _deleted,
    _emptied,
    _of_another_log,
    _signed_with_another_key,
    _a_link,
    _a_folder,
    _a_pipe,
]


def later(events: Sequence[Envelope]) -> list[Envelope]:
    """The same events, recorded a second later: another log of the same tape."""
    moved = timedelta(seconds=1)
    return [
        replaced(one, meta=replaced(one.meta, recorded_at=one.meta.recorded_at + moved)) for one in events
    ]


@pytest.mark.parametrize("harm", HARMS)
def test_a_snapshot_that_does_not_fit_is_left_out_and_the_log_is_read(
    tmp_path: Path, harm: Callable[[Place], None]
) -> None:
    place = recorded(tmp_path, 200, 300)
    harm(place)
    with place.engine() as engine:
        assert engine.begun == 0
        check_same(engine.world, folded(300))


def test_a_refused_snapshot_is_one_line_in_the_log_and_the_next_one_is_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = recorded(tmp_path, 200)
    _of_another_log(place)
    with caplog.at_level(logging.WARNING), place.engine() as engine:
        assert engine.begun == 0
        engine.record_upto(400)
    (line,) = [one.getMessage() for one in caplog.records]
    assert line.startswith(
        f"the snapshot {place.snapshot} is not used, and the whole log is read: the log does not"
    )
    with place.engine() as engine:
        assert engine.begun == 400
        check_same(engine.world, folded(400))


def test_a_snapshot_of_other_code_is_refused(tmp_path: Path) -> None:
    place = recorded(tmp_path, 300)
    with replace(place, code=bytes(32)).engine() as engine:
        assert engine.begun == 0
        check_same(engine.world, folded(300))


@pytest.mark.parametrize("continued", [0, 80])
def test_a_log_that_was_restored_from_a_backup_is_read_whole(tmp_path: Path, continued: int) -> None:
    place = recorded(tmp_path, 200)
    shutil.copy(place.log, tmp_path / "backup.db")
    with place.engine() as engine:
        engine.record_upto(250)
    shutil.copy(tmp_path / "backup.db", place.log)
    others = later(EVENTS[200 : 200 + continued])
    with closing(open_sqlite(place.log, AvroCodec(), place.keys)) as log:
        if others:
            log.append(others)
    with place.engine() as engine:
        assert engine.begun == 0
        check_same(engine.world, World().fold_all([*EVENTS[:200], *others]))


CHECKED = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
@CHECKED
def test_a_snapshot_with_any_changed_byte_is_refused(whole: Place, where: float, change: int) -> None:
    content = bytearray(WHOLE[whole.snapshot])
    content[int(len(content) * where)] ^= change
    whole.snapshot.write_bytes(content)
    file = SnapshotFile(whole.snapshot, whole.keys, whole.code)
    with pytest.raises(Unfit):
        _read(file)


@given(st.floats(0, 1, exclude_max=True))
@CHECKED
def test_a_snapshot_that_is_cut_off_is_an_earlier_one_or_refused(whole: Place, where: float) -> None:
    content = WHOLE[whole.snapshot]
    whole.snapshot.write_bytes(content[: int(len(content) * where)])
    file = SnapshotFile(whole.snapshot, whole.keys, whole.code)
    try:
        world = _read(file)
    except Unfit:
        return
    check_same(world, folded(200))


def _read(file: SnapshotFile) -> World:
    file.find()
    return restored(file.read()[0])


WHOLE: dict[Path, bytes] = {}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A log with a snapshot of two parts, whose bytes are in `WHOLE`."""
    place = recorded(tmp_path_factory.mktemp("whole"), 200, 300)
    WHOLE[place.snapshot] = place.snapshot.read_bytes()
    return place


@pytest.mark.parametrize(("begun", "upto"), [(0, 300), (300, 380)])
def test_an_engine_that_is_killed_while_it_writes_a_part_leaves_the_parts_before(
    tmp_path: Path, begun: int, upto: int
) -> None:
    place = recorded(tmp_path, *([begun] if begun else []))
    with place.engine() as engine:
        engine.record(EVENTS[begun:upto])
        link, part = engine.log.link(upto), list(pieces(captured(engine.world, begun)))
    assert link is not None
    for count in range(0, len(part), 4):
        killed(_killed_while_writing, place.file(), link, part[:count])
    with place.engine() as engine:
        assert engine.begun == begun
        check_same(engine.world, folded(upto))
        engine.record_upto(500)
    with place.engine() as engine:
        assert engine.begun == 500
        check_same(engine.world, folded(500))


def _killed_while_writing(file: SnapshotFile, link: Link, part: Sequence[bytes]) -> None:
    """Writes these pieces, then kills its process."""

    def dying() -> Iterator[bytes]:
        yield from part
        os.kill(os.getpid(), signal.SIGKILL)

    file.add(link, dying(), BESIDE)


def test_a_full_disk_ends_the_snapshots_of_the_run_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = recorded(tmp_path, 200)
    size = place.snapshot.stat().st_size
    with caplog.at_level(logging.WARNING), place.engine() as engine:
        engine.record(EVENTS[200:400])
        with files_of_at_most(size + 1_000):
            engine.stop()
        engine.record(EVENTS[400:600])
        engine.stop()
    assert [one.getMessage() for one in caplog.records] == [
        f"the snapshot {place.snapshot} cannot be written: [Errno 27] File too large"
    ]
    with place.engine() as engine:
        assert engine.begun == 200
        check_same(engine.world, folded(600))


def test_an_event_that_was_changed_after_the_snapshot_is_refused(tmp_path: Path) -> None:
    place = recorded(tmp_path, 300)
    with place.engine() as engine:
        engine.record(EVENTS[300:305])
    _change(place.log, 303)
    with pytest.raises(LogCorrupt, match="ordinal 303"), place.engine():
        pass


def test_a_changed_event_before_the_snapshot_changes_no_state_and_is_found_by_a_reader(
    tmp_path: Path,
) -> None:
    place = recorded(tmp_path, 300)
    _change(place.log, 150)
    with place.engine() as engine:
        check_same(engine.world, folded(300))
        with pytest.raises(LogCorrupt, match="ordinal 150"):
            list(engine.log.read())


def _change(path: Path, ordinal: int) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE stored_events SET state = state || x'00' WHERE rowid = ?", (ordinal,))


def test_an_engine_that_lost_its_log_writes_no_snapshot(tmp_path: Path) -> None:
    place = recorded(tmp_path)
    with place.engine() as engine:
        engine.record(EVENTS[:300])
        place.log.rename(tmp_path / "moved.db")
        engine.stop()
    assert not place.snapshot.exists()


def test_a_world_that_lacks_an_event_of_the_log_is_not_kept(tmp_path: Path) -> None:
    place = recorded(tmp_path)
    with place.engine() as engine:
        engine.log.append(EVENTS[:300])
        engine.world.fold_all(EVENTS[:299])
        engine.stop()
    assert not place.snapshot.exists()
