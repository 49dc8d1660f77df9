"""`whence shadow` as a shell sees it: both logs, the report while it runs and at its end, and what it refuses."""

# pyright: reportPrivateUsage=false
# The wait for an engine is a step of the command.

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from adapters.log.recorder_log import RecorderLog
from adapters.tapes import synthetic_tape
from commands.request import PlaceOrder
from domain.errors import InvalidInput
from domain.log import Envelope
from domain.opening import LogOpened, Mode
from infra.cli.not_fed import NO_FUNDING
from infra.cli.shadow import _followed
from infra.cli.stopping import Stopping
from infra.config import WhenceSettings
from infra.inputs import input_tape
from infra.logs import open_owned, open_reader
from infra.run.demo_log import NOT_TRADED
from tests.adapters.log.days import LOG_ID, opened
from tests.infra.cli.conftest import Whence
from tests.infra.run.demo_desk import START, DemoDesk
from tests.infra.run.live_desk import FIVE, LIMIT
from tests.journeys.runs import EAGER, SYMBOLS, plan, play_at
from tests.replacing import replace

SOURCE = ("--log", "sqlite:///a.db")
RUN = ("shadow", "run", *SOURCE, "--into", "sqlite:///b.db", "--once")
SMALLER = ("--set", "trading.simulation.slippage=0.004")
REPORT = ("shadow", "report", *SOURCE, "--into", "sqlite:///b.db")


def _an_hour(folder: Path) -> None:
    """A demo run of an hour and a half, with an order of a person, which expires."""
    settings = WhenceSettings(log=f"sqlite:///{folder / 'a.db'}")
    with closing(open_owned(settings)) as log, input_tape(settings, log, lambda: START) as tape:
        desk = DemoDesk(log, tape=tape).started()  # type: ignore[arg-type]  # its names are not read here
        desk.shows("99.9", "100")
        desk.asks(PlaceOrder(replace(LIMIT.terms, limit_price=Decimal(99))))
        desk.passes((FIVE - timedelta(seconds=10)).total_seconds())
        for number in range(18):
            desk.closes_at("98" if number == 0 else str(110 + number))
            desk.passes((FIVE - timedelta(seconds=2)).total_seconds())
        desk.run.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log and the tape of a demo run, which are copied for each test."""
    folder = tmp_path_factory.mktemp("made")
    _an_hour(folder)
    return folder


@pytest.fixture
def log(made: Path, tmp_path: Path) -> None:
    for name in ("a.db", "a.db.inputs"):
        shutil.copy(made / name, tmp_path)


@pytest.mark.usefixtures("log")
def test_the_report_at_the_end_is_that_of_the_second_command_in_every_form(
    whence: Whence, tmp_path: Path
) -> None:
    done = whence(*RUN, *SMALLER, "--html", "r.html")
    assert done.code == 0, done
    assert done.out.startswith(NOT_TRADED)
    assert "sqlite:///a.db with trading.simulation.slippage 0.0002 -> 0.004" in done.out
    assert "Not fed: " in done.out
    assert "No whole UTC day is in both logs yet" in done.out
    assert (
        "Both are compared up to the end of the last hour that both have marked, 2026-03-02 11:00 UTC."
        in done.out
    )
    assert "BACKTEST: shadow" in (tmp_path / "r.html").read_text("utf-8")
    again = whence(*REPORT)
    assert again.code == 0, again
    figures = done.out[done.out.index("Figures in USDT") :]
    assert again.out.endswith(figures)
    assert "What of the inputs had no effect" in again.out
    assert "What of the inputs had no effect" not in done.out
    assert NO_FUNDING in again.out
    found = json.loads(whence(*REPORT, "--json").out)
    assert (found["log"], found["control"], found["into"]) == (
        "sqlite:///a.db",
        "sqlite:///b.control.db",
        "sqlite:///b.db",
    )
    assert found["days"] == {
        "count": 0, "left_out": [], "days": [],
        "mean_difference": None, "interval": None, "block_days": None, "verdict": None,
    }  # fmt: skip
    assert found["figures"]["orders"] == {"control": "3", "candidate": "3"}
    modes = [
        json.loads(whence("log", "--json", "--to", "1", "--log", f"sqlite:///{one}").out)
        for one in ("b.db", "b.control.db")
    ]
    assert [one["data"]["mode"] for one in modes] == ["BACKTEST", "BACKTEST"]


class Opened:
    """Opens the log of the engine while the shadow waits."""

    def __init__(self, log: RecorderLog) -> None:
        self._log, self.waits = log, 0

    def requested(self) -> bool:
        return False

    def wait(self, _seconds: float) -> None:
        self.waits += 1
        if self.waits == 2:
            live = LogOpened(log_id=LOG_ID, mode=Mode.LIVE, tape="", synthetic=False)
            self._log.append([Envelope(opened().meta, live)])


def test_a_shadow_that_is_started_with_its_engine_waits_for_the_opening_and_with_once_it_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = WhenceSettings(log=f"sqlite:///{tmp_path / 'a.db'}")
    with closing(open_owned(settings)) as log, closing(open_reader(settings)) as reader:
        engine = cast("Stopping", Opened(log))
        with pytest.raises(InvalidInput, match="the log has no events yet"):
            _followed(reader, engine, waits=False)
        assert _followed(reader, engine, waits=True) == LOG_ID
    assert "waiting for the engine that opens it" in capsys.readouterr().err


@pytest.mark.usefixtures("log")
def test_a_shadow_of_a_log_that_was_moved_ends_by_itself_and_goes_on_with_the_new_address(
    whence: Whence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.cli.shadow._LOOKS", 1)
    assert whence("log", "copy", "--from", "sqlite:///a.db", "--to", "sqlite:///c.db").code == 0
    adopted = whence("log", "adopt", "--log", "sqlite:///c.db", "--source", "sqlite:///a.db")
    assert adopted.code == 0, adopted.err
    done = whence(*RUN[:-1])
    assert (done.code, "the log was moved to" in done.err, "sqlite:///c.db" in done.err) == (0, True, True)
    before = whence("log", "--log", "sqlite:///b.db").out
    moved = whence("shadow", "run", "--log", "sqlite:///c.db", "--into", "sqlite:///b.db", "--once")
    assert (moved.code, whence("log", "--log", "sqlite:///b.db").out) == (0, before), moved.err


@pytest.mark.usefixtures("log")
def test_a_target_that_another_process_owns_is_refused_and_nothing_is_made_beside_it(
    whence: Whence, tmp_path: Path
) -> None:
    with closing(open_owned(WhenceSettings(log=f"sqlite:///{tmp_path / 'b.db'}"))):
        done = whence(*RUN)
    assert (done.code, "b.db is owned by process" in done.err) == (3, True)
    assert not list(tmp_path.glob("b.control.db*"))


@pytest.mark.usefixtures("log")
def test_a_second_shadow_names_the_first_one_and_no_engine_that_could_be_stopped(
    whence: Whence, tmp_path: Path
) -> None:
    assert whence(*RUN).code == 0
    with closing(open_owned(WhenceSettings(log=f"sqlite:///{tmp_path / 'b.control.db'}"))):
        done = whence(*RUN)
    assert (done.code, "engine" in done.err) == (3, False), done.err
    assert f"b.control.db is written by another shadow, process {os.getpid()} on " in done.err.replace(
        "\n", " "
    )


@pytest.mark.usefixtures("log")
def test_other_settings_than_at_the_first_start_are_refused_and_both_logs_stay(whence: Whence) -> None:
    assert whence(*RUN, *SMALLER).code == 0
    before = whence("log", "--json", "--log", "sqlite:///b.db").out
    done = whence(*RUN, "--set", "trading.simulation.slippage=0.002")
    assert (done.code, "--into: event 1 is another one than this run makes" in done.err) == (2, True)
    assert whence("log", "--json", "--log", "sqlite:///b.db").out == before
    assert whence(*RUN, *SMALLER).code == 0


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--set", "trading.risk.max_position=3"), "did you mean trading.risk.max_positions"),
        (("--set", "risk.max_positions=3"), "write it like trading.risk.max_positions=3"),
        (("--strategy", "nope"), "no strategy is called 'nope'"),
        (("--policy", "99"), "the versions of the policy are 1 to"),
        (("--html", "a.db/r.html"), "a.db is no folder"),
        (("--into", "sqlite:///a.db"), "--log and --into both name sqlite:///a.db"),
        (("--control", "sqlite:///./b.db"), "--control and --into both name"),
        (("--control", "nonsense"), "--control: "),
        (("--into", "memory:"), "ends with this process"),
        (("--into", "postgresql://u@h/b"), "--control is needed where --into is a database"),
        (("--log", "sqlite:///none.db"), "there is no log at none.db"),
        (("--log", "postgresql://u@h/b"), "inputs are kept for logs in SQLite files and on Kafka"),
    ],
)
def test_bad_input_is_refused_by_its_name_and_nothing_is_written(
    whence: Whence, tmp_path: Path, words: tuple[str, ...], fault: str
) -> None:
    done = whence(*RUN, *words)
    assert done.code in (1, 2), done
    assert fault in done.err
    assert not list(tmp_path.glob("b.*"))


def test_a_log_of_candles_is_refused_and_what_if_is_named(whence: Whence, tmp_path: Path) -> None:
    play_at(plan(synthetic_tape(4, SYMBOLS[:1], candles=60), EAGER), f"sqlite:///{tmp_path / 'a.db'}")
    done = whence(*RUN)
    assert (done.code, "for a log of candles there is `whence what-if`" in done.err) == (2, True)


@pytest.mark.usefixtures("log")
def test_a_report_before_the_shadow_has_begun_states_it(whence: Whence) -> None:
    done = whence(*REPORT)
    made_by = "there is no log at b.db: `whence shadow run --into sqlite:///b.db` makes it"
    assert (done.code, made_by in done.err) == (2, True)
