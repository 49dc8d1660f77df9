"""Whatever ends a sealing, nothing that was recorded is lost, and nothing is there twice."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.market_recordings.contents import Contents, contents, faults_of, identity_of
from adapters.market_recordings.manifest import MANIFEST
from adapters.market_recordings.parts import OPEN
from adapters.market_recordings.reader import read
from adapters.market_recordings.recorder import Recorder
from adapters.market_recordings.row import MarketRow, Notice, NoticeRow
from adapters.market_recordings.sealing import DAMAGED, seal
from domain.errors import RecordingError
from tests.adapters.market_recordings.test_damaged_segments import BATCHES, ROWS, is_stated, without_a_frame
from tests.adapters.market_recordings.test_recording import BTC, ETH, START, sealed_all, trade
from tests.full_disk import files_of_at_most

BOTH = frozenset({BTC, ETH})


def recorded(folder: Path, session: int = 1) -> Path:
    """Two kinds and two instruments, none of it sealed."""
    recorder = Recorder(folder, session)
    for number, rows in enumerate(BATCHES):
        for row in rows:
            recorder.add(row)
        recorder.add(NoticeRow(arrived_ns=START, instrument=ETH, notice=Notice.GAP, detail=str(number)))
        recorder.flush()
    recorder.close()
    recorder.release()
    return folder


def rows_of(found: Contents) -> int:
    return sum(held.rows for held in found.values())


def assert_is_the_same(folder: Path, rows: list[MarketRow], identity: str) -> None:
    """The folder has these rows, each once, with this identity, as it is and after the next sealing."""
    for _ in range(2):
        assert list(read(folder)) == rows
        found = contents(folder)
        assert (rows_of(found), identity_of(found, BOTH)) == (len(rows), identity)
        sealed_all(folder)
    assert list((folder / OPEN).iterdir()) == []
    assert [path for path in folder.rglob(".*") if path.is_file()] == []


@pytest.mark.parametrize("is_damaged", [False, True], ids=["whole", "damaged"])
def test_a_kill_before_any_action_on_a_file_loses_no_row_and_doubles_none(
    tmp_path: Path, is_damaged: bool
) -> None:
    folder = recorded(tmp_path / "recording")
    (segment,) = (folder / OPEN).glob("trades-*")
    if is_damaged:
        segment.write_bytes(without_a_frame(segment.read_bytes()))
    rows, identity = list(read(folder)), identity_of(contents(folder), BOTH)
    assert (
        is_stated([row for row in rows if not isinstance(row, NoticeRow) or row.notice is Notice.LOST])
        is is_damaged
    )
    sealed = sealing_of(folder, tmp_path)
    assert sealed.returncode == 0, sealed.stderr
    copies = copies_in(tmp_path)
    assert len(copies) >= 8
    for copy in (*copies, tmp_path / "sealed"):
        assert_is_the_same(copy, rows, identity)
        assert len(list(faults_of(copy))) == is_damaged
        assert (copy / DAMAGED / segment.name).exists() is is_damaged


def test_a_process_that_is_killed_leaves_what_a_copy_of_that_moment_has(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "recording")
    assert sealing_of(folder, tmp_path).returncode == 0
    copies = copies_in(tmp_path)
    for copy in (copies[len(copies) // 2], copies[-1]):
        place = tmp_path / f"killed-{copy.name}"
        killed = sealing_of(folder, place, int(copy.name))
        assert killed.returncode == -signal.SIGKILL
        assert files_of(place / "sealed") == files_of(copy)


def copies_in(place: Path) -> list[Path]:
    return sorted((place / "copies").iterdir(), key=lambda path: int(path.name))


def files_of(folder: Path) -> dict[str, int]:
    """The sizes of the files, without the process id in the names of unfinished ones."""
    return {
        re.sub(r"\.parquet\.\d+$", "", path.relative_to(folder).as_posix()): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }


def sealing_of(folder: Path, place: Path, *killed_at: int) -> subprocess.CompletedProcess[str]:
    """Seals a copy of the folder, `sealed` at the place; its copies are beside it."""
    shutil.copytree(folder, place / "sealed")
    program = [sys.executable, "-m", "tests.adapters.market_recordings.killed_sealing"]
    given = [str(place / "sealed"), str(place / "copies"), *map(str, killed_at)]
    return subprocess.run([*program, *given], check=False, capture_output=True, text=True)


def test_a_full_disk_while_a_segment_is_sealed_keeps_it_and_the_next_sealing_goes_on(tmp_path: Path) -> None:
    earlier = tmp_path / "earlier"
    for session in range(2, 14):  # the manifest is longer than any file that is sealed below
        recorded(earlier, session)
        sealed_all(earlier)
    sizes = [path.stat().st_size for path in earlier.rglob("*.parquet")]
    listed = (earlier / MANIFEST).stat().st_size
    assert listed > max(sizes)
    whole, identity = list(read(recorded(earlier))), identity_of(contents(earlier), BOTH)
    segments = sorted((earlier / OPEN).iterdir())
    for most in (0, min(sizes) // 2, max(sizes) - 1, listed, listed + 40):
        for segment in segments:
            kept = segment.read_bytes()
            with files_of_at_most(most), pytest.raises(RecordingError, match=f"{segment} cannot be sealed"):
                seal(earlier, segment)
            assert segment.read_bytes() == kept
        assert list(read(earlier)) == whole
        assert identity_of(contents(earlier), BOTH) == identity
    assert_is_the_same(earlier, whole, identity)
    assert list(faults_of(earlier)) == []


def test_rows_that_were_lost_by_a_full_disk_are_those_that_were_never_durable(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, 1)
    for row in BATCHES[0]:
        recorder.add(row)
    recorder.flush()
    (segment,) = (tmp_path / OPEN).iterdir()
    recorder.add(trade(50))
    with (
        files_of_at_most(segment.stat().st_size + 100),
        pytest.raises(RecordingError, match="cannot be written"),
    ):
        recorder.flush()
    recorder.release()
    assert list(read(tmp_path)) == ROWS[:3]
    assert seal(tmp_path, segment).losses == ()
    assert list(read(tmp_path)) == ROWS[:3]
    assert list(faults_of(tmp_path)) == []
