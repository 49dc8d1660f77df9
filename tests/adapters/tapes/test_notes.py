"""What was left out, assumed or not read is noted, before anything is traded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.tapes import Recording, read_recording
from domain.errors import InvalidTape
from tests.adapters.tapes.sheets import HEADER, NOW, START, STEP, row, sheet, write

ROWS = [row(index) for index in range(6)]


def recording(folder: Path, text: str, name: str = "BTCUSDT_5m.csv") -> Recording:
    return read_recording(write(folder, text, name), now=NOW)


def with_second_clock(spelled: Sequence[str], name: str = "date") -> str:
    cells = [[*cells, clock] for cells, clock in zip(ROWS, spelled, strict=True)]
    return sheet(cells, f"{HEADER},{name}")


TIMES = [START + index * STEP for index in range(6)]
MILLISECONDS = [str(int(time.timestamp()) * 1000) for time in TIMES]


@pytest.mark.parametrize(
    "spelled",
    [
        [f"{time:%Y-%m-%d}" for time in TIMES],
        [f"{time:%Y-%m-%d %H:%M:%S}" for time in TIMES],
        [f"{time + timedelta(hours=2):%Y-%m-%d %H:%M}+02:00" for time in TIMES],
        MILLISECONDS,
        [text[:10] for text in MILLISECONDS],
        [f"{time:%Y.%m.%d %H:%M}" for time in TIMES],
    ],
    ids=["days", "without a zone", "another zone", "milliseconds", "seconds", "points"],
)
def test_a_second_column_of_times_that_agrees_is_noted_as_not_read(
    tmp_path: Path, spelled: Sequence[str]
) -> None:
    read = recording(tmp_path, with_second_clock(spelled))
    assert len(read.tape.candles) == 6
    assert read.tape.notes == ("column date is not read: its times agree with the candles' times",)


def test_a_column_of_days_before_a_column_of_times_is_the_one_that_is_not_read(tmp_path: Path) -> None:
    rows = [[f"{time:%Y-%m-%d}", *cells] for time, cells in zip(TIMES, ROWS, strict=True)]
    read = recording(tmp_path, sheet(rows, f"date,{HEADER}"))
    assert [one.open_time for one in read.tape.candles] == TIMES
    assert read.tape.notes == ("column date is not read: its times agree with the candles' times",)


@pytest.mark.parametrize(
    ("spelled", "row"),
    [
        ([f"{time + timedelta(hours=8):%Y-%m-%d %H:%M}" for time in TIMES], 2),
        ([f"{time:%Y-%m-%d}" for time in TIMES[:3]] + ["2025-04-04"] * 3, 5),
        ([str(time) for time in (*TIMES[:4], TIMES[5], TIMES[5])], 6),
    ],
    ids=["a local time", "another day", "another time"],
)
def test_a_second_column_of_times_that_disagrees_is_refused(
    tmp_path: Path, spelled: Sequence[str], row: int
) -> None:
    with pytest.raises(InvalidTape, match="two columns of times disagree") as refused:
        recording(tmp_path, with_second_clock(spelled))
    assert refused.value.row == row


def test_a_second_column_that_holds_no_times_is_noted_as_not_compared(tmp_path: Path) -> None:
    (note,) = recording(tmp_path, with_second_clock(["Thursday"] * 6)).tape.notes
    assert note == "column date is not read, and its times are not compared: 'Thursday' is not a time"


@pytest.mark.parametrize(
    ("order", "repeats"),
    [((0, 1, 1, 2), [4]), ((0, 1, 2, 1, 2, 3), [5, 6]), ((3, 2, 1, 1, 0), [5]), ((0, 0, 0, 1), [3, 4])],
    ids=["a row twice", "two pages overlap", "newest first", "a row three times"],
)
def test_identical_repeats_are_read_once_and_noted(
    tmp_path: Path, order: Sequence[int], repeats: list[int]
) -> None:
    read = recording(tmp_path, sheet(ROWS[index] for index in order))
    assert [one.open_time for one in read.tape.candles] == [
        START + index * STEP for index in sorted(set(order))
    ]
    assert (read.repeats, read.rows) == (repeats, len(order))
    count, named = len(repeats), ", ".join(map(str, repeats))
    rows = "1 row" if count == 1 else f"{count} rows"
    assert f"{rows} ({named}) repeated earlier rows to the digit: read once" in read.tape.notes


def test_a_repeat_with_other_digits_of_the_same_figure_is_read_once(tmp_path: Path) -> None:
    rows = [ROWS[0], ROWS[1], [*ROWS[1][:5], "12.50"], ROWS[2]]
    assert recording(tmp_path, sheet(rows)).repeats == [4]


def test_a_repeat_with_another_figure_is_refused_naming_both_rows(tmp_path: Path) -> None:
    rows = [ROWS[0], [*ROWS[1][:5], "1.5"], ROWS[1], ROWS[2]]
    with pytest.raises(InvalidTape) as refused:
        recording(tmp_path, sheet(rows))
    assert refused.value.row == 4
    assert refused.value.fault == (
        "repeats the time of row 3 with another volume, '12.5' instead of '1.5': remove the wrong row"
    )


def test_a_repeated_last_line_without_a_line_end_omits_no_candle(tmp_path: Path) -> None:
    read = recording(tmp_path, sheet([*ROWS, ROWS[5]])[:-1])
    assert len(read.tape.candles) == 6


def modified(folder: Path, time: datetime, name: str = "BTCUSDT_5m.csv", text: str = "") -> Recording:
    path = write(folder, text or sheet(ROWS), name)
    os.utime(path, (time.timestamp(), time.timestamp()))
    return read_recording(path, now=NOW)


LAST = START + 5 * STEP


@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(minutes=4, seconds=59)])
def test_a_last_candle_that_was_not_closed_when_the_file_was_written_is_left_out(
    tmp_path: Path, after: timedelta
) -> None:
    read = modified(tmp_path, LAST + after)
    assert (len(read.tape.candles), read.unfinished) == (5, 1)
    assert read.tape.notes == (f"the last candle ends after {LAST + after}, omitted: 5m from {LAST}",)


@pytest.mark.parametrize(
    "time", [LAST, LAST + STEP, LAST + 2 * STEP, LAST - STEP], ids=["open", "close", "later", "earlier"]
)
def test_a_file_that_was_not_written_during_its_last_candle_is_read_to_its_end(
    tmp_path: Path, time: datetime
) -> None:
    assert len(modified(tmp_path, time).tape.candles) == 6


@pytest.mark.parametrize(
    ("volumes", "silent"), [(["0"] * 6, True), (["0"] * 5 + ["1"], False), (["0.000"] * 6, True)]
)
def test_volume_0_throughout_is_noted(tmp_path: Path, volumes: list[str], silent: bool) -> None:
    rows = [[*cells[:5], volume] for cells, volume in zip(ROWS, volumes, strict=True)]
    read = recording(tmp_path, sheet(rows))
    assert read.silent is silent
    assert bool([note for note in read.tape.notes if "no order is filled" in note]) is silent


HOURLY = [[str(START.replace(minute=0) + index * timedelta(hours=1)), *row(index)[1:]] for index in range(6)]


@pytest.mark.parametrize(
    ("rows", "rates", "carried"),
    [
        pytest.param(ROWS, ["0.0001"] * 6, True, id="one rate on every candle"),
        pytest.param(ROWS, ["0.0001"] * 3 + ["0.0002"] * 3, True, id="a rate carried on from its settlement"),
        pytest.param(ROWS, ["0.1", "0.2", "0.1", "0.3", "0.2", "0.1"], True, id="another rate every 5 minutes"),
        pytest.param(ROWS, ["", "", "0.0001", "", "", ""], False, id="a rate at its settlement"),
        pytest.param(ROWS, [""] * 6, False, id="no rate"),
        pytest.param(HOURLY, ["0.1", "0.2", "0.1", "0.3", "0.2", "0.1"], False, id="hourly settlements"),
        pytest.param(HOURLY, ["0.1", "0.2", "0.2", "0.3", "0.3", "0.1"], True, id="two-hourly, on every hour"),
        pytest.param(HOURLY, ["0.0001"] * 6, True, id="one rate on every hour"),
    ],
)  # fmt: skip
def test_a_funding_rate_on_candles_without_a_settlement_is_noted(
    tmp_path: Path, rows: list[list[str]], rates: list[str], carried: bool
) -> None:
    cells = [[*one, rate] for one, rate in zip(rows, rates, strict=True)]
    read = recording(tmp_path, sheet(cells, f"{HEADER},funding_rate"), "BTCUSDT.csv")
    assert (read.funding is not None and read.funding.carried) is carried
    assert any("funding is charged at every candle" in note for note in read.tape.notes) is carried


DAY = [
    [str(datetime(2025, 4, 3, tzinfo=UTC) + index * timedelta(hours=1)), *row(index)[1:]]
    for index in range(24)
]


@pytest.mark.parametrize(
    ("hours", "kept"), [(8, [0, 8, 16]), (4, [0, 4, 8, 12, 16, 20]), (1, list(range(24)))]
)
def test_with_the_hours_of_settlements_only_their_candles_keep_a_funding_rate(
    tmp_path: Path, hours: int, kept: list[int]
) -> None:
    cells = [[*one, f"0.000{index // 8 + 1}"] for index, one in enumerate(DAY)]
    path = write(tmp_path, sheet(cells, f"{HEADER},funding_rate"), "BTCUSDT_1h.csv")
    read = read_recording(path, now=NOW, funding_hours=hours)
    rates = {
        index: one.funding_rate for index, one in enumerate(read.tape.candles) if one.funding_rate is not None
    }
    assert rates == {index: Decimal(f"0.000{index // 8 + 1}") for index in kept}
    assert read.funding is not None
    assert read.funding.carried is (hours == 1)
