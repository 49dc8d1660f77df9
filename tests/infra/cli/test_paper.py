"""`whence paper`: its output for people and programs, and the marking of a synthetic market."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from adapters.tapes import synthetic_tape
from domain.log import Recorded
from domain.opening import LogOpened
from domain.settings import Settings
from domain.signal import Verdict
from infra.cli.result import Result
from infra.cli.trading_tables import tables_of
from infra.config import WhenceSettings
from infra.run.plan import plan_of
from projections.summary import Summary
from projections.trades import Trades
from tests.adapters.tapes.sheets import row, sheet, write
from tests.infra.cli.conftest import Whence
from tests.journeys.program import WHENCE, environment
from tests.journeys.program import whence as program
from tests.journeys.runs import events_at, rows_in

SYNTHETIC = "SYNTHETIC MARKET: these prices are not real"


def events_in(folder: Path, name: str = "whence.db") -> list[Recorded]:
    return events_at(f"sqlite:///{folder / name}")


def test_a_synthetic_market_is_marked_in_every_output(whence: Whence, tmp_path: Path) -> None:
    table = whence("paper", "--bars", "1500")
    assert table.code == 0
    assert SYNTHETIC in table.out
    assert "synthetic market, not recorded prices: whence-synthetic-1 seed=7" in table.err
    result = json.loads(whence("paper", "--bars", "1500", "--json").out)
    assert result["synthetic"] is True
    assert all("synthetic market, not recorded prices" in note for note in result["notes"])
    opened = events_in(tmp_path)[0].envelope.event
    assert isinstance(opened, LogOpened)
    assert opened.synthetic
    assert "SYNTHETIC" in whence("log", "--to", "1").out
    assert SYNTHETIC in whence("explain", "log").out
    assert json.loads(whence("explain", "log", "--json").out)["synthetic"] is True


@pytest.mark.parametrize(("configured", "recorded"), [("", "0"), ("minimum_win_rate = 0.45", "0.45")])
def test_the_win_rate_stop_is_off_on_a_tape_unless_it_is_set(
    whence: Whence, tmp_path: Path, configured: str, recorded: str
) -> None:
    (tmp_path / "whence.toml").write_text(f"[trading.risk]\n{configured}\n")
    assert whence("paper", "--bars", "300").code == 0
    (event,) = map(json.loads, whence("log", "--type", "SettingsChanged", "--json").out.splitlines())
    assert event["data"]["settings"]["risk"]["minimum_win_rate"] == recorded


def test_the_same_seed_gives_the_same_log(whence: Whence, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert whence("paper", "--bars", "800", "--log", f"sqlite:///{name}.db").code == 0
    assert whence("paper", "--bars", "800", "--seed", "8", "--log", "sqlite:///other.db").code == 0
    assert rows_in(tmp_path / "one.db") == rows_in(tmp_path / "two.db")
    assert rows_in(tmp_path / "one.db")[0] != rows_in(tmp_path / "other.db")[0]


def test_the_json_result_equals_the_summary_of_the_log(whence: Whence, tmp_path: Path) -> None:
    result = json.loads(whence("paper", "--json").out)
    summary = Summary()
    for recorded in events_in(tmp_path):
        summary.fold(recorded.envelope)
    assert {name: result[name] for name in summary.figures()} == json.loads(json.dumps(summary.figures()))
    assert summary.trades > 0
    assert (result["log"], result["candles"], result["whole"]) == ("sqlite:///whence.db", 15_000, True)
    assert (result["from"], result["to"]) == ("2025-01-01T00:00:00Z", "2025-01-18T08:40:00Z")
    assert result["log_id"] == str(log_id_in(tmp_path))
    assert result["open_positions"] == 0
    assert Decimal(result["balance"]) - Decimal(result["starting_balance"]) == Decimal(result["net"])
    assert sum(result["exits"].values()) == result["trades"]


def log_id_in(folder: Path) -> object:
    opened = events_in(folder)[0].envelope.event
    assert isinstance(opened, LogOpened)
    return opened.log_id


def cells(table: str) -> Iterator[tuple[str, str]]:
    for line in table.splitlines():
        if line.startswith("│"):
            name, value = line.strip("│").split("│")
            yield name.strip(), value.strip()


def test_the_table_has_the_values_of_the_json_result(whence: Whence) -> None:
    result = json.loads(whence("paper", "--bars", "2500", "--json").out)
    rows = dict(cells(whence("paper", "--bars", "2500").out))
    assert rows["events"] == f"{result['events']:,}"
    assert rows["signals"] == f"{result['signals']:,}"
    assert rows["trades"] == f"{result['trades']} ({result['open_positions']} still open)"
    assert rows["net profit"] == f"{Decimal(result['net']):,.2f} USDT"
    assert rows["of it fees"] == f"{-Decimal(result['fees']):,.2f} USDT"
    assert rows["win rate"] == f"{Decimal(result['win_rate']):.1%}"
    assert rows["largest drawdown"] == f"{Decimal(result['max_drawdown']):.2%} of equity"
    best, worst = (f"{Decimal(result[name]):,.2f} USDT" for name in ("best_trade", "worst_trade"))
    assert rows["best and worst trade"] == f"{best}, {worst}"
    won, lost = result["longest_wins"], result["longest_losses"]
    assert rows["longest streaks"] == f"{won} won, {lost} lost one after the other"
    assert sum(one["trades"] for one in result["by_direction"]) == result["trades"]
    assert all(rows[reason] == str(count) for reason, count in result["skipped"].items())


def test_the_suggested_commands_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    """The commands work unchanged in the folder of the run, also where names contain spaces."""
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
    """Whether the command starts the API, prints its address and ends with SIGINT."""
    command = ["bash", "-c", f"exec {step}"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stderr is not None
        came_up = any("API on http://127.0.0.1:" in line for line in serving.stderr)
        serving.send_signal(signal.SIGINT)
        serving.stderr.read()
        return came_up and serving.wait(timeout=30) == 0


def test_the_suggested_commands_do_not_name_the_default_settings_file(whence: Whence, tmp_path: Path) -> None:
    """A command reads that file where it exists, so the suggested commands also work after the file was deleted."""
    (tmp_path / "whence.toml").write_text("leverage = 2\n")
    done = whence("paper", "--bars", "300")
    assert "Try next:" in done.out
    assert "--config" not in done.out


@pytest.mark.parametrize(
    ("reasons", "skips", "noted"),
    [
        ({"COOLDOWN": 2, "TREND_DISAGREES": 1}, 3, False),
        ({"COOLDOWN": 2, "TREND_DISAGREES": 1}, 2, True),
    ],
)
def test_reasons_that_add_up_to_more_than_the_skipped_signals_are_explained(
    reasons: Mapping[str, int], skips: int, noted: bool
) -> None:
    plan = plan_of(synthetic_tape(7, candles=3), "paper", Decimal(10_000), Decimal(1), Settings())
    summary = Summary(verdicts=Counter({Verdict.SKIP: skips}), skipped=Counter(reasons))
    shown = Console(file=StringIO(), width=200)
    tables = tables_of(plan, Trades(), plan.tapes[0].candles[-1].close_time)
    Result(plan, WhenceSettings(log="memory:"), summary, 9, 0.1, tables).show(shown)
    assert isinstance(shown.file, StringIO)
    assert ("One signal can have several reasons." in shown.file.getvalue()) is noted


@pytest.mark.parametrize(
    ("log", "noted"),
    [
        ("postgresql://me:secret@db/whence", True),
        ("postgresql://me@db/whence", False),
        ("sqlite:///a.db", False),
    ],
)
def test_suggested_commands_without_the_logs_password_are_followed_by_a_hint(log: str, noted: bool) -> None:
    plan = plan_of(synthetic_tape(7, candles=3), "paper", Decimal(10_000), Decimal(1), Settings())
    shown = Console(file=StringIO(), width=200)
    Result(plan, WhenceSettings(log=log), Summary(), 0, 0.1, tables_of(plan, Trades(), None)).show(shown)
    assert isinstance(shown.file, StringIO)
    text = shown.file.getvalue()
    assert ("WHENCE_LOG" in text, "secret" in text) == (noted, False)


def test_the_suggested_commands_use_the_name_of_a_program_on_the_path(tmp_path: Path) -> None:
    path = f"{WHENCE.parent}{os.pathsep}{os.environ['PATH']}"
    done = program(tmp_path, "paper", "--bars", "300", PATH=path)
    assert "\n  whence explain " in done.stdout
    away = program(tmp_path, "paper", "--bars", "300", PATH="/usr/bin")
    assert f"\n  {WHENCE} explain " in away.stdout


def test_a_run_without_a_trade_also_suggests_commands(whence: Whence, tmp_path: Path) -> None:
    write(tmp_path, sheet(row(index) for index in range(30)))
    done = whence("paper", "BTCUSDT_5m.csv")
    assert done.code == 0
    assert "no trade yet" in done.out
    assert "Paper trading" in done.out
    assert "SYNTHETIC" not in done.out
    assert "explain" not in done.out
    assert "log --json --log sqlite:///whence.db" in done.out
    assert whence("explain", "log").code == 0


def test_a_run_on_a_log_in_memory_suggests_no_commands(whence: Whence, tmp_path: Path) -> None:
    done = whence("paper", "--bars", "300", "--log", "memory:")
    assert done.code == 0
    assert "Try next" not in done.out
    assert "in memory and is lost" in done.out
    assert list(tmp_path.iterdir()) == []
    assert whence("log", "--log", "memory:").code == 2


def test_a_note_on_several_tapes_is_printed_once(whence: Whence, tmp_path: Path) -> None:
    rows = [row(index) for index in range(60) if index not in (20, 21)]
    naive = [[cells[0].removesuffix("+00:00"), *cells[1:]] for cells in rows]
    for name in ("BTCUSDT_5m.csv", "ETHUSDT_5m.csv"):
        write(tmp_path, sheet(naive), name)
    done = whence("paper", "BTCUSDT_5m.csv", "ETHUSDT_5m.csv")
    assert done.code == 0
    assert done.err.count("times carry no zone: read as UTC") == 1
    assert "BTCUSDT_5m.csv, ETHUSDT_5m.csv: times carry no zone: read as UTC" in done.err
    assert "gap" in done.err


def test_symbols_apply_to_the_files_in_their_order(whence: Whence, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        write(tmp_path, sheet(row(index) for index in range(60)), name)
    words = ("--candles", "a.csv", "b.csv", "--symbol", "SOLUSDT", "--symbol", "BTCUSDT", "--json")
    assert json.loads(whence("paper", *words).out)["instruments"] == [
        "BTCUSDT-LINEAR.BYBIT",
        "SOLUSDT-LINEAR.BYBIT",
    ]


def test_a_paced_run_takes_its_time_and_gives_the_same_log(tmp_path: Path) -> None:
    """288 candles of five minutes, 86,400 times faster than real time, take one second."""
    paced = program(
        tmp_path, "paper", "--bars", "288", "--pace", "86400x", "--json", "--log", "sqlite:///paced.db"
    )
    assert json.loads(paced.stdout)["seconds"] >= 0.9
    assert program(tmp_path, "paper", "--bars", "288", "--log", "sqlite:///quick.db").returncode == 0
    assert rows_in(tmp_path / "paced.db") == rows_in(tmp_path / "quick.db")
