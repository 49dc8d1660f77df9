"""An invalid candle file is refused with one line that names file, row and fault."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.tapes import Tape, read_tape
from domain.errors import InvalidTape
from tests.adapters.tapes.sheets import HEADER, NOW, START, STEP, row, sheet, write

ROWS = [row(index) for index in range(6)]
GOOD = sheet(ROWS)
WIDE = f"{HEADER},turnover,bid,ask,funding_rate"


def with_cell(column: int, text: str, rows: Sequence[Sequence[str]] = ROWS) -> str:
    """A valid file with one cell of row 4 replaced."""
    cells = [list(cells) for cells in rows]
    cells[2][column] = text
    return sheet(cells, header=WIDE if len(cells[0]) > 6 else HEADER)


def wide(column: int, text: str) -> str:
    return with_cell(column, text, [[*cells, "1262.5", "100.5", "100.6", "0.0001"] for cells in ROWS])


INVALID_ROWS = [
    *(pytest.param(with_cell(column, text), fault, id=f"{HEADER.split(',')[column]} {text!r}")
      for column in range(1, 6)
      for text, fault in [
          ("abc", "'abc' is not a number"),
          ("", "is empty"),
          ("NaN", "'NaN' is not a number"),
          ("sNaN", "'sNaN' is not a number"),
          ("Infinity", "'Infinity' is not a number"),
          ("-inf", "'-inf' is not a number"),
          ("1_000", "'1_000' is not a number"),
          ("1 000", "'1 000' is not a number"),
          ("103.0 ", "'103.0 ' is not a number"),
          ("1.0.0", "'1.0.0' is not a number"),
          ("1e", "'1e' is not a number"),
          ("--1", "'--1' is not a number"),
          ("0x10", "'0x10' is not a number"),
          ("١٠٣", "is not a number"),
          ("1" * 29, "has more than 28 characters"),
          ("1e99999999999999999999", "is not a number"),
      ]),
    *(pytest.param(with_cell(column, text), fault, id=f"{HEADER.split(',')[column]} {text}")
      for column in range(1, 5)
      for text, fault in [("0", "is not above 0"), ("-102.0", "is not above 0")]),
    pytest.param(with_cell(5, "-0.1"), "volume -0.1 is negative", id="negative volume"),
    pytest.param(with_cell(5, "1e29"), "above the largest volume", id="too large volume"),
    pytest.param(with_cell(2, "101.9"), "high 101.9 is below low 102.0", id="high below low"),
    pytest.param(with_cell(1, "104.0"), "open 104.0 is above high 103.5", id="open above high"),
    pytest.param(with_cell(1, "101.0"), "open 101.0 is below low 102.0", id="open below low"),
    pytest.param(with_cell(4, "104.0"), "close 104.0 is above high 103.5", id="close above high"),
    pytest.param(with_cell(4, "101.0"), "close 101.0 is below low 102.0", id="close below low"),
    pytest.param(with_cell(2, "1e20"), "above the largest price", id="too large price"),
    pytest.param(with_cell(3, "1e-20"), "below the smallest price", id="too small price"),
    pytest.param(wide(6, "-1"), "turnover -1 is negative", id="negative turnover"),
    pytest.param(wide(6, "x"), "turnover 'x' is not a number", id="text in turnover"),
    pytest.param(wide(7, "nan"), "bid 'nan' is not a number", id="NaN bid"),
    pytest.param(wide(7, "0"), "bid 0 is not above 0", id="bid zero"),
    pytest.param(wide(8, "0"), "ask 0 is not above 0", id="ask zero"),
    pytest.param(wide(7, "100.7"), "bid 100.7 is above ask 100.6", id="crossed"),
    pytest.param(wide(9, "1"), "funding_rate 1 is not a fraction", id="funding in percent"),
    pytest.param(wide(9, "-1"), "funding_rate -1 is not a fraction", id="negative funding in percent"),
    pytest.param(wide(9, "inf"), "funding_rate 'inf' is not a number", id="infinite funding"),
    *(pytest.param(with_cell(0, text), "is not a time", id=f"time {text!r}")
      for text in ["", "now", "17:15", "2025-13-03 17:15:00", "174370050", "-1743700500000", "1e400", "1.7e99",
                   "2025-04-03 25:15:00"]),
    *(pytest.param(with_cell(0, text), "may begin with the day or the month", id=f"time {text!r}")
      for text in ["03/04/2025 17:15", "03.04.2025 17:15", "3-4-25 17:15"]),
    pytest.param(with_cell(0, "1743700500.00000001"), "whole microseconds", id="a fraction of a microsecond"),
    pytest.param(with_cell(0, "2008-12-31 23:55:00+00:00"), "is out of range", id="before Bitcoin"),
    pytest.param(with_cell(0, "2101-01-01 00:00:00+00:00"), "is out of range", id="next century"),
    pytest.param(with_cell(0, "0001-01-01 00:00:00+14:00"), "is out of range", id="before the calendar"),
    pytest.param(with_cell(0, "1970-01-01"), "is out of range", id="epoch"),
    pytest.param(with_cell(0, ROWS[1][0]), "repeats the time of row 3 with another open", id="time repeats"),
    pytest.param(with_cell(0, ROWS[0][0]), "repeats the time of row 2 with another open", id="time of row 2"),
    pytest.param(with_cell(0, str(START - STEP)), "the time goes back", id="time goes back"),
    pytest.param(with_cell(0, str(START + 2 * STEP + STEP / 5)), "wrong interval: 6m", id="off the grid"),
    pytest.param(with_cell(0, str(START + 2 * STEP + STEP / 7)), "wrong interval: 0:05:42", id="off the minute"),
    pytest.param(with_cell(5, "12.5,1"), "7 fields instead of 6", id="a field too many"),
    pytest.param(GOOD.replace(f",{ROWS[2][4]},12.5\n", f",{ROWS[2][4]}\n", 1), "5 fields", id="a field too few"),
    pytest.param(with_cell(5, '"12\n.5"'), "a quoted field contains a line break", id="a line break in quotes"),
    pytest.param(GOOD.replace(",".join(ROWS[2]), "", 1), "0 fields instead of 6", id="an empty line"),
    pytest.param(GOOD.replace(",".join(ROWS[2]), HEADER, 1), "is not a time", id="a second header"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), INVALID_ROWS)
def test_an_invalid_row_is_refused_naming_file_row_and_fault(tmp_path: Path, text: str, fault: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InvalidTape) as refused:
        read_tape(path, now=NOW)
    assert (refused.value.file, refused.value.row) == (str(path), 4)
    assert fault in refused.value.fault
    assert str(refused.value).startswith(f"{path}, row 4: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "row", "fault"),
    [
        pytest.param("", None, "is empty", id="empty"),
        pytest.param("\n\n \n", None, "is empty", id="blank"),
        pytest.param("\n" + GOOD, 1, "is an empty line", id="begins with an empty line"),
        pytest.param(HEADER + "\n", 1, "only a header", id="header only"),
        pytest.param(HEADER, 1, "only a header", id="header only, no line end"),
        pytest.param(sheet(ROWS[:1]), 2, "only one candle", id="one candle"),
        pytest.param(sheet(ROWS[:1], header=""), 1, "only one candle", id="one candle, no header"),
        *(
            pytest.param(GOOD.replace(name, "x", 1), 1, f"missing column: {meaning}", id=f"no {name}")
            for name, meaning in zip(
                HEADER.split(","), ("time", "open", "high", "low", "close", "volume"), strict=True
            )
        ),
        pytest.param(GOOD.replace("open,high", "x,y", 1), 1, "missing column: open, high", id="two missing"),
        pytest.param(sheet(ROWS, header="a,b,c,d,e,f"), 1, "missing column: time, open", id="unknown header"),
        pytest.param(GOOD.replace("high", "open", 1), 1, "two columns contain the open", id="open twice"),
        pytest.param(sheet([c[:5] for c in ROWS], header=""), 1, "there must be 6", id="narrow, no header"),
        pytest.param(
            sheet([c * 2 for c in ROWS], header=""), 1, "12 columns are read in Bin", id="wide, no header"
        ),
        pytest.param(sheet([c[:5] * 2 for c in ROWS], header=""), 1, "not 10", id="10 columns, no header"),
        pytest.param(
            GOOD.replace(",", ";").replace("12.5", "1,234"), 1, "may be a decimal or thousands", id="1,234"
        ),
        pytest.param(
            GOOD.replace(",", ";").replace("12.5", "12,5"), 1, "others a comma ('12,5')", id="point and comma"
        ),
        pytest.param(
            GOOD.replace(",", ";").replace("12.5", "1.234,5"), 1, "may separate thousands", id="thousands"
        ),
        pytest.param(GOOD + '2025-04-03 17:35:00+00:00,"106', 8, "is not CSV", id="a quote never closed"),
        pytest.param(
            sheet([*ROWS[:3], ROWS[3][:4]])[:-1], 5, "the file is cut off here: 4 fields", id="cut short"
        ),
        pytest.param(sheet([*ROWS[:3], [ROWS[3][0][:7]]])[:-1], 5, "cut off here", id="cut in the time"),
        pytest.param(
            sheet([*ROWS[:3], [*ROWS[3][:5], ""]])[:-1], 5, "volume is empty", id="cut before the volume"
        ),
        pytest.param(
            b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(range(256)), 1, "is not text in UTF-8", id="binary"
        ),
        pytest.param(GOOD.encode() + b"\xff\xfe\n", 8, "is not text in UTF-8", id="a bad byte"),
        pytest.param(GOOD.encode() + b"\0\n", 8, "zero bytes", id="a zero byte"),
        pytest.param(GOOD.encode("utf-16"), 1, "is not text in UTF-8", id="UTF-16"),
    ],
)
def test_a_file_that_is_not_a_tape_is_refused(
    tmp_path: Path, content: str | bytes, row: int | None, fault: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InvalidTape) as refused:
        read_tape(path, now=NOW)
    assert (refused.value.file, refused.value.row) == (str(path), row)
    assert fault in refused.value.fault


@pytest.mark.parametrize("first", [0, 60])
def test_candles_of_two_intervals_in_one_file_are_refused_and_gaps_are_not(
    tmp_path: Path, first: int
) -> None:
    def read(*places: int) -> Tape:
        return read_tape(write(tmp_path, sheet(row(place) for place in places)), now=NOW)

    fine, hours = range(first), range(first, first + 12 * 25, 12)
    with pytest.raises(
        InvalidTape, match=rf"row {first + 3}: 24 rows are 1h apart, and others 5m: candles of two"
    ):
        read(*fine, *hours, hours[-1] + 1)
    assert len(read(*fine, *hours[:-1], hours[-2] + 1).gaps) == 23


@pytest.mark.parametrize(
    ("name", "steps", "row", "fault"),
    [
        ("BTCUSDT_5m.csv", (0, 2, 4, 6), 3, "the file's name has 5m, its candles are 10m apart"),
        ("BTCUSDT_1h.csv", (0, 1, 2), 3, "wrong interval: 5m from the row above, not a multiple of 1h"),
        ("BTCUSDT_10m.csv", (0, 2, 3, 4), 4, "wrong interval: 5m from the row above, not a multiple of 10m"),
        ("BTCUSDT.csv", (0, 2, 4, 5, 8), 5, "wrong interval: 5m from the row above, not a multiple of 10m"),
    ],
)
def test_an_interval_that_differs_from_the_name_or_between_rows_is_refused(
    tmp_path: Path, name: str, steps: tuple[int, ...], row: int, fault: str
) -> None:
    cells = [[str(START + step * STEP), *ROWS[0][1:]] for step in steps]
    with pytest.raises(InvalidTape) as refused:
        read_tape(write(tmp_path, sheet(cells), name), now=NOW)
    assert refused.value.row == row
    assert fault in refused.value.fault


@pytest.mark.parametrize(
    ("times", "row", "fault"),
    [
        (["1743699900", "1743699901", "1743699902"], 3, "0:00:01 is not a whole number of minutes"),
        (["1743699930", "1743699990", "1743700050"], 2, "is not the start of a minute"),
        (["1743699959999", "1743700019999"], 2, "is not the start of a minute"),
    ],
)
def test_times_that_are_not_starts_of_minutes_are_refused(
    tmp_path: Path, times: list[str], row: int, fault: str
) -> None:
    cells = [[time, *ROWS[0][1:]] for time in times]
    with pytest.raises(InvalidTape) as refused:
        read_tape(write(tmp_path, sheet(cells), "BTCUSDT.csv"), now=NOW)
    assert refused.value.row == row
    assert fault in refused.value.fault


@pytest.mark.parametrize(
    ("order", "row", "fault"),
    [
        ((5, 4, 3, 1, 2, 0), 6, "the time goes forward in a file that is newest first"),
        ((0, 1, 2, 4, 3, 5), 6, "the time goes back"),
        ((0, 0), 2, "only one candle"),
        ((5, 0, 1, 2, 3, 4), 3, "the time goes back"),
    ],
)
def test_unordered_times_are_refused(tmp_path: Path, order: tuple[int, ...], row: int, fault: str) -> None:
    with pytest.raises(InvalidTape) as refused:
        read_tape(write(tmp_path, sheet(ROWS[index] for index in order)), now=NOW)
    assert refused.value.row == row
    assert fault in refused.value.fault


def test_a_file_whose_candles_all_end_after_now_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidTape, match="no complete candle ends by"):
        read_tape(write(tmp_path, GOOD), now=START)


@pytest.mark.parametrize("name", ["btc_perp_1m_2022-01.csv", "candles.csv", "2025_5m.csv", "BTC_PERP_5m.csv"])
def test_a_file_name_without_a_symbol_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidTape, match="add --symbol"):
        read_tape(write(tmp_path, GOOD, name), now=NOW)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidTape, match=r"BTCUSDT_5m\.csv: there is no such file"):
        read_tape(tmp_path / "BTCUSDT_5m.csv", now=NOW)


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidTape, match="there is no such file"):
        read_tape(write(tmp_path, GOOD) / "BTCUSDT_5m.csv", now=NOW)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidTape, match="is a folder"):
        read_tape(tmp_path, now=NOW)


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "BTCUSDT_5m.csv")
    with pytest.raises(InvalidTape, match="is not a regular file"):
        read_tape(tmp_path / "BTCUSDT_5m.csv", now=NOW)


def test_a_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidTape, match=r"cannot be read: .*too long"):
        read_tape(tmp_path / ("x" * 5000), now=NOW)


def test_a_file_without_read_permission_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.chmod(0)
    with without_privileges(), pytest.raises(InvalidTape, match="cannot be read: check its permissions"):
        read_tape(path, now=NOW)


@contextmanager
def without_privileges() -> Generator[None]:
    """Switches from root, which may read every file, to an unprivileged user."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)
