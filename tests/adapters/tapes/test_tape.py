"""The identity of tapes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path, PurePath

import pytest

from adapters.tapes import Tape, read_tape, synthetic_tape, tape_identity
from adapters.tapes.file_name import instrument_of
from tests.adapters.tapes.sheets import NOW, START, row, sheet, write
from tests.replacing import replace


def recorded(folder: Path, candles: int = 3, symbol: str = "BTCUSDT", volume: str = "12.5") -> Tape:
    rows = [[*row(index)[:5], volume] for index in range(candles)]
    return read_tape(write(folder, sheet(rows), f"{symbol}_5m.csv"), now=NOW)


def test_a_tape_that_was_extended_or_moved_keeps_its_identity(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    grown = recorded(tmp_path / "elsewhere", candles=9)
    assert tape_identity([recorded(tmp_path)]) == tape_identity([grown])


@pytest.mark.parametrize(
    ("name", "instrument"),
    [
        ("bybit_BTCUSDT_spot_5m.csv", "BTCUSDT-SPOT.BYBIT"),
        ("bybit_BTCUSDT_5m.csv", "BTCUSDT-LINEAR.BYBIT"),
        ("SPOTUSDT_5m.csv", "SPOTUSDT-LINEAR.BYBIT"),
    ],
)
def test_a_file_of_spot_candles_by_its_name_is_of_a_spot_pair(name: str, instrument: str) -> None:
    assert instrument_of([PurePath(name)], None) == instrument


def test_the_order_of_tapes_does_not_change_the_identity(tmp_path: Path) -> None:
    one, other = recorded(tmp_path), recorded(tmp_path, symbol="ETHUSDT")
    assert tape_identity([one, other]) == tape_identity([other, one])


def test_another_instrument_interval_figure_or_time_changes_the_identity(tmp_path: Path) -> None:
    tape = recorded(tmp_path)
    first = tape.candles[0]
    others = [
        [recorded(tmp_path, symbol="ETHUSDT")],
        [tape, recorded(tmp_path, symbol="ETHUSDT")],
        [recorded(tmp_path, volume="12.6")],
        [replace(tape, interval=timedelta(minutes=15))],
        [replace(tape, candles=tape.candles[1:])],
        [replace(tape, candles=(replace(first, open_time=START - timedelta(days=1)),))],
        [replace(tape, candles=(replace(first, funding_rate=Decimal("12.5")),))],
        [replace(tape, candles=(replace(first, turnover=Decimal("12.5")),))],
    ]
    assert len({tape_identity(tapes) for tapes in [[tape], *others]}) == 1 + len(others)


def test_the_identity_equals_its_recorded_value(tmp_path: Path) -> None:
    """Logs record the identity of their tapes, so a change would make existing logs unusable with their tapes."""
    identity = tape_identity([recorded(tmp_path)])
    assert identity == "1c0423d1187f1e3cbdb44e5794cdaf5ece3ce06174dac76742626d92bf5eb630"


def test_seed_start_interval_and_symbols_identify_a_synthetic_tape() -> None:
    named = {
        tape_identity(synthetic_tape(1, candles=2)),
        tape_identity(synthetic_tape(2, candles=2)),
        tape_identity(synthetic_tape(1, candles=2, start=START)),
        tape_identity(synthetic_tape(1, candles=2, interval=timedelta(minutes=1))),
        tape_identity(synthetic_tape(1, candles=2, symbols=("BTCUSDT",))),
    }
    assert len(named) == 5
    assert tape_identity(synthetic_tape(1, candles=2)) == tape_identity(synthetic_tape(1, candles=5))


def test_a_recorded_copy_of_a_synthetic_tape_has_another_identity() -> None:
    (tape,) = synthetic_tape(1, ("BTCUSDT",), candles=2)
    assert tape_identity([tape]) != tape_identity([replace(tape, recipe="", synthetic=False)])
