"""The program refuses to resume a log on a tape whose last candle was changed, also without the record beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cases import conftest
from tests.cases.tapes import SETTINGS, write
from tests.cases.test_unfinished import SAY, TAPE, without_wicks
from tests.journeys.program import whence
from tests.journeys.runs import events_at

scripted_strategy = conftest.scripted_strategy
_ROOT = Path(__file__).parents[2]
_STRATEGY = f'[[trading.strategies]]\nname = "scripted"\nparameters = {{ say = "{SAY}" }}\n'
_CONFIG = SETTINGS.replace("[alpha]", "[trading.alpha]").replace("[simulation]", "[trading.simulation]")


def forget(path: Path) -> None:
    """Removes the record of played candles from the log's file."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM played_candles")
        connection.execute("DELETE FROM played_latest")


def test_the_program_refuses_a_candle_that_now_fills_a_stop(tmp_path: Path, scripted_strategy: Path) -> None:
    (tmp_path / "whence.toml").write_text(f"leverage = 1\n{_CONFIG}{_STRATEGY}")
    words = ("paper", "--candles", "ETHUSDT_5m.csv", "--log", "sqlite:///log.db")
    path = {"PYTHONPATH": f"{scripted_strategy}:{_ROOT}"}
    write(tmp_path / "ETHUSDT_5m.csv", without_wicks(6))
    first = whence(tmp_path, *words, **path)
    assert first.returncode == 0, first.stderr
    before = events_at(f"sqlite:///{tmp_path / 'log.db'}")
    forget(tmp_path / "log.db")
    write(tmp_path / "ETHUSDT_5m.csv", TAPE)
    again = whence(tmp_path, *words, **path)
    assert again.returncode != 0
    assert "this tape leads to Triggered of order" in " ".join(again.stderr.split())
    assert events_at(f"sqlite:///{tmp_path / 'log.db'}") == before
