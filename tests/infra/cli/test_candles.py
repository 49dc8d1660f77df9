"""`whence candles check` prints what each file contains, and refuses with exit code 1."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.adapters.tapes.sheets import HEADER, row, sheet, write
from tests.infra.cli.conftest import Whence

ROWS = [row(index) for index in range(6)]
WITH_FUNDING = sheet(
    [[*cells, "0.0001"] for cells in (*ROWS[:3], ROWS[2], ROWS[5])], f"{HEADER},funding_rate"
)


def test_the_contents_of_a_file_are_printed_for_people(whence: Whence, tmp_path: Path) -> None:
    write(tmp_path, WITH_FUNDING)
    done = whence("candles", "check", "BTCUSDT_5m.csv")
    assert (done.code, done.err) == (0, "")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[:10] == [
        "BTCUSDT_5m.csv",
        "format CSV",
        "symbol BTCUSDT-LINEAR.BYBIT",
        "interval 5m",
        "rows 5, of which 4 candles are played",
        "period 2025-04-03T17:05:00Z to 2025-04-03T17:35:00Z",
        "gaps 1",
        "missing candles: 2",
        "repeats rows read once: 1",
        "funding 4 rates, repeated on candles without a settlement",
    ]


def test_the_contents_of_files_are_printed_as_json(whence: Whence, tmp_path: Path) -> None:
    write(tmp_path, WITH_FUNDING)
    write(tmp_path, sheet([[*cells[:5], "0"] for cells in ROWS]), "ETHUSDT_5m.csv")
    done = whence("candles", "check", "BTCUSDT_5m.csv", "ETHUSDT_5m.csv", "--json")
    assert (done.code, done.err) == (0, "")
    first, second = json.loads(done.out)
    notes = first.pop("notes")
    assert first == {
        "file": "BTCUSDT_5m.csv",
        "format": "CSV",
        "packing": None,
        "instrument": "BTCUSDT-LINEAR.BYBIT",
        "interval": "5m",
        "rows": 5,
        "candles": 4,
        "from": "2025-04-03T17:05:00Z",
        "to": "2025-04-03T17:35:00Z",
        "gaps": 1,
        "missing": 2,
        "repeats": 1,
        "unconfirmed": 0,
        "unfinished": 0,
        "volume_is_zero": False,
        "funding_rates": 4,
        "funding_repeats": True,
    }
    assert len(notes) == 3
    assert second["volume_is_zero"] is True


def test_a_refused_file_gives_exit_code_1_after_all_files_were_read(whence: Whence, tmp_path: Path) -> None:
    write(tmp_path, sheet(ROWS).replace("12.5", "[x]", 1))
    write(tmp_path, sheet(ROWS), "ETHUSDT_5m.csv")
    done = whence("candles", "check", "BTCUSDT_5m.csv", "ETHUSDT_5m.csv", "missing.csv")
    assert (done.code, done.err) == (1, "")
    assert "refused  row 2: volume '[x]' is not a number" in done.out
    assert "refused  there is no such file" in done.out
    assert "ETHUSDT-LINEAR.BYBIT" in done.out
    again = whence("candles", "check", "BTCUSDT_5m.csv", "--json")
    (report,) = json.loads(again.out)
    assert (again.code, report["row"]) == (1, 2)
    assert report["refused"].startswith("volume '[x]' is not a number")


def test_symbols_are_given_for_each_file_in_order(whence: Whence, tmp_path: Path) -> None:
    write(tmp_path, sheet(ROWS), "a.csv")
    assert whence("candles", "check", "a.csv").code == 1
    done = whence("candles", "check", "a.csv", "--symbol", "SOLUSDT", "--json")
    assert json.loads(done.out)[0]["instrument"] == "SOLUSDT-LINEAR.BYBIT"
    wrong = whence("candles", "check", "a.csv", "--symbol", "A", "--symbol", "B")
    assert (wrong.code, wrong.out) == (2, "")
    assert "1 files were given with 2 symbols" in wrong.err


def test_notes_are_printed_before_the_run_begins(whence: Whence, tmp_path: Path) -> None:
    write(tmp_path, sheet([[*cells[:5], "0"] for cells in ROWS]))
    done = whence("paper", "--candles", "BTCUSDT_5m.csv", "--log", "memory:", "--json")
    assert done.code == 0
    assert "BTCUSDT_5m.csv: the volume of every candle is 0: no order is filled" in done.err
    assert any("every candle is 0" in note for note in json.loads(done.out)["notes"])


def test_importing_the_command_imports_no_reader() -> None:
    """`whence --help` imports the module of each command."""
    heavy = "{'adapters.tapes', 'domain.candle', 'pyarrow'}"
    program = f"import sys, infra.cli.candles; print(sorted(set(sys.modules) & {heavy}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
