"""A damaged segment never becomes a recording that looks whole: what is lost is stated, and the file is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from adapters.market_recordings.contents import contents, faults_of, identity_of
from adapters.market_recordings.parts import OPEN
from adapters.market_recordings.reader import Wanted, read
from adapters.market_recordings.recorder import Recorder
from adapters.market_recordings.row import MarketRow, Notice, NoticeRow
from adapters.market_recordings.sealing import DAMAGED, seal
from adapters.market_recordings.segment import HOUR_NS
from tests.adapters.market_recordings.test_recording import BTC, ETH, START, recorded, sealed_all, trade

FRAME = b"\xff\xff\xff\xff"
BATCHES = [
    [trade(10 * batch + place, instrument=(BTC, ETH)[place % 2]) for place in range(3)] for batch in range(4)
]
ROWS = [row for batch in BATCHES for row in batch]


def closed(folder: Path, *flushes: Sequence[MarketRow]) -> Path:
    """Records these rows of one kind, ends the session and leaves the segment."""
    recorder = Recorder(folder, 1)
    for rows in flushes:
        for row in rows:
            recorder.add(row)
        recorder.flush()
    (segment,) = recorder.close()
    recorder.release()
    return segment


def killed(folder: Path, *flushes: Sequence[MarketRow]) -> Path:
    recorded(folder, 1, *flushes)
    (segment,) = (folder / OPEN).iterdir()
    return segment


def frames(data: bytes) -> list[int]:
    """Where the frames of the stream begin: its schema, its batches, and its end where it has one."""
    return [at for at in range(0, len(data), 8) if data.startswith(FRAME, at)]


def is_stated(found: Sequence[MarketRow]) -> bool:
    """Whether the rows are the recorded ones less some, in their order, and both instruments have notices of it."""
    lost = [row for row in found if isinstance(row, NoticeRow)]
    kept = [row for row in found if not isinstance(row, NoticeRow)]
    assert all(row.notice is Notice.LOST and "of the trades were damaged" in row.detail for row in lost)
    assert kept == [row for row in ROWS if row in kept]
    return [row.instrument for row in lost] == [BTC, ETH] * (len(lost) // 2) and bool(lost)


@pytest.mark.parametrize("made", [closed, killed])
def test_whichever_byte_is_changed_no_row_is_another_and_none_is_missing_unnoticed(
    tmp_path: Path, made: Callable[..., Path]
) -> None:
    segment = made(tmp_path, *BATCHES)
    whole = segment.read_bytes()
    last = frames(whole)[4]
    outcomes = set[str]()
    for at in range(0, len(whole), 17):
        segment.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        found = list(read(tmp_path))
        if found == ROWS:
            outcomes.add("whole")
        elif made is killed and at >= last and found == ROWS[:9]:
            outcomes.add("cut")  # its length is that of a batch that was not written whole
        else:
            assert is_stated(found), at
            assert len(found) >= 9
            outcomes.add("stated")
    assert outcomes >= {"whole", "stated"}


def flipped(data: bytes) -> bytes:
    at = frames(data)[3] - 200
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def zeroed(data: bytes) -> bytes:
    at = frames(data)[2] + 64
    return data[:at] + bytes(256) + data[at + 256 :]


def without_a_frame(data: bytes) -> bytes:
    begin, end = frames(data)[2:4]
    return data[:begin] + data[end:]


def without_two_frames(data: bytes) -> bytes:
    begin, end = frames(data)[1:4:2]
    return data[:begin] + data[end:]


def without_a_schema(data: bytes) -> bytes:
    return bytes(64) + data[64:]


@pytest.mark.parametrize(
    ("damaged", "lost", "words"),
    [
        (flipped, ROWS[3:6], "3 rows of the trades were damaged before they were sealed"),
        (zeroed, ROWS[3:6], "3 rows of the trades were damaged before they were sealed"),
        (without_a_frame, ROWS[3:6], "3 rows of the trades were damaged before they were sealed"),
        (without_two_frames, ROWS[:6], "6 rows of the trades were damaged before they were sealed"),
    ],
)
def test_rows_lost_in_the_middle_are_a_gap_of_each_instrument_and_the_segment_is_kept(
    tmp_path: Path, damaged: Callable[[bytes], bytes], lost: Sequence[MarketRow], words: str
) -> None:
    segment = closed(tmp_path, *BATCHES)
    data = damaged(segment.read_bytes())
    segment.write_bytes(data)
    both = frozenset({BTC, ETH})
    before, identity = list(read(tmp_path)), identity_of(contents(tmp_path), both)
    sealed = seal(tmp_path, segment)
    assert (sealed.rows, sealed.losses) == (len(ROWS) - len(lost), (words,))
    found = list(read(tmp_path))
    assert found == before
    assert is_stated(found)
    assert [row for row in found if not isinstance(row, NoticeRow)] == [
        row for row in ROWS if row not in lost
    ]
    assert identity_of(contents(tmp_path), both) == identity
    notices = read(tmp_path, Wanted(kinds={"notices"}))
    assert [(row.instrument, row.detail) for row in notices if isinstance(row, NoticeRow)] == [
        (BTC, words),
        (ETH, words),
    ]
    kept = tmp_path / DAMAGED / segment.name
    assert kept.read_bytes() == data
    (fault,) = faults_of(tmp_path)
    assert fault.startswith(f"{kept} was damaged before it was sealed")


def test_a_damaged_schema_costs_no_row(tmp_path: Path) -> None:
    segment = closed(tmp_path, *BATCHES)
    segment.write_bytes(without_a_schema(segment.read_bytes()))
    assert seal(tmp_path, segment).losses == ()
    assert list(read(tmp_path)) == ROWS
    assert not (tmp_path / DAMAGED).exists()


def test_a_cut_segment_that_another_one_follows_was_not_cut_by_a_kill(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, 1)
    for rows in (BATCHES[0], BATCHES[1], [trade(99, START + HOUR_NS)]):
        for row in rows:
            recorder.add(row)
        recorder.flush()
    recorder.release()
    first, _ = sorted((tmp_path / OPEN).iterdir())
    first.write_bytes(first.read_bytes()[: frames(first.read_bytes())[2]])
    before = list(read(tmp_path))
    sealed_all(tmp_path)
    found = list(read(tmp_path))
    assert found == before
    assert [row for row in found if not isinstance(row, NoticeRow)] == [
        *BATCHES[0],
        trade(99, START + HOUR_NS),
    ]
    assert [row.detail for row in found if isinstance(row, NoticeRow)] == [
        "rows of the trades were damaged before they were sealed, it is not known how many"
    ] * 2


def test_lost_notices_are_a_notice_of_their_own_kind(tmp_path: Path) -> None:
    notes = [
        [NoticeRow(arrived_ns=START + n, instrument=BTC, notice=Notice.GAP, detail=str(n))] for n in range(3)
    ]
    segment = closed(tmp_path, *notes)
    segment.write_bytes(without_a_frame(segment.read_bytes()))
    seal(tmp_path, segment)
    assert [(row.notice, row.detail) for row in read(tmp_path) if isinstance(row, NoticeRow)] == [
        (Notice.GAP, "0"),
        (Notice.LOST, "1 row of the notices were damaged before they were sealed"),
        (Notice.GAP, "2"),
    ]


@pytest.mark.parametrize("made", [closed, killed])
def test_a_segment_of_which_nothing_can_be_read_is_kept(tmp_path: Path, made: Callable[..., Path]) -> None:
    segment = made(tmp_path, *BATCHES)
    segment.write_bytes(b"\x55" * 4_096)
    sealed = seal(tmp_path, segment)
    assert (sealed.rows, len(sealed.losses)) == (0, 1)
    assert (tmp_path / DAMAGED / segment.name).exists()
    assert len(list(faults_of(tmp_path))) == 1


def test_a_segment_of_an_earlier_version_is_sealed_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        for name in ("STAMPED", "DIGEST", "ROWS_BEFORE"):
            patched.setattr(f"adapters.market_recordings.segment.{name}", f"of.another.{name}".encode())
        segment = killed(tmp_path, *BATCHES)
    assert list(read(tmp_path)) == ROWS
    segment.write_bytes(zeroed(segment.read_bytes()))
    sealed = seal(tmp_path, segment)
    assert (sealed.rows, len(sealed.losses)) == (9, 1)
    assert is_stated(list(read(tmp_path)))
