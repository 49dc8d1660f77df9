"""A run that is stopped at any point and started again makes the same log as an uninterrupted run."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from domain.log import Recorded, is_outside_fact
from domain.signal import SignalDetected
from tests.adapters.tapes.sheets import STEP, row, sheet, write
from tests.journeys.dying import DIED
from tests.journeys.program import running, wait_for, whence
from tests.journeys.runs import CANDLES, events_at, files, rows_in

SEED = 20250703
PROJECT = Path(__file__).parents[2]

EAGER = """
[trading.tiers]
normal_confidence = 0.0
strict_confidence = 0.0
relaxed_confidence = 0.0
[trading.alpha]
minimum_trend = -1.0
minimum_reward_to_risk = 0
[trading.risk]
cooldown_seconds = 0
max_daily_loss = 1
minimum_win_rate = 0
[trading.sizing]
risk = "0.0002"
"""
TEXT = sheet(row(index) for index in range(300))
TAPE = ("--bars", "1500", "--seed", "4")


def deaths(folder: Path, *words: str) -> list[dict[str, object]]:
    """The outcomes of runs that died, as `tests.journeys.dying` prints them."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.journeys.dying", str(folder), *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(deaths: Sequence[dict[str, object]]) -> None:
    for death in deaths:
        assert death["codes"] == [DIED] * len(death["codes"]), death  # type: ignore[arg-type]  # a list
        assert (death["ended"], death["same"]) == (0, True), death


def test_a_run_killed_at_any_step_of_a_short_tape_is_completed_to_the_same_log(tmp_path: Path) -> None:
    """A step is before or after each append, or before or after each call on the exchange."""
    found = deaths(tmp_path)
    check(found)
    assert [death["died"] for death in found] == [[step] for step in range(1, len(found) + 1)]
    assert found[-1]["steps"] == len(found) > 50
    assert found[0]["left"] == 0
    assert len({str(death["left"]) for death in found}) >= 20, "at least one length for each append"


def test_runs_killed_up_to_three_times_on_recorded_tapes_are_completed_to_the_same_log(
    tmp_path: Path, market_data: Path
) -> None:
    """One death on the first log, two on the second, three on the third."""
    found = deaths(tmp_path, str(market_data), str(SEED), "3")
    check(found)
    assert [len(death["died"]) for death in found] == [1, 2, 3]  # type: ignore[arg-type]  # a list


@pytest.fixture(scope="module")
def eager(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with settings that trade often, and the log of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("eager")
    (folder / "whence.toml").write_text(EAGER)
    done = whence(folder, "paper", *TAPE, "--log", "sqlite:///whole.db")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def whole(eager: Path) -> Sequence[Recorded]:
    """The events of the uninterrupted run."""
    found = events_at(f"sqlite:///{eager / 'whole.db'}")
    assert len(found) > 400
    return found


@pytest.mark.parametrize("address", ["sqlite", "kafka"], indirect=True)
def test_a_program_killed_three_times_is_completed_to_the_same_log(
    eager: Path, whole: Sequence[Recorded], address: str
) -> None:
    """Three runs on one log are each ended by `kill -9` when the log has reached a random ordinal."""
    chance = random.Random(SEED)
    last = 0
    for ordinal in sorted(chance.sample(range(1, len(whole) * 3 // 4), 3)):
        with running(eager, "paper", *TAPE, "--log", address) as program:
            last = wait_for(address, max(ordinal, last))
            program.kill()
        left = events_at(address)
        assert left == whole[: len(left)]
    done = whence(eager, "paper", *TAPE, "--log", address)
    assert done.returncode == 0, done.stderr
    assert events_at(address) == whole


def test_ctrl_c_ends_a_run_between_two_units_with_a_hint_how_to_resume(
    eager: Path, whole: Sequence[Recorded], tmp_path: Path
) -> None:
    address = f"sqlite:///{tmp_path / 'run.db'}"
    with running(eager, "paper", *TAPE, "--pace", "36000x", "--json", "--log", address) as program:
        wait_for(address, 40)
        code, out, err = program.interrupt()
    assert code == 130
    assert "Stopped. The same command continues from here." in err
    assert "Traceback" not in err
    assert json.loads(out)["whole"] is False
    left = events_at(address)
    assert 40 <= len(left) < len(whole)
    assert left == whole[: len(left)]
    assert is_outside_fact(whole[len(left)].envelope.meta.causation_id), "the run ends between two units"
    assert whence(eager, "paper", *TAPE, "--log", address).returncode == 0
    assert rows_in(tmp_path / "run.db") == rows_in(eager / "whole.db")


def test_ctrl_c_ends_a_run_at_once_while_it_waits_for_its_pace(
    eager: Path, whole: Sequence[Recorded], tmp_path: Path
) -> None:
    """At real-time pace a run waits five minutes for each candle."""
    address = f"sqlite:///{tmp_path / 'run.db'}"
    with running(eager, "paper", *TAPE, "--pace", "1x", "--log", address) as program:
        wait_for(address, 1)
        code, _out, err = program.interrupt()
    assert (code, "Traceback" in err) == (130, False)
    left = events_at(address)
    assert left == whole[: len(left)]


def test_a_finished_run_appends_nothing_when_it_is_started_again(
    eager: Path, whole: Sequence[Recorded]
) -> None:
    done = whence(eager, "paper", *TAPE, "--json", "--log", "sqlite:///whole.db")
    assert (done.returncode, json.loads(done.stdout)["events"]) == (0, len(whole))
    assert events_at(f"sqlite:///{eager / 'whole.db'}") == whole


def test_a_tape_that_grows_between_three_runs_makes_the_same_log_as_the_whole_tape(
    tmp_path: Path, market_data: Path
) -> None:
    """Candles are added to a file between the runs, as from day to day."""
    lines = files(market_data)[0].read_text().splitlines(keepends=True)
    file = tmp_path / "BTCUSDT_5m.csv"
    for end in (1_700, 1_701, 9_000):
        file.write_text("".join(lines[:end]))
        done = whence(tmp_path, "paper", file.name, "--log", "sqlite:///grown.db")
        assert done.returncode == 0, done.stderr
    assert whence(tmp_path, "paper", file.name, "--log", "sqlite:///whole.db").returncode == 0
    assert len(rows_in(tmp_path / "whole.db")) > 50
    assert rows_in(tmp_path / "grown.db") == rows_in(tmp_path / "whole.db")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a log on which a Bitcoin tape was played."""
    folder = tmp_path_factory.mktemp("begun")
    write(folder, TEXT)
    done = whence(folder, "paper", "BTCUSDT_5m.csv", "--log", "sqlite:///run.db")
    assert done.returncode == 0, done.stderr
    return folder / "run.db"


@pytest.mark.parametrize(
    ("words", "text", "differs"),
    [
        pytest.param(
            ("BTCUSDT_5m.csv", "--balance", "9999"),
            TEXT,
            "starting_balance is 10000 in the log and 9999 here",
            id="another stake",
        ),
        pytest.param(
            ("BTCUSDT_5m.csv", "--leverage", "2"),
            TEXT,
            "leverage is 1 in the log and 2 here",
            id="another leverage",
        ),
        pytest.param(
            ("BTCUSDT_5m.csv", "--account", "other"),
            TEXT,
            "its account is paper, not other",
            id="another account",
        ),
        pytest.param(
            ("BTCUSDT_5m.csv", "--config", "other.toml"),
            TEXT,
            "risk.max_positions is 5 in the log and 1 here",
            id="other settings",
        ),
        pytest.param(("ETHUSDT_5m.csv",), TEXT, "the tape differs", id="another symbol"),
        pytest.param(("--bars", "300"), TEXT, "the tape differs", id="a synthetic tape"),
        pytest.param(
            ("BTCUSDT_5m.csv",), sheet(row(i) for i in range(1, 301)), "the tape differs", id="a later start"
        ),
    ],
)
def test_another_tape_or_other_settings_on_an_existing_log_are_refused(
    begun: Path, tmp_path: Path, words: Sequence[str], text: str, differs: str
) -> None:
    (tmp_path / "other.toml").write_text("[trading.risk]\nmax_positions = 1\n")
    for name in ("BTCUSDT_5m.csv", "ETHUSDT_5m.csv"):
        write(tmp_path, text, name)
    before = rows_in(begun)
    done = whence(tmp_path, "paper", *words, "--log", f"sqlite:///{begun}")
    assert (done.returncode, done.stdout) == (2, "")
    message = done.stderr.splitlines()[-1]
    assert message.startswith("whence: this log was made by another run: ")
    assert differs in message
    assert rows_in(begun) == before


def test_a_tape_shorter_than_the_log_is_refused(tmp_path: Path, market_data: Path) -> None:
    """The log has events after the tape's last candle. Nothing is appended, and the message says to play the longer
    tape."""
    lines = files(market_data)[0].read_text().splitlines(keepends=True)
    file = tmp_path / "BTCUSDT_5m.csv"
    file.write_text("".join(lines[:5_000]))
    assert whence(tmp_path, "paper", file.name, "--log", "sqlite:///run.db").returncode == 0
    before = rows_in(tmp_path / "run.db")
    file.write_text("".join(lines[:2_000]))
    done = whence(tmp_path, "paper", file.name, "--log", "sqlite:///run.db")
    assert done.returncode == 2
    assert "play the longer tape" in done.stderr
    assert rows_in(tmp_path / "run.db") == before


def test_a_tape_with_a_changed_past_candle_is_refused(tmp_path: Path, market_data: Path) -> None:
    """One candle, for which the log has a signal, closes 0.1 higher than before; all other candles are equal.

    With the record of played candles the candle is named; without it, the signal's price and the next mark differ.
    """
    lines = files(market_data)[0].read_text().splitlines(keepends=True)[:5_000]
    file = tmp_path / "BTCUSDT_5m.csv"
    file.write_text("".join(lines))
    assert whence(tmp_path, "paper", file.name, "--log", "sqlite:///run.db").returncode == 0
    before = rows_in(tmp_path / "run.db")
    skipped = next(
        one.envelope.event
        for one in events_at(f"sqlite:///{tmp_path / 'run.db'}")
        if isinstance(one.envelope.event, SignalDetected)
    )
    row = next(n for n, line in enumerate(lines) if line.startswith(str(skipped.candle_closed_at - STEP)))
    time, opened, high, low, close, volume = lines[row].split(",")
    raised = Decimal(close) + Decimal("0.1")
    changed = ",".join([time, opened, str(max(Decimal(high), raised)), low, str(raised), volume])
    file.write_text("".join([*lines[:row], changed, *lines[row + 1 :]]))
    done = whence(tmp_path, "paper", file.name, "--log", "sqlite:///run.db")
    assert done.returncode == 2
    opened_at = skipped.candle_closed_at - STEP
    assert f"BTCUSDT_5m.csv: the candle of {opened_at:%Y-%m-%dT%H:%M:%SZ} is not the one that" in done.stderr
    with closing(sqlite3.connect(tmp_path / "run.db")) as connection, connection:
        connection.execute("DELETE FROM played_candles")
    done = whence(tmp_path, "paper", file.name, "--log", "sqlite:///run.db")
    assert done.returncode == 2
    assert "play the tape this log was made from" in done.stderr
    assert rows_in(tmp_path / "run.db") == before


def test_the_program_and_a_run_by_library_calls_make_the_same_log_of_the_recorded_tapes(
    tmp_path: Path, market_data: Path, story: Sequence[Recorded]
) -> None:
    done = whence(tmp_path, "paper", "--candles", *map(str, files(market_data)), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["candles"] == CANDLES
    assert events_at(f"sqlite:///{tmp_path / 'whence.db'}") == list(story)
