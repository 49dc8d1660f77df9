"""`whence candles rebuild`: the store has the candles that the engine took, from the files and from the tape."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.adapters.tapes.sheets import row, sheet, write
from tests.infra.cli.conftest import Whence

FILE = "BTCUSDT_5m.csv"
ROWS = [row(index) for index in range(60)]
Rows = list[tuple[object, ...]]


def stored(folder: Path) -> Rows:
    with closing(sqlite3.connect(folder / "whence.read.db")) as store:
        return store.execute("SELECT * FROM candles ORDER BY opens_at").fetchall()


def emptied(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "whence.read.db")) as store, store:
        store.execute("DELETE FROM candles")


def played(whence: Whence, folder: Path) -> Rows:
    write(folder, sheet(ROWS))
    done = whence("paper", "--candles", FILE)
    assert done.code == 0, done.err
    return stored(folder)


def test_a_paper_run_keeps_every_candle_and_the_same_run_again_fills_an_emptied_store(
    whence: Whence, tmp_path: Path
) -> None:
    observed = played(whence, tmp_path)
    assert len(observed) == len(ROWS)
    emptied(tmp_path)
    assert whence("paper", "--candles", FILE).code == 0
    assert stored(tmp_path) == observed


def test_candles_rebuilt_from_the_files_are_the_observed_ones_until_the_last_event(
    whence: Whence, tmp_path: Path
) -> None:
    observed = played(whence, tmp_path)
    emptied(tmp_path)
    done = whence("candles", "rebuild", FILE)
    assert done.code == 0, done.err
    rebuilt = stored(tmp_path)
    assert rebuilt
    assert rebuilt == observed[: len(rebuilt)]
    assert done.out == f"{len(rebuilt)} candles in the candle store\n"


def test_other_files_than_those_of_the_log_are_refused_and_nothing_is_removed(
    whence: Whence, tmp_path: Path
) -> None:
    observed = played(whence, tmp_path)
    write(tmp_path, sheet(ROWS[1:]), FILE)
    done = whence("candles", "rebuild", FILE)
    assert (done.code, done.out) == (2, "")
    assert "these are not the files of the log" in done.err
    assert stored(tmp_path) == observed


def test_a_log_made_from_files_is_not_rebuilt_without_them(whence: Whence, tmp_path: Path) -> None:
    observed = played(whence, tmp_path)
    done = whence("candles", "rebuild")
    assert "give the candle files that it was made from" in done.err
    assert stored(tmp_path) == observed
