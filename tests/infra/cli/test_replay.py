"""`whence replay` as a shell sees it: its exit codes, its first difference, and where it refuses."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.inputs.sqlite import tape_path
from domain.errors import NotAdopted
from infra.config import WhenceSettings
from infra.logs import open_owned
from tests.infra.cli.conftest import Whence
from tests.infra.run.taped import INSTANTS, frames, trade
from tests.infra.run.taped_days import TapedDays, begun


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The log of two sessions, with its tape, under the name that the program takes by default."""
    path = tmp_path / "whence.db"
    trade(path, 0, 30)
    trade(path, 30, 60)
    return path


def change(log: Path, statement: str) -> None:
    with closing(sqlite3.connect(tape_path(log))) as connection, connection:
        connection.execute(statement)


def test_a_log_that_its_tape_leads_to_again_gives_exit_code_0(whence: Whence, log: Path) -> None:
    events = len(frames(log))
    done = whence("replay", "--into", "sqlite:///again.db")
    assert done.code == 0
    assert f"inputs of 2 sessions led to {events} events that equal the log's." in done.out
    assert frames(log.with_name("again.db")) == frames(log)
    with pytest.raises(NotAdopted, match="is a copy"):
        open_owned(WhenceSettings(log="sqlite:///again.db"))
    figures = json.loads(whence("replay", "--json", "--upto", "1").out)
    assert figures == {
        "inputs": 4,
        "sessions": 1,
        "folded": 0,
        "snapshot": 0,
        "ordinal": 5,
        "difference": None,
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--until", "2020-01-01"), "--until 2020-01-01: the first input is of a later time"),
        (("--upto", "9999"), "there is none with the ordinal 9999"),
        (("--verify", "--upto", "9999"), "there is none with the ordinal 9999"),
    ],
)
def test_an_end_at_which_nothing_is_replayed_is_refused_and_no_log_is_made(
    whence: Whence, log: Path, words: tuple[str, ...], message: str
) -> None:
    into = () if "--verify" in words else ("--into", "sqlite:///again.db")
    done = whence("replay", *words, *into)
    assert (done.code, message in done.err) == (2, True), done.err
    assert not list(log.parent.glob("again*"))


def test_a_refused_replay_leaves_no_log(whence: Whence, log: Path) -> None:
    tape_path(log).unlink()
    done = whence("replay", "--into", "sqlite:///again.db")
    assert done.code == 2, done.err
    assert not list(log.parent.glob("again*"))


def test_the_move_of_a_log_that_was_copied_is_no_difference_because_no_input_leads_to_it(
    whence: Whence, log: Path
) -> None:
    source, copy = "sqlite:///whence.db", "sqlite:///copy.db"
    events = len(frames(log))
    assert whence("log", "copy", "--from", source, "--to", copy).code == 0
    assert whence("log", "adopt", "--log", copy, "--source", source).code == 0
    done = whence("replay")
    assert (done.code, len(frames(log))) == (0, events + 1)
    assert f"inputs of 2 sessions led to {events} events that equal the log's." in done.out


def test_a_log_with_events_that_no_input_led_to_gives_exit_code_1_and_the_first_of_them(
    whence: Whence, log: Path
) -> None:
    change(log, "DELETE FROM inputs WHERE first >= (SELECT max(first) FROM inputs WHERE begins = 1)")
    done = whence("replay")
    assert done.code == 1
    assert "The first difference is at ordinal" in done.out
    assert "no input led to this event" in done.out
    assert "replayed: no event" in done.out
    found = json.loads(whence("replay", "--json").out)["difference"]
    assert (found["replayed"], found["recorded"]["stream"]) == (None, "mark-paper")


def test_a_tape_that_was_changed_gives_exit_code_4_and_the_inputs(whence: Whence, log: Path) -> None:
    change(log, "UPDATE inputs SET data = x'00' WHERE first > 1")
    done = whence("replay")
    assert done.code == 4
    assert "were changed" in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--log", "sqlite:///gone.db"), "there is no log at"),
        (("--log", "postgresql://127.0.0.1:1/x"), "does not"),
        (("--into", "sqlite:///whence.db"), "holds events|owned"),
        (("--into", "file:///x"), "--into: 'file' is not a kind of log"),
        (("--until", "noon"), "'noon' is not a time"),
        (("--upto", "0"), "0 is below 1"),
        (("--from-snapshot", "noon"), "'noon': name the ordinal of an event, or `first`"),
        (("--from-snapshot", "first"), "no snapshot is needed for this log"),
        (("--from-snapshot", "7"), "there is no snapshot at event 7, and no snapshot is needed for this log"),
        (("--from-snapshot", "7", "--fold"), "exclude each other"),
    ],
)
def test_an_option_that_cannot_be_followed_is_refused_by_name(
    whence: Whence, log: Path, words: tuple[str, str], message: str
) -> None:
    before = frames(log)
    done = whence("replay", *words)
    assert done.code in (2, 4)
    assert any(one in done.err for one in message.split("|")), done.err
    assert frames(log) == before


def test_a_tape_whose_old_inputs_were_removed_is_replayed_from_the_kept_snapshot_that_the_error_names(
    whence: Whence, tmp_path: Path
) -> None:
    days = TapedDays(WhenceSettings(log=f"sqlite:///{tmp_path / 'whence.db'}", inputs_days=1))
    days.pass_days(3)
    begins = begun(days.settings)[0]
    refused = whence("replay", "--into", "sqlite:///again.db")
    assert refused.code == 2
    assert not (tmp_path / "again.db").exists()
    assert f"`--from-snapshot {begins}` begins with the kept snapshot" in refused.err
    for name in ("first", str(begins)):
        done = whence("replay", "--from-snapshot", name)
        assert done.code == 0
        assert f"The replay begins with the snapshot at event {begins}." in done.out
    figures = json.loads(whence("replay", "--json", "--from-snapshot", "first").out)
    assert (figures["snapshot"], figures["folded"], figures["difference"]) == (begins, begins, None)
    folded = whence("replay", "--fold")
    assert folded.code == 0
    assert f"The tape begins after event {begins}; those before it were taken from the log." in folded.out
    early = whence("replay", "--from-snapshot", "first", "--upto", str(begins))
    assert (early.code, f"--upto {begins}: the replay begins after event {begins}" in early.err) == (2, True)


def test_a_log_of_candles_beside_the_tape_of_another_log_is_refused_and_what_repeats_it_is_named(
    whence: Whence, log: Path
) -> None:
    log.unlink()
    assert whence("paper", "--symbol", "BTCUSDT", "--bars", "20").code == 0
    done = whence("replay")
    assert done.code == 2
    assert "no session of this log, which was made from candles" in done.err
    assert "`whence paper`" in done.err


def test_a_log_without_a_tape_is_refused(whence: Whence, log: Path) -> None:
    tape_path(log).unlink()
    done = whence("replay", "--into", "sqlite:///again.db")
    assert done.code == 2
    assert "there is no tape of inputs at" in done.err
    assert not log.with_name("again.db").exists()


def test_decisions_are_verified_without_a_tape_and_the_result_is_printed(whence: Whence, log: Path) -> None:
    trade(log, 60, len(INSTANTS))
    tape_path(log).unlink()
    done = whence("replay", "--verify")
    assert done.code == 0, done.out
    figures = json.loads(whence("replay", "--verify", "--json").out)
    made = figures["made"]["DecisionMade"]
    assert made > 0
    assert (
        f"decisions made again ({made} DecisionMade), {made} equal the recorded ones, 0 differ." in done.out
    )
    assert (figures["ordinal"], figures["differing"], figures["impossible"]) == (len(frames(log)), [], {})


@pytest.mark.usefixtures("log")
def test_verify_refuses_the_options_of_the_tape(whence: Whence) -> None:
    done = whence("replay", "--verify", "--fold", "--into", "sqlite:///x.db")
    assert done.code == 2
    assert "leave out --into, --fold" in done.err
