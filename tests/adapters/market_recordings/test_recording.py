"""A recording gives back every row that was durable, in its order, whatever ended the recorder."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.market_recordings.parts import OPEN
from adapters.market_recordings.reader import Wanted, read
from adapters.market_recordings.recorder import Recorder
from adapters.market_recordings.row import (
    BookRow,
    CandleRow,
    MarketRow,
    Notice,
    NoticeRow,
    QuoteRow,
    TradeRow,
)
from adapters.market_recordings.sealing import seal
from adapters.market_recordings.segment import HOUR_NS
from domain.book.frame import BookFrame
from domain.errors import InvalidInput, RecordingError
from tests.replacing import replace

BTC, ETH = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"
START = 475_000 * HOUR_NS
INSTRUMENTS = st.sampled_from((BTC, ETH))
TEXTS = st.from_regex(r"[1-9][0-9]{0,5}\.[0-9]{1,8}", fullmatch=True)
COUNTS = st.integers(0, 2**63 - 1)
LEVELS = st.lists(st.tuples(TEXTS, TEXTS), max_size=4)
FRAMES = st.builds(
    BookFrame,
    is_snapshot=st.booleans(),
    first=COUNTS,
    last=COUNTS,
    previous=st.integers(-1, 2**63 - 1),
    sequence=COUNTS,
    matched_ms=COUNTS,
    bids=LEVELS,
    asks=LEVELS,
    checksum=st.none() | st.integers(-(2**31), 2**31 - 1),
)
ARRIVALS = st.integers(START, START + 3 * HOUR_NS - 1)
ROWS = st.one_of(
    st.builds(
        BookRow, arrived_ns=ARRIVALS, instrument=INSTRUMENTS, depth=st.sampled_from((0, 50)), frame=FRAMES
    ),
    st.builds(
        TradeRow, arrived_ns=ARRIVALS, instrument=INSTRUMENTS, price=TEXTS, size=TEXTS, matched_ms=COUNTS
    ),
    st.builds(
        QuoteRow,
        arrived_ns=ARRIVALS,
        instrument=INSTRUMENTS,
        update=COUNTS,
        matched_ms=COUNTS,
        **dict.fromkeys(("bid", "bid_size", "ask", "ask_size"), TEXTS),
    ),
    st.builds(
        CandleRow,
        arrived_ns=ARRIVALS,
        instrument=INSTRUMENTS,
        seconds=st.just(60),
        opened_ms=COUNTS,
        **dict.fromkeys(("open", "high", "low", "close", "volume"), TEXTS),
    ),
    st.builds(NoticeRow, arrived_ns=ARRIVALS, instrument=INSTRUMENTS, notice=st.sampled_from(Notice)),
)


def trade(number: int, arrived_ns: int = START, instrument: str = BTC) -> TradeRow:
    return TradeRow(
        arrived_ns=arrived_ns,
        instrument=instrument,
        id=str(number),
        price="60000.1",
        size="0.001",
        is_buy=True,
        matched_ms=number,
    )


def recorded(folder: Path, session: int, *flushes: Sequence[MarketRow]) -> None:
    """Records these rows, and leaves the folder as a recorder that was killed leaves it."""
    recorder = Recorder(folder, session)
    for rows in flushes:
        for row in rows:
            recorder.add(row)
        recorder.flush()
    recorder.release()


def sealed_all(folder: Path) -> None:
    for segment in sorted((folder / OPEN).glob("*.arrow")):
        seal(folder, segment)


@settings(max_examples=40, deadline=None)
@given(flushes=st.lists(st.lists(ROWS, max_size=6), max_size=4), is_sealed=st.booleans())
def test_rows_of_every_kind_are_read_back_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, flushes: list[list[MarketRow]], is_sealed: bool
) -> None:
    folder = tmp_path_factory.mktemp("recording")
    recorded(folder, 1, *flushes)
    if is_sealed:
        sealed_all(folder)
        assert not list((folder / OPEN).glob("*.arrow"))
    assert list(read(folder)) == [row for rows in flushes for row in rows]


def test_a_segment_cut_anywhere_gives_its_whole_batches(tmp_path: Path) -> None:
    batches = [[trade(10 * batch + place) for place in range(3)] for batch in range(4)]
    recorded(tmp_path, 1, *batches)
    (segment,) = (tmp_path / OPEN).iterdir()
    whole = segment.read_bytes()
    found = list[int]()
    for size in (*range(0, len(whole), 7), len(whole)):
        segment.write_bytes(whole[:size])
        rows = list(read(tmp_path))
        assert rows == [row for batch in batches[: len(rows) // 3] for row in batch]
        found.append(len(rows))
    assert sorted(set(found)) == [0, 3, 6, 9, 12]


def test_a_segment_cut_short_is_sealed_with_its_whole_batches(tmp_path: Path) -> None:
    recorded(tmp_path, 1, [trade(1)], [trade(2)])
    (segment,) = (tmp_path / OPEN).iterdir()
    segment.write_bytes(segment.read_bytes()[:-20])
    assert seal(tmp_path, segment).rows == 1
    assert list(read(tmp_path)) == [trade(1)]


def test_rows_that_are_in_a_sealed_file_and_still_in_the_segment_are_read_once(tmp_path: Path) -> None:
    rows = [trade(1), trade(2, instrument=ETH), trade(3)]
    recorded(tmp_path, 1, rows)
    (segment,) = (tmp_path / OPEN).iterdir()
    kept = segment.read_bytes()
    seal(tmp_path, segment)
    segment.write_bytes(kept)
    assert list(read(tmp_path)) == rows
    first = {path: path.read_bytes() for path in tmp_path.glob("trades/*/*/*.parquet")}
    seal(tmp_path, segment)
    assert {path: path.read_bytes() for path in tmp_path.glob("trades/*/*/*.parquet")} == first


def test_an_hour_ends_its_segment_and_the_files_name_day_hour_and_instrument(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, 7)
    recorder.add(trade(1, START + HOUR_NS - 1))
    assert recorder.flush() == []
    recorder.add(trade(2, START + HOUR_NS))
    (ended,) = recorder.flush()
    (sealed,) = seal(tmp_path, ended).files
    assert str(sealed.relative_to(tmp_path)) == f"trades/2024-03-09/{BTC}/16-7-1.parquet"
    recorder.close()
    recorder.release()
    assert [row.arrived_ns for row in read(tmp_path)] == [START + HOUR_NS - 1, START + HOUR_NS]


def test_a_clock_that_goes_back_into_a_sealed_hour_loses_no_row(tmp_path: Path) -> None:
    rows = [trade(1), trade(2, START + HOUR_NS), trade(3)]
    recorded(tmp_path, 1, *([row] for row in rows))
    sealed_all(tmp_path)
    assert list(read(tmp_path)) == rows
    assert len(list(tmp_path.glob("trades/*/*/*.parquet"))) == 3


def test_a_session_after_a_kill_goes_on_beside_the_one_before(tmp_path: Path) -> None:
    recorded(tmp_path, 1, [trade(1)])
    second = Recorder(tmp_path, 2)
    second.add(trade(2))
    second.flush()
    (left,) = second.left()
    seal(tmp_path, left)
    second.release()
    assert list(read(tmp_path)) == [trade(1), trade(2)]


def test_segments_that_are_sealed_while_they_are_read_lose_no_row_and_double_none(tmp_path: Path) -> None:
    rows = [trade(1), trade(2), trade(3, START + HOUR_NS), trade(4, START + 2 * HOUR_NS)]
    recorded(tmp_path, 1, *([row] for row in rows))
    assert len(list((tmp_path / OPEN).iterdir())) == 3
    reading = read(tmp_path)
    first = next(reading)
    sealed_all(tmp_path)
    assert [first, *reading] == rows


def test_a_second_recorder_of_a_folder_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from adapters.market_recordings.recorder import Recorder
held = Recorder(Path({str(tmp_path)!r}), 1)
print("held", flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(InvalidInput, match="another recorder writes to"):
            Recorder(tmp_path, 2)
        first.kill()
    Recorder(tmp_path, 2).release()


def test_a_full_disk_is_an_error_and_what_was_durable_is_read(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, 1)
    recorder.add(trade(1))
    recorder.flush()
    (segment,) = (tmp_path / OPEN).iterdir()
    written = segment.read_bytes()
    full = os.open("/dev/full", os.O_WRONLY)
    for link in Path("/proc/self/fd").iterdir():
        if link.exists() and link.resolve() == segment:
            os.dup2(full, int(link.name))
    os.close(full)
    recorder.add(trade(2))
    with pytest.raises(RecordingError, match="No space left on device"):
        recorder.flush()
    recorder.release()
    assert segment.read_bytes() == written
    assert list(read(tmp_path)) == [trade(1)]


def test_only_what_is_wanted_is_read(tmp_path: Path) -> None:
    note = NoticeRow(arrived_ns=START, instrument=BTC, notice=Notice.GAP, detail="update 9 came after 7")
    recorded(tmp_path, 1, [trade(1), note, trade(2, instrument=ETH), trade(3, START + 5)])
    sealed_all(tmp_path)
    assert list(read(tmp_path, Wanted(kinds={"notices"}))) == [note]
    assert list(read(tmp_path, Wanted(instruments={ETH}))) == [trade(2, instrument=ETH)]
    assert list(read(tmp_path, Wanted(begin=START + 5))) == [trade(3, START + 5)]
    assert list(read(tmp_path, Wanted(kinds={"trades"}, end=START + 5)))[-1] == trade(2, instrument=ETH)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (f"{OPEN}/trades-x.arrow", "is no segment of a recording"),
        (f"trades/2024-03-09/{BTC}/other.parquet", "is no file of a recording"),
        (f"trades/2024-03-09/{BTC}/16-1-1.parquet", "cannot be read"),
    ],
)
def test_a_foreign_file_in_a_recording_is_named(tmp_path: Path, place: str, reason: str) -> None:
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_bytes(b"foreign")
    with pytest.raises(InvalidInput, match=reason):
        list(read(tmp_path))


def test_a_sealed_file_without_a_column_is_named_with_it(tmp_path: Path) -> None:
    recorded(tmp_path, START, [trade(1)])
    sealed_all(tmp_path)
    (path,) = tmp_path.rglob("*.parquet")
    parquet = importlib.import_module("pyarrow.parquet")
    parquet.write_table(parquet.read_table(path).drop_columns(["price"]), path)
    with pytest.raises(
        InvalidInput, match=f"{path} cannot be read: it has no column price; .* restore or remove"
    ):
        list(read(tmp_path))


@pytest.mark.parametrize("price", ["NaN", "-1", "1e5", ""])
def test_a_row_whose_price_is_no_number_is_refused_with_its_number(tmp_path: Path, price: str) -> None:
    recorded(tmp_path, START, [trade(1), replace(trade(2), price=price)])
    with pytest.raises(
        InvalidInput, match="row 2 of the trades is none of a recording: `price` is no number"
    ):
        list(read(tmp_path))


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no folder"):
        list(read(tmp_path / "absent"))
