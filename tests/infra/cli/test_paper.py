"""whence paper: what it tells people and programs, and that a made-up market is called one everywhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from domain.log import Recorded
from domain.opening import LogOpened
from projections.summary import Summary
from tests.adapters.tapes.sheets import row, sheet, write
from tests.infra.cli.conftest import Whence
from tests.journeys.program import WHENCE, environment
from tests.journeys.program import whence as program
from tests.journeys.runs import events_at, rows_in

SYNTHETIC = "SYNTHETIC MARKET: these prices are of nothing"


def told_in(folder: Path, name: str = "whence.db") -> list[Recorded]:
    return events_at(f"sqlite:///{folder / name}")


def test_a_synthetic_market_is_called_one_everywhere(whence: Whence, tmp_path: Path) -> None:
    table = whence("paper", "--bars", "1500")
    assert table.code == 0
    assert SYNTHETIC in table.out
    assert "synthetic market, not recorded prices: whence-synthetic-1 seed=7" in table.err
    told = json.loads(whence("paper", "--bars", "1500", "--json").out)
    assert told["synthetic"] is True
    assert all("synthetic market, not recorded prices" in note for note in told["notes"])
    opened = told_in(tmp_path)[0].envelope.event
    assert isinstance(opened, LogOpened)
    assert opened.synthetic
    assert "SYNTHETIC" in whence("log", "--to", "1").out
    assert SYNTHETIC in whence("explain", "log").out
    assert json.loads(whence("explain", "log", "--json").out)["synthetic"] is True


def test_the_same_seed_makes_the_same_log(whence: Whence, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert whence("paper", "--bars", "800", "--log", f"sqlite:///{name}.db").code == 0
    assert whence("paper", "--bars", "800", "--seed", "8", "--log", "sqlite:///other.db").code == 0
    assert rows_in(tmp_path / "one.db") == rows_in(tmp_path / "two.db")
    assert rows_in(tmp_path / "one.db")[0] != rows_in(tmp_path / "other.db")[0]


def test_programs_are_told_what_the_log_adds_up_to(whence: Whence, tmp_path: Path) -> None:
    told = json.loads(whence("paper", "--json").out)
    summary = Summary()
    for recorded in told_in(tmp_path):
        summary.fold(recorded.envelope)
    assert {name: told[name] for name in summary.figures()} == json.loads(json.dumps(summary.figures()))
    assert summary.trades > 0
    assert (told["log"], told["candles"], told["whole"]) == ("sqlite:///whence.db", 15_000, True)
    assert (told["from"], told["to"]) == ("2025-01-01T00:00:00Z", "2025-01-18T08:40:00Z")
    assert told["log_id"] == str(performance_log_id(tmp_path))
    assert told["open_positions"] == 0
    assert Decimal(told["balance"]) - Decimal(told["starting_balance"]) == Decimal(told["net"])
    assert sum(told["exits"].values()) == told["trades"]


def performance_log_id(folder: Path) -> object:
    opened = told_in(folder)[0].envelope.event
    assert isinstance(opened, LogOpened)
    return opened.log_id


def cells(table: str) -> Iterator[tuple[str, str]]:
    for line in table.splitlines():
        if line.startswith("│"):
            name, value = line.strip("│").split("│")
            yield name.strip(), value.strip()


def test_the_table_tells_people_the_same(whence: Whence) -> None:
    told = json.loads(whence("paper", "--bars", "2500", "--json").out)
    rows = dict(cells(whence("paper", "--bars", "2500").out))
    assert rows["events"] == f"{told['events']:,}"
    assert rows["signals"] == f"{told['signals']:,}"
    assert rows["trades"] == f"{told['trades']} ({told['open_positions']} still open)"
    assert rows["net profit"] == f"{Decimal(told['net']):,.2f} USDT"
    assert rows["of it fees"] == f"{-Decimal(told['fees']):,.2f} USDT"
    assert rows["win rate"] == f"{Decimal(told['win_rate']):.1%}"
    assert rows["largest drawdown"] == f"{Decimal(told['max_drawdown']):.2%}"
    assert all(rows[reason] == str(count) for reason, count in told["skipped"].items())


def test_what_to_try_next_can_be_pasted(tmp_path: Path) -> None:
    """By a shell, as it stands, from where the run was, names with blanks and all."""
    folder = tmp_path / "my logs"
    folder.mkdir()
    (folder / "mine.toml").write_text("leverage = 2\n")
    words = ("paper", "--bars", "1500", "--config", "mine.toml", "--log", "sqlite:///first%20log.db")
    done = program(folder, *words)
    assert done.returncode == 0, done.stderr
    assert (folder / "first log.db").exists()
    steps = [line.strip() for line in done.stdout.partition("Try next:")[2].splitlines() if line.strip()]
    assert len(steps) == 4
    for step in steps[:3]:
        pasted = subprocess.run(
            ["bash", "-c", step], cwd=folder, env=environment(), capture_output=True, text=True, check=False
        )
        assert pasted.returncode == 0, (step, pasted.stderr)
        assert pasted.stdout
    assert _serves(f"{steps[3]} --port 0", folder)


def _serves(step: str, folder: Path) -> bool:
    """Whether the API comes up by this command, tells where it is, and goes when it is told to."""
    command = ["bash", "-c", f"exec {step}"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stderr is not None
        came_up = any("API on http://127.0.0.1:" in line for line in serving.stderr)
        serving.send_signal(signal.SIGINT)
        serving.stderr.read()
        return came_up and serving.wait(timeout=30) == 0


def test_whence_on_the_path_is_called_by_its_name(tmp_path: Path) -> None:
    path = f"{WHENCE.parent}{os.pathsep}{os.environ['PATH']}"
    done = program(tmp_path, "paper", "--bars", "300", PATH=path)
    assert "\n  whence explain " in done.stdout
    away = program(tmp_path, "paper", "--bars", "300", PATH="/usr/bin")
    assert f"\n  {WHENCE} explain " in away.stdout


def test_a_run_without_a_trade_has_next_steps_too(whence: Whence, tmp_path: Path) -> None:
    write(tmp_path, sheet(row(index) for index in range(30)))
    said = whence("paper", "BTCUSDT_5m.csv")
    assert said.code == 0
    assert "no trade yet" in said.out
    assert "Paper trading" in said.out
    assert "SYNTHETIC" not in said.out
    assert "explain log --log sqlite:///whence.db" in said.out
    assert whence("explain", "log").code == 0


def test_a_log_in_memory_has_nothing_to_go_on_with(whence: Whence, tmp_path: Path) -> None:
    said = whence("paper", "--bars", "300", "--log", "memory:")
    assert said.code == 0
    assert "Try next" not in said.out
    assert "in memory and is gone" in said.out
    assert list(tmp_path.iterdir()) == []
    assert whence("log", "--log", "memory:").code == 2


def test_what_a_person_must_know_of_a_tape_is_said_once(whence: Whence, tmp_path: Path) -> None:
    rows = [row(index) for index in range(60) if index not in (20, 21)]
    naive = [[cells[0].removesuffix("+00:00"), *cells[1:]] for cells in rows]
    for name in ("BTCUSDT_5m.csv", "ETHUSDT_5m.csv"):
        write(tmp_path, sheet(naive), name)
    said = whence("paper", "BTCUSDT_5m.csv", "ETHUSDT_5m.csv")
    assert said.code == 0
    assert said.err.count("times carry no zone: read as UTC") == 1
    assert "BTCUSDT_5m.csv, ETHUSDT_5m.csv: times carry no zone: read as UTC" in said.err
    assert "gap" in said.err


def test_symbols_are_given_in_the_order_of_files(whence: Whence, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write(tmp_path, sheet(row(index) for index in range(60)), name)
    words = ("--candles", "a.csv", "b.csv", "--symbol", "SOLUSDT", "--symbol", "BTCUSDT", "--json")
    assert json.loads(whence("paper", *words).out)["instruments"] == [
        "BTCUSDT-LINEAR.BYBIT",
        "SOLUSDT-LINEAR.BYBIT",
    ]


def test_pace_waits_and_changes_nothing(tmp_path: Path) -> None:
    """288 candles of five minutes, 86,400 times faster than real time: one second, and the same log."""
    paced = program(
        tmp_path, "paper", "--bars", "288", "--pace", "86400x", "--json", "--log", "sqlite:///paced.db"
    )
    assert json.loads(paced.stdout)["seconds"] >= 0.9
    assert program(tmp_path, "paper", "--bars", "288", "--log", "sqlite:///quick.db").returncode == 0
    assert rows_in(tmp_path / "paced.db") == rows_in(tmp_path / "quick.db")
