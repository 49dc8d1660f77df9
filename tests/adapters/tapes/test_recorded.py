"""Recorded candle files are read unchanged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.tapes import merge, read_tape
from domain.errors import InvalidTape

NOW = datetime(2025, 7, 3, tzinfo=UTC)
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")


@pytest.mark.parametrize(
    ("name", "candles", "minutes"),
    [
        *((f"{symbol}_5m.csv", 25_920, 5) for symbol in SYMBOLS),
        ("BTCUSDT_1m.csv", 43_200, 1),
        ("ETHUSDT_1m.csv", 43_200, 1),
    ],
)
def test_bybit_recordings_are_read_without_gaps_and_notes(
    market_data: Path, name: str, candles: int, minutes: int
) -> None:
    tape = read_tape(market_data / "bybit_klines" / name, now=NOW)
    assert (len(tape.candles), tape.interval) == (candles, timedelta(minutes=minutes))
    assert (tape.gaps, tape.notes) == ((), ())
    assert tape.instrument == f"{name[:7]}-LINEAR.BYBIT"
    assert all(later.open == earlier.close for earlier, later in pairwise(tape.candles))


def test_the_first_and_the_last_candle_have_the_digits_of_the_file(market_data: Path) -> None:
    tape = read_tape(market_data / "bybit_klines" / "BTCUSDT_5m.csv", now=NOW)
    first, last = tape.candles[0], tape.candles[-1]
    assert first.open_time == datetime(2025, 4, 3, 17, 5, tzinfo=UTC)
    assert last.close_time == datetime(2025, 7, 2, 17, 5, tzinfo=UTC)
    figures = [str(figure) for figure in (last.open, last.high, last.low, last.close, last.volume)]
    assert figures == ["109385.4", "109562.5", "109385.3", "109481.1", "268.108"]
    assert first.close == Decimal("81804.9")


def test_a_last_candle_that_ends_after_now_is_omitted(market_data: Path) -> None:
    path = market_data / "bybit_klines" / "BTCUSDT_5m.csv"
    tape = read_tape(path, now=datetime(2025, 7, 2, 17, 4, 59, tzinfo=UTC))
    assert len(tape.candles) == 25_919
    assert "ends after" in tape.notes[0]


def test_recorded_times_without_a_zone_are_read_as_utc_with_a_note(market_data: Path) -> None:
    tape = read_tape(market_data / "btc_perp_1m_2022-01.csv", symbol="BTCUSDT", now=NOW)
    assert (len(tape.candles), tape.gaps) == (45_031, ())
    assert tape.candles[0].open_time == datetime(2021, 12, 31, 23, 1, tzinfo=UTC)
    assert tape.notes == ("times carry no zone: read as UTC",)


def test_a_file_name_without_a_symbol_is_refused(market_data: Path) -> None:
    with pytest.raises(InvalidTape, match="add --symbol"):
        read_tape(market_data / "btc_perp_1m_2022-01.csv", now=NOW)


def test_recordings_of_three_symbols_are_merged_in_order_of_time(market_data: Path) -> None:
    tapes = [read_tape(market_data / "bybit_klines" / f"{symbol}_5m.csv", now=NOW) for symbol in SYMBOLS]
    instants = list(merge(tapes))
    assert len(instants) == 25_920
    assert all(len(candles) == 3 for _, candles in instants)
    assert all(earlier < later for (earlier, _), (later, _) in pairwise(instants))


def test_a_file_of_ticks_is_refused(market_data: Path) -> None:
    with pytest.raises(InvalidTape, match="is not CSV"):
        read_tape(market_data / "ticks" / "spot_btcusdt_20240808.gz", symbol="BTCUSDT", now=NOW)
