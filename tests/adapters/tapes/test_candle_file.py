"""Accepted formats of candle files, and the notes for the user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path, PurePath

import pytest

from adapters.tapes import Gap, read_tape
from adapters.tapes.file_name import instrument_of
from domain.candle import Candle
from domain.errors import InvalidInput, InvalidTape
from tests.adapters.tapes.sheets import HEADER, NOW, START, STEP, row, sheet, write

FIRST = Candle(
    instrument="BTCUSDT-LINEAR.BYBIT",
    interval=STEP,
    open_time=START,
    open=Decimal("100.0"),
    high=Decimal("101.5"),
    low=Decimal("100.0"),
    close=Decimal("101.0"),
    volume=Decimal("12.5"),
)
MILLISECONDS = [str(1743699900000 + 300000 * index) for index in range(4)]
ROWS = [row(index) for index in range(4)]


def test_a_file_with_a_header_is_read_as_a_tape(tmp_path: Path) -> None:
    path = write(tmp_path, sheet(ROWS))
    tape = read_tape(path, now=NOW)
    assert (tape.instrument, tape.interval, tape.path) == ("BTCUSDT-LINEAR.BYBIT", STEP, path)
    assert tape.candles[0] == FIRST
    assert [candle.open_time for candle in tape.candles] == [START + index * STEP for index in range(4)]
    assert (tape.gaps, tape.notes, tape.synthetic, tape.recipe) == ((), (), False, "")


def test_rows_of_bybits_rest_interface_are_read_newest_first_with_turnover(tmp_path: Path) -> None:
    rows = [[*row(index, MILLISECONDS[index]), str(1262.5 + 12.5 * index)] for index in range(4)]
    tape = read_tape(write(tmp_path, sheet(reversed(rows), header="")), now=NOW)
    assert tape.candles[0].open_time == START
    assert tape.candles[0].turnover == Decimal("1262.5")
    assert tape.candles[-1].open == Decimal("103.0")
    assert tape.notes == ("newest-first order was reversed",)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(sheet(ROWS, end="\r\n"), id="CRLF"),
        pytest.param(sheet(ROWS, end="\r"), id="CR"),
        pytest.param("\ufeff" + sheet(ROWS), id="byte order mark"),
        pytest.param(sheet(ROWS) + "\n \n\n", id="blank lines at the end"),
        pytest.param(sheet(ROWS) + "   ", id="blanks after the last line"),
        pytest.param(sheet([[f'"{cell}"' for cell in cells] for cells in ROWS]), id="quoted"),
        pytest.param(sheet(ROWS, header="").replace(",", ", "), id="blanks after commas, no header"),
        pytest.param(sheet(ROWS, header=HEADER.replace(",", ", ")), id="blanks in the header"),
        pytest.param(sheet([row(i, str(START + i * STEP).replace(" ", "T")) for i in range(4)]), id="T"),
        pytest.param(sheet([row(i, f"{START + i * STEP:%Y-%m-%dT%H:%MZ}") for i in range(4)]), id="Z"),
        pytest.param(sheet([row(i, MILLISECONDS[i]) for i in range(4)]), id="milliseconds"),
        pytest.param(sheet([row(i, MILLISECONDS[i][:10]) for i in range(4)]), id="seconds"),
        pytest.param(sheet([row(i, MILLISECONDS[i] + "000") for i in range(4)]), id="microseconds"),
        pytest.param(sheet([row(i, MILLISECONDS[i] + "000000") for i in range(4)]), id="nanoseconds"),
        pytest.param(sheet([row(i, f"{MILLISECONDS[i]}.0") for i in range(4)]), id="milliseconds as floats"),
        pytest.param(
            sheet([row(i, f"{MILLISECONDS[i][:10]}.000") for i in range(4)]), id="seconds as floats"
        ),
        pytest.param(sheet([row(i, f"{int(MILLISECONDS[i])}e0") for i in range(4)]), id="with an exponent"),
        pytest.param(
            sheet([row(i, MILLISECONDS[i][: 10 if i < 2 else 13]) for i in range(4)]), id="two units"
        ),
        pytest.param(
            sheet([row(i, f"{START + i * STEP:%Y-%m-%d %H:%M:%S} UTC") for i in range(4)]), id="UTC"
        ),
        pytest.param(sheet(ROWS).replace(",", ";"), id="semicolons"),
        pytest.param(sheet(ROWS).replace(",", "\t"), id="tabs"),
        pytest.param(sheet(ROWS).replace(",", "|"), id="bars"),
        pytest.param(sheet(ROWS, header="").replace(",", ";"), id="semicolons, no header"),
        pytest.param(sheet(ROWS).replace(",", ";").replace(".", ","), id="semicolons and decimal commas"),
        pytest.param(
            sheet([cells[:1] + [f'"{cell.replace(".", ",")}"' for cell in cells[1:]] for cells in ROWS]),
            id="quoted decimal commas",
        ),
        pytest.param(sheet([[str(i), *cells] for i, cells in enumerate(ROWS)], f",{HEADER}"), id="an index"),
        pytest.param(sheet([[str(i), *cells] for i, cells in enumerate(ROWS)], ""), id="an index, no header"),
        pytest.param(sheet(ROWS, HEADER.replace("timestamp", "")), id="the times are a nameless index"),
        pytest.param(
            sheet(
                [row(i, f"{START + i * STEP + timedelta(hours=2):%Y-%m-%d %H:%M}+02:00") for i in range(4)]
            ),
            id="another zone",
        ),
    ],
)
def test_other_encodings_of_the_same_candles_give_the_same_tape(tmp_path: Path, text: str) -> None:
    plain = read_tape(write(tmp_path, sheet(ROWS)), now=NOW)
    assert read_tape(write(tmp_path, text), now=NOW) == plain
    assert all(candle.open_time.tzinfo is UTC for candle in plain.candles)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "timestamp",
            "Time",
            "DATE",
            "datetime",
            "open_time",
            "Open Time",
            "Open time",
            "start",
            "startTime",
        ),
        *("unix", "Unix Timestamp", "ts", "t", "start_at", "<DATE>", "Timestamp (ms)"),
    ],
)
def test_common_names_of_the_time_column_are_accepted(tmp_path: Path, name: str) -> None:
    text = sheet(ROWS, header=f"{name},Open,HIGH,low,Close,Volume")
    assert read_tape(write(tmp_path, text), now=NOW).candles[0] == FIRST


@pytest.mark.parametrize(
    "header",
    ["ts,o,h,l,c,v", "t,o,h,l,c,vol", "Time,Open Price,High Price,Low Price,Close Price,Base Volume"],
)
def test_common_names_of_prices_and_volume_are_accepted(tmp_path: Path, header: str) -> None:
    assert read_tape(write(tmp_path, sheet(ROWS, header)), now=NOW).candles[0] == FIRST


def test_columns_are_read_in_any_order_and_unknown_columns_are_noted(tmp_path: Path) -> None:
    rows = [["x", *reversed(cells), "17"] for cells in ROWS]
    text = sheet(rows, header="symbol,volume,close,low,high,open,timestamp,trades")
    tape = read_tape(write(tmp_path, text), now=NOW)
    assert tape.candles[0] == FIRST
    assert tape.notes == ("columns not read: symbol, trades",)


def test_empty_cells_of_optional_columns_are_read_as_none(tmp_path: Path) -> None:
    rows = [[*ROWS[0], "1262.5", "100.9", "101.1", ""], [*ROWS[1], "", "", "", "-0.0001"]]
    tape = read_tape(write(tmp_path, sheet(rows, header=f"{HEADER},turnover,bid,ask,fundingRate")), now=NOW)
    first, second = tape.candles
    assert (first.turnover, first.bid, first.ask) == (Decimal("1262.5"), Decimal("100.9"), Decimal("101.1"))
    assert (second.turnover, second.bid, second.ask) == (None, None, None)
    assert (first.funding_rate, second.funding_rate) == (None, Decimal("-0.0001"))


@pytest.mark.parametrize("text", ["100.50", "1.0050e2", "1005E-1", "+100.5", "00100.5"])
def test_numbers_are_read_as_the_exact_decimals_of_their_text(tmp_path: Path, text: str) -> None:
    rows = [[ROWS[0][0], text, *ROWS[0][2:]], ROWS[1]]
    opened = read_tape(write(tmp_path, sheet(rows)), now=NOW).candles[0].open
    assert str(opened) == str(Decimal(text))


def test_times_without_a_zone_are_read_as_utc_with_a_note(tmp_path: Path) -> None:
    rows = [row(index, f"{START + index * STEP:%Y-%m-%d %H:%M:%S}.000000") for index in range(3)]
    tape = read_tape(write(tmp_path, sheet(rows)), now=NOW)
    assert tape.candles[0].open_time == START
    assert tape.notes == ("times carry no zone: read as UTC",)


def test_gaps_are_noted_and_not_filled(tmp_path: Path) -> None:
    tape = read_tape(write(tmp_path, sheet(row(index) for index in (0, 1, 4, 5, 7))), now=NOW)
    assert len(tape.candles) == 5
    assert tape.gaps == (
        Gap(START + 2 * STEP, START + 4 * STEP, 2),
        Gap(START + 6 * STEP, START + 7 * STEP, 1),
    )
    (note,) = tape.notes
    assert note == f"2 gaps, 3 candles missing, from {START + 2 * STEP} to {START + 7 * STEP}: not filled"


def test_a_last_candle_that_ends_after_now_is_omitted_with_a_note(tmp_path: Path) -> None:
    path = write(tmp_path, sheet(ROWS))
    almost = START + 4 * STEP - timedelta(microseconds=1)
    tape = read_tape(path, now=almost)
    assert tape.candles[-1].open_time == START + 2 * STEP
    assert tape.notes == (f"the last candle ends after {almost}, omitted: 5m from {START + 3 * STEP}",)
    assert len(read_tape(path, now=START + 4 * STEP).candles) == 4


def test_all_candles_that_end_after_now_are_omitted_with_a_note(tmp_path: Path) -> None:
    tape = read_tape(write(tmp_path, sheet(ROWS)), now=START + 2 * STEP)
    assert len(tape.candles) == 2
    assert tape.notes[0].startswith("the last 2 candles end after")


def test_a_last_line_without_a_line_end_is_omitted_with_a_note(tmp_path: Path) -> None:
    tape = read_tape(write(tmp_path, sheet(ROWS)[:-2]), now=NOW)
    assert len(tape.candles) == 3
    assert tape.notes == (
        "row 5 has no line end, so it may be cut off: omitted (add a line end to include it)",
    )


def test_a_last_line_without_a_line_end_in_a_newest_first_file_omits_the_oldest_candle(
    tmp_path: Path,
) -> None:
    tape = read_tape(write(tmp_path, sheet(reversed(ROWS))[:-2]), now=NOW)
    assert [candle.open_time for candle in tape.candles] == [START + index * STEP for index in (1, 2, 3)]


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BTCUSDT_5m.csv", "BTCUSDT"),
        ("BTCUSDT.csv", "BTCUSDT"),
        ("btcusdt_5m.csv", "BTCUSDT"),
        ("1000PEPEUSDT-5m-2024-01.csv", "1000PEPEUSDT"),
        ("SOLPERP_5m.csv", "SOLPERP"),
        ("XYZ_5m.csv", "XYZ"),
        ("Binance_BTCUSDT_minute.csv", "BTCUSDT"),
        ("BTC-USDT-SWAP_5m.csv", "BTCUSDT"),
        ("BTC_USDT-5m.csv", "BTCUSDT"),
        ("BTC_USDT_USDT-5m-futures.csv", "BTCUSDT"),
        ("BTC-USD.csv", "BTCUSD"),
        ("XBTUSD_5.csv", "XBTUSD"),
        ("BTCUSDT_5_2024-03-01_2024-03-31.csv", "BTCUSDT"),
    ],
)
def test_the_symbol_is_read_from_the_files_name(tmp_path: Path, name: str, symbol: str) -> None:
    assert read_tape(write(tmp_path, sheet(ROWS), name), now=NOW).instrument == f"{symbol}-LINEAR.BYBIT"


@pytest.mark.parametrize(
    ("symbol", "instrument"),
    [("ETHUSDT", "ETHUSDT-LINEAR.BYBIT"), ("ETHUSDT-SPOT.BYBIT", "ETHUSDT-SPOT.BYBIT")],
)
def test_a_given_symbol_names_the_instrument_of_a_file_whose_name_has_none_or_the_same(
    tmp_path: Path, symbol: str, instrument: str
) -> None:
    for name in ("mine.csv", "ETHUSDT_5m.csv"):
        assert read_tape(write(tmp_path, sheet(ROWS), name), symbol=symbol, now=NOW).instrument == instrument


def test_a_given_symbol_that_the_files_name_or_content_contradicts_is_refused(tmp_path: Path) -> None:
    named = write(tmp_path, sheet(ROWS), "BTCUSDT_5m.csv")
    with pytest.raises(InvalidTape, match=r"states BTCUSDT, which --symbol ETHUSDT contradicts: leave out"):
        read_tape(named, symbol="ETHUSDT", now=NOW)
    for inside in ("BTCUSDT", "BTC/USDT", "BTC-USDT-SWAP"):
        with pytest.raises(InvalidTape, match=r"states BTCUSDT, which --symbol ETHUSDT contradicts"):
            instrument_of([PurePath("mine.csv")], "ETHUSDT", inside)


def test_a_given_symbol_chooses_between_those_of_name_and_content() -> None:
    names = [PurePath("BTCUSDT_5m.csv")]
    with pytest.raises(
        InvalidTape, match=r"different symbols, BTCUSDT and ETHUSDT: rename it, or add --symbol"
    ):
        instrument_of(names, None, "ETHUSDT")
    assert instrument_of(names, "ETHUSDT", "ETHUSDT") == "ETHUSDT-LINEAR.BYBIT"
    assert instrument_of(names, "BTCUSDT", "ETHUSDT") == "BTCUSDT-LINEAR.BYBIT"
    with pytest.raises(InvalidTape, match=r"states BTCUSDT and ETHUSDT, which --symbol SOLUSDT contradicts"):
        instrument_of(names, "SOLUSDT", "ETHUSDT")


@pytest.mark.parametrize("symbol", ["", "btcusdt", "BTC/USDT", "BTCUSDT-FUTURE.BYBIT"])
def test_an_invalid_given_symbol_is_refused(tmp_path: Path, symbol: str) -> None:
    with pytest.raises(InvalidInput, match="is not an instrument"):
        read_tape(write(tmp_path, sheet(ROWS)), symbol=symbol, now=NOW)


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("BTCUSDT_1m.csv", 1),
        ("BTCUSDT.csv", 3),
        ("BTCUSDT_4h.csv", 240),
        ("BTCUSDT_1d.csv", 1440),
        ("BTCUSDT_1w.csv", 10080),
    ],
)
def test_the_interval_is_determined_from_the_times(tmp_path: Path, name: str, minutes: int) -> None:
    step = timedelta(minutes=minutes)
    rows = [row(index, str(datetime(2025, 4, 3, tzinfo=UTC) + index * step)) for index in range(3)]
    assert read_tape(write(tmp_path, sheet(rows), name), now=NOW).interval == step
