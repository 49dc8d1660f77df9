"""The candles of a log: from the tape of its inputs, from files, from the synthetic market, or none with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import read_sqlite as read_log
from adapters.tapes import synthetic_tape
from domain.candle import Candle
from domain.errors import InvalidInput
from domain.opening import Mode
from infra.config import WhenceSettings
from infra.log_candles import Around, LogCandles
from tests.domain.history import BTC
from tests.infra.run import taped
from tests.journeys.runs import EAGER, plan
from tests.replacing import replace

FIVE = timedelta(minutes=5)
TAPES = synthetic_tape(7, candles=40)
OPENING = plan(TAPES, EAGER).opening
CANDLES = next(one.candles for one in TAPES if one.instrument == BTC)
AROUND = Around(BTC, FIVE, CANDLES[10].open_time, CANDLES[20].open_time)
SETTINGS = WhenceSettings(log="sqlite:///nothing.db")


def a_file(folder: Path, symbol: str = "BTCUSDT") -> Path:
    rows = "".join(
        f"{int(one.open_time.timestamp() * 1000)},{one.open},{one.high},{one.low},{one.close},{one.volume}\n"
        for one in CANDLES
    )
    file = folder / f"{symbol}_5m.csv"
    file.write_text(f"timestamp,open,high,low,close,volume\n{rows}")
    return file


def prices(candles: Sequence[Candle]) -> list[tuple[object, ...]]:
    return [(one.open_time, one.close) for one in candles]


def test_the_synthetic_market_of_a_run_without_options_is_made_again() -> None:
    found = LogCandles(SETTINGS, OPENING, (), ()).around(AROUND)
    assert list(found.candles) == list(CANDLES[10:20])
    assert found.note == "Candles: the synthetic market."


def test_another_market_has_to_be_given() -> None:
    other = replace(OPENING, tape="0" * 64)
    assert LogCandles(SETTINGS, other, (), ()).around(AROUND) == (
        (),
        "The log does not hold its candles: give the candle files with --candles.",
    )


def test_the_candles_of_a_backtest_have_to_be_given() -> None:
    backtest = replace(OPENING, mode=Mode.BACKTEST, tape=f"log {OPENING.log_id}")
    assert LogCandles(SETTINGS, backtest, (), ()).around(AROUND) == (
        (),
        "The log does not hold its candles: give the candle files with --candles.",
    )


def test_given_files_are_read_and_are_not_taken_for_those_of_the_log(tmp_path: Path) -> None:
    found = LogCandles(SETTINGS, OPENING, [a_file(tmp_path)], ()).around(AROUND)
    assert prices(found.candles) == prices(CANDLES[10:20])
    assert found.note == "Candles: the files given."


def test_files_of_another_instrument_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InvalidInput, match=r"--candles: no file has candles of BTCUSDT-LINEAR.BYBIT, only of ETHUSDT"
    ):
        LogCandles(SETTINGS, OPENING, [a_file(tmp_path, "ETHUSDT")], ()).around(AROUND)


def test_files_and_symbols_have_to_be_as_many(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="1 files were given with 2 symbols"):
        LogCandles(SETTINGS, OPENING, [a_file(tmp_path)], ("BTCUSDT", "ETHUSDT")).around(AROUND)


def test_the_candles_of_a_live_log_are_those_on_the_tape_of_its_inputs(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    taped.trade(path, 60, 64)
    (tape,) = [one for one in taped.TAPES if one.instrument == BTC]
    around = Around(BTC, FIVE, tape.candles[50].open_time, tape.candles[63].close_time)
    opening = replace(taped.PLAN.opening, mode=Mode.LIVE)
    found = LogCandles(WhenceSettings(log=f"sqlite:///{path}"), opening, (), ()).around(around)
    assert list(found.candles) == list(tape.candles[50:64])
    assert found.note == "Candles: the tape of the log's inputs."


def test_all_candles_of_a_live_log_are_those_that_its_engine_took(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    taped.trade(path, 60, 64)
    opening = replace(taped.PLAN.opening, mode=Mode.LIVE)
    with closing(read_log(path, AvroCodec())) as log:
        found = LogCandles(WhenceSettings(log=f"sqlite:///{path}"), opening, (), ()).all(log)
        read = {(one.instrument, one.open_time): one for one in found}
    wanted = [one for tape in taped.TAPES for one in tape.candles[:64]]
    assert read == {(one.instrument, one.open_time): one for one in wanted}


def test_a_live_log_without_tape_has_no_candles_and_the_reason(tmp_path: Path) -> None:
    opening = replace(OPENING, mode=Mode.LIVE)
    found = LogCandles(WhenceSettings(log=f"sqlite:///{tmp_path / 'x.db'}"), opening, (), ()).around(AROUND)
    assert found.candles == ()
    assert found.note.startswith(
        "The log does not hold its candles, and its inputs were not kept: there is no tape"
    )
