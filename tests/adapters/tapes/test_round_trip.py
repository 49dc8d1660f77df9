"""A written tape is read back unchanged; an invalid cell is refused naming its row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.tapes import read_tape
from domain.candle import Candle
from domain.errors import InvalidTape

NOW = datetime(2100, 1, 1, tzinfo=UTC)
MINUTES = (1, 3, 5, 15, 60, 240, 1440)
COLUMNS = ("timestamp", "open", "high", "low", "close", "volume", "turnover", "bid", "ask", "funding_rate")
on_disk = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

Cells = list[list[str]]

_amounts = st.decimals(0, Decimal("1e6"), places=6)
_STEP = Decimal("1e-6")
_prices = st.decimals(Decimal("1e-6"), Decimal("1e9"), places=6)
_maybe = st.none()


@st.composite
def candles(draw: st.DrawFn) -> list[Candle]:
    """Three candles or more with gaps at any place; the interval is in the file's name."""
    interval = timedelta(minutes=draw(st.sampled_from(MINUTES)))
    gaps = draw(st.lists(st.integers(1, 4), min_size=1, max_size=12))
    first = datetime(2020, 1, 1, tzinfo=UTC) + draw(st.integers(0, 10**6)) * timedelta(minutes=1)
    # At least two candles are adjacent; otherwise the file's interval would be read as a longer one.
    places = [0, 1]
    for gap in gaps:
        places.append(places[-1] + gap)
    return [draw(_candle(interval, first + place * interval)) for place in places]


@st.composite
def _candle(draw: st.DrawFn, interval: timedelta, opens: datetime) -> Candle:
    low, one, other, high = sorted(draw(st.lists(_prices, min_size=4, max_size=4)))
    opened, closed = draw(st.permutations([one, other]))
    bid, ask = sorted(draw(st.tuples(_prices, _prices)))
    volume = draw(_amounts)
    return Candle(
        instrument="BTCUSDT-LINEAR.BYBIT",
        interval=interval,
        open_time=opens,
        open=opened,
        high=high,
        low=low,
        close=closed,
        volume=volume,
        turnover=draw(_maybe | st.just((volume * closed).quantize(_STEP))),
        bid=draw(_maybe | st.just(bid)),
        ask=draw(_maybe | st.just(ask)),
        funding_rate=draw(_maybe | st.decimals(Decimal("-0.1"), Decimal("0.1"), places=6)),
    )


def cells_of(recorded: Sequence[Candle], spelled: Callable[[datetime], str]) -> Cells:
    return [
        [spelled(candle.open_time)]
        + ["" if value is None else str(value) for value in (getattr(candle, name) for name in COLUMNS[1:])]
        for candle in recorded
    ]


def file_of(folder: Path, recorded: Sequence[Candle], cells: Cells) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *cells])
    path = folder / f"BTCUSDT_{recorded[0].interval // timedelta(minutes=1)}m.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path


def milliseconds(time: datetime) -> str:
    return str(int(time.timestamp()) * 1000)


@on_disk
@given(
    recorded=candles(),
    spelled=st.sampled_from([str, datetime.isoformat, milliseconds]),
    newest_first=st.booleans(),
)
def test_a_written_tape_is_read_back_unchanged(
    tmp_path: Path, recorded: list[Candle], spelled: Callable[[datetime], str], newest_first: bool
) -> None:
    cells = cells_of(recorded, spelled)
    tape = read_tape(file_of(tmp_path, recorded, cells[::-1] if newest_first else cells), now=NOW)
    assert tape.candles == tuple(recorded)
    assert [str(candle.close) for candle in tape.candles] == [str(candle.close) for candle in recorded]
    between = (recorded[-1].close_time - recorded[0].open_time) // tape.interval
    assert len(tape.candles) + sum(gap.missing for gap in tape.gaps) == between


def _shortened(cells: list[str]) -> None:
    cells.pop()


def _swapped(cells: list[str]) -> None:
    cells[2], cells[3] = str(Decimal(cells[3]) / 2), cells[2]


FAULTS: dict[str, Callable[[list[str]], object]] = {
    "text": lambda cells: cells.__setitem__(4, "n/a"),
    "empty": lambda cells: cells.__setitem__(1, ""),
    "NaN": lambda cells: cells.__setitem__(2, "nan"),
    "zero": lambda cells: cells.__setitem__(3, "0"),
    "negative volume": lambda cells: cells.__setitem__(5, "-1"),
    "high below low": _swapped,
    "no time": lambda cells: cells.__setitem__(0, "yesterday"),
    "too old": lambda cells: cells.__setitem__(0, "1999-01-01"),
    "a field too few": _shortened,
    "a field too many": lambda cells: cells.append("1"),
}


@on_disk
@pytest.mark.parametrize("fault", FAULTS)
@given(data=st.data(), recorded=candles())
def test_an_invalid_row_is_refused_naming_its_number(
    tmp_path: Path, fault: str, data: st.DataObject, recorded: list[Candle]
) -> None:
    cells = cells_of(recorded, str)
    index = data.draw(st.integers(0, len(cells) - 1))
    FAULTS[fault](cells[index])
    with pytest.raises(InvalidTape) as refused:
        read_tape(file_of(tmp_path, recorded, cells), now=NOW)
    assert refused.value.row == index + 2


@on_disk
@given(data=st.data(), recorded=candles())
def test_a_truncated_file_is_refused_or_gives_only_complete_candles(
    tmp_path: Path, data: st.DataObject, recorded: list[Candle]
) -> None:
    path = file_of(tmp_path, recorded, cells_of(recorded, str))
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        read = read_tape(path, now=NOW).candles
    except InvalidTape:
        return
    assert read == tuple(recorded)[: len(read)]


@on_disk
@given(content=st.binary() | st.text().map(str.encode))
def test_random_content_is_refused_as_an_invalid_tape(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "BTCUSDT.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidTape) as refused:
        read_tape(path, now=NOW)
    assert refused.value.fault
