"""Feather and parquet files are read as the candles they contain; damaged and oversized ones are refused."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.tapes import Recording, read_recording
from domain.errors import InvalidTape
from tests.adapters.tapes.market import BARS, CANDLES, START, TURNOVERS
from tests.adapters.tapes.sheets import NOW, write

arrow: Any = importlib.import_module("pyarrow")
ipc: Any = importlib.import_module("pyarrow.ipc")
parquet: Any = importlib.import_module("pyarrow.parquet")

Columns = Mapping[str, Any]


def times(unit: str, zone: str | None = "UTC") -> Any:
    counts = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
    values = arrow.array([bar.seconds * counts[unit] for bar in BARS])
    return values.cast(arrow.timestamp(unit, zone))


def floats(name: str, kind: Any = None) -> Any:
    return arrow.array([float(getattr(bar, name)) for bar in BARS], kind or arrow.float64())


PRICES = {name: floats(name) for name in ("open", "high", "low", "close", "volume")}
FREQTRADE = {"date": times("ms"), **PRICES}


def as_feather(columns: Columns, compression: str | None = "lz4") -> bytes:
    table, target = arrow.table(dict(columns)), arrow.BufferOutputStream()
    options = ipc.IpcWriteOptions(compression=compression)
    with ipc.new_file(target, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=3)
    return bytes(target.getvalue())


def as_parquet(columns: Columns) -> bytes:
    target = arrow.BufferOutputStream()
    parquet.write_table(arrow.table(dict(columns)), target)
    return bytes(target.getvalue())


def recording(folder: Path, data: bytes, name: str = "BTC_USDT-5m.feather") -> Recording:
    return read_recording(write(folder, data, name), now=NOW)


WRITERS: list[Any] = [
    pytest.param(as_feather, id="feather, lz4"),
    pytest.param(partial(as_feather, compression="zstd"), id="feather, zstd"),
    pytest.param(partial(as_feather, compression=None), id="feather, not compressed"),
    pytest.param(as_parquet, id="parquet"),
]


@pytest.mark.parametrize("written", WRITERS)
@pytest.mark.parametrize(
    "clock",
    [
        {"date": times("ms")},
        {"date": times("ns")},
        {"date": times("us")},
        {"date": times("s")},
        {"timestamp": arrow.array([bar.seconds * 1_000 for bar in BARS])},
        {"timestamp": arrow.array([float(bar.seconds) for bar in BARS])},
        {"__index_level_0__": times("ns")},
        {"time": arrow.array([datetime.fromtimestamp(bar.seconds, START.tzinfo).isoformat() for bar in BARS])},
    ],
    ids=["ms", "ns", "us", "s", "whole numbers", "floats", "pandas' index", "text"],
)  # fmt: skip
def test_feather_and_parquet_are_read(
    tmp_path: Path, written: Callable[[Columns], bytes], clock: Columns
) -> None:
    read = recording(tmp_path, written({**PRICES, **clock}))
    assert read.tape.instrument == "BTCUSDT-LINEAR.BYBIT"
    assert read.form in ("feather", "parquet")
    assert [(one.open, one.high, one.low, one.close, one.volume) for one in read.tape.candles] == CANDLES
    assert read.tape.candles[0].open_time == START
    assert read.tape.notes == ()


def test_floats_of_32_bits_keep_their_own_digits(tmp_path: Path) -> None:
    columns = {name: floats(name, arrow.float32()) for name in PRICES}
    read = recording(tmp_path, as_parquet({"date": times("ms"), **columns}))
    assert [(one.open, one.high) for one in read.tape.candles] == [
        (opened, high) for opened, high, *_ in CANDLES
    ]


def test_decimals_and_nulls_of_optional_columns_are_read(tmp_path: Path) -> None:
    turnovers = arrow.array([*TURNOVERS[:7], None])
    read = recording(tmp_path, as_feather({**FREQTRADE, "turnover": turnovers}))
    assert [one.turnover for one in read.tape.candles] == [*TURNOVERS[:7], None]


def test_times_without_a_zone_are_noted_and_unknown_columns_are_not_loaded(tmp_path: Path) -> None:
    nested = arrow.array([[1, 2]] * 8)
    read = recording(tmp_path, as_parquet({**PRICES, "date": times("ms", None), "book": nested}))
    assert read.tape.notes == ("times carry no zone: read as UTC", "columns not read: book")


@pytest.mark.parametrize("written", WRITERS)
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"close": arrow.array([None] * 8, arrow.float64())}, "row 1: close is empty"),
        ({"close": arrow.array([float("nan")] * 8)}, "row 1: close 'nan' is not a number"),
        ({"low": arrow.array([-1.0] * 8)}, r"row 1: low -1\.0 is not above 0"),
        ({"close": arrow.array([[1.0]] * 8)}, r"column close has type list.*: expected numbers"),
        ({"close": arrow.array([b"1"] * 8)}, "column close has type binary"),
    ],
    ids=["null", "NaN", "negative", "lists", "bytes"],
)
def test_invalid_figures_are_refused(
    tmp_path: Path, written: Callable[[Columns], bytes], change: Columns, fault: str
) -> None:
    with pytest.raises(InvalidTape, match=fault):
        recording(tmp_path, written({**FREQTRADE, **change}))


@pytest.mark.parametrize("written", WRITERS)
def test_a_truncated_or_damaged_file_is_refused(tmp_path: Path, written: Callable[[Columns], bytes]) -> None:
    whole = written(FREQTRADE)
    damaged = [whole[:place] for place in range(6, len(whole), 97)]
    damaged += [whole[:place] + b"\xff" * 16 + whole[place + 16 :] for place in range(6, len(whole) - 16, 61)]
    damaged += [
        whole[:place] + b"\x05" + whole[place + 1 :] for place in range(len(whole) - 900, len(whole), 7)
    ]
    for data in damaged:
        try:
            read = recording(tmp_path, data)
        except InvalidTape:
            continue
        assert read.rows <= len(BARS)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    columns = {name: column[:0] for name, column in FREQTRADE.items()}
    with pytest.raises(InvalidTape, match="is feather without candles"):
        recording(tmp_path, as_feather(columns))


@pytest.mark.parametrize("written", [WRITERS[1], WRITERS[3]])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, written: Callable[[Columns], bytes]
) -> None:
    zeros = arrow.repeat(0.0, 18_000_000)
    table = {"date": arrow.repeat(0, 18_000_000), "open": zeros}
    data = written(table) if written is as_parquet else _in_one_batch(table)
    assert len(data) < 1 << 20
    before = arrow.default_memory_pool().max_memory()
    with pytest.raises(InvalidTape, match="has more than 10,000,000 rows or 256 MiB unpacked"):
        recording(tmp_path, data)
    assert arrow.default_memory_pool().max_memory() == before


def _in_one_batch(columns: Columns) -> bytes:
    table, target = arrow.table(dict(columns)), arrow.BufferOutputStream()
    with ipc.new_file(target, table.schema, options=ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(target.getvalue())


def test_a_missing_pyarrow_is_reported_with_the_extra_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidTape, match=r"is feather, which needs pyarrow: .*pip install -e '\.\[files\]'"):
        recording(tmp_path, as_feather(FREQTRADE))


def test_the_fewest_digits_of_a_float_are_its_decimal(tmp_path: Path) -> None:
    figures = arrow.array([0.1, 0.2, 0.3, 1e-05, 123456.789, 0.1, 0.2, 0.3])
    read = recording(tmp_path, as_feather({**FREQTRADE, "volume": figures}))
    assert [one.volume for one in read.tape.candles][:5] == [
        Decimal(text) for text in ("0.1", "0.2", "0.3", "0.00001", "123456.789")
    ]
