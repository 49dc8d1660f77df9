"""`whence settings pending|apply|rollback|history` as a shell sees them, on a log that no engine owns."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite
from commands.request import SubmitSettings
from infra.run.manual import ManualRun
from tests.infra.cli.conftest import Whence
from tests.infra.run.test_manual import BEGINNING, Hand

NOBODY = ("--api", "http://127.0.0.1:1")
TIGHTER = "[trading.risk]\nmax_positions = 3\n"
LOOSER = "[trading.risk]\nmax_positions = 3\nmax_risk_per_trade = 0.03\n"


class Terminal(io.StringIO):
    """A terminal on which a person types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The settings file, not written yet, beside a log with default settings; commands run in its folder."""
    with closing(open_sqlite(tmp_path / "whence.db", AvroCodec())) as log:
        ManualRun(log, BEGINNING, lambda _envelope: None).close()
    return tmp_path / "whence.toml"


def history(whence: Whence) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(whence("settings", "history", "--json").out)
    return found


def pending(whence: Whence) -> dict[str, str]:
    """The pending settings with their values in the file."""
    found = json.loads(whence("settings", "pending", "--json").out)
    return {one["name"]: one["after"] for one in found["differences"]}


def test_what_tightens_is_applied_at_once_recorded_and_rolled_back_by_a_person(
    whence: Whence, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(TIGHTER)
    assert pending(whence) == {"risk.max_positions": "3"}
    done = whence("settings", "apply", *NOBODY)
    assert done.code == 0, done
    assert "risk.max_positions = 3 (before: 5)\n" in done.out
    assert "the settings above are in force; no engine runs" in done.out
    assert pending(whence) == {}
    assert "nothing is pending" in whence("settings", "pending").out
    again = whence("settings", "apply", *NOBODY)
    assert (again.code, again.out) == (
        0,
        "nothing was changed: the settings in force are these already\n",
    )
    refused = whence("settings", "rollback", *NOBODY)
    assert refused.code == 1
    assert "risk.max_positions = 5 (before: 3), waits" in refused.out
    assert "a person confirms it on a terminal" in " ".join(refused.err.split())
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert whence("settings", "rollback", *NOBODY).code == 1
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert whence("settings", "rollback", *NOBODY).code == 0
    assert [(one["version"], one["reason"]) for one in history(whence)][1:] == [
        (2, "applied from whence.toml"),
        (3, "rolled back to version 1"),
    ]
    assert history(whence)[2]["differences"] == [
        {"name": "risk.max_positions", "before": "3", "after": "5", "waits": True, "may_close": False}
    ]
    shown = whence("settings", "history").out
    assert "version 2, " in shown
    assert "  risk.max_positions = 3 (before: 5)\n" in shown


def test_what_loosens_is_applied_by_who_states_the_difference_that_was_seen(
    whence: Whence, file: Path
) -> None:
    file.write_text(LOOSER)
    held = whence("settings", "apply", *NOBODY)
    assert held.code == 1
    assert len(history(whence)) == 1
    seen = json.loads(whence("settings", "pending", "--json").out)["id"]
    file.write_text(LOOSER.replace("0.03", "0.04"))
    other = whence("settings", "apply", "--seen", seen, *NOBODY)
    assert (other.code, "another difference" in other.err) == (1, True)
    file.write_text(LOOSER)
    done = whence("settings", "apply", "--seen", seen, "--reason", "more room", *NOBODY)
    assert done.code == 0, done
    assert history(whence)[1]["reason"] == "more room"


def submit(folder: Path, changes: Mapping[str, str], reason: str = "two more symbols") -> None:
    """A person submits changes to the engine of the log; the engine ends then."""
    with closing(open_sqlite(folder / "whence.db", AvroCodec())) as log:
        hand = Hand(log)
        hand.accepted(SubmitSettings(changes, reason))
        hand.run.close()


def test_what_is_held_is_listed_with_who_when_and_why_and_applied_by_who_states_what_was_seen(
    whence: Whence, file: Path
) -> None:
    submit(file.parent, {"risk.max_positions": "9"})
    shown = whence("settings", "pending")
    assert "risk.max_positions = 9 (before: 5), held since 2026-" in shown.out
    assert " UTC by eve: two more symbols\n" in shown.out
    file.write_text("[trading.risk]\nmax_positions = 9\ncooldown_seconds = 1000\n")
    found = json.loads(whence("settings", "pending", "--json").out)
    assert [one["name"] for one in found["differences"]] == ["risk.cooldown_seconds"], (
        "what is held is not listed twice"
    )
    refused = whence("settings", "apply", *NOBODY)
    assert refused.code == 1
    assert f"--seen {found['held']['id']}" in " ".join(refused.err.split())
    applied = whence("settings", "apply", "--seen", found["held"]["id"], *NOBODY)
    assert (applied.code, "the settings above are in force; no engine runs" in applied.out) == (0, True)
    assert json.loads(whence("settings", "pending", "--json").out)["held"] is None
    assert [(one["kind"], one["version"], one["reason"]) for one in history(whence)][1:] == [
        ("HELD", 1, "two more symbols"),
        ("CHANGED", 2, "applied at a shell"),
        ("HELD", 2, "applied at a shell"),
    ]
    assert "risk.cooldown_seconds = 1000 (before: 900)" in whence("settings", "apply", *NOBODY).out, (
        "the next one applies the file"
    )


def test_what_is_rejected_is_held_no_more_and_the_history_has_it(whence: Whence, file: Path) -> None:
    submit(file.parent, {"risk.max_positions": "9"})
    done = whence("settings", "reject", "--reason", "not now", *NOBODY)
    assert (done.code, "the changes above are held no more" in done.out) == (0, True), done
    assert "nothing held any more, " in whence("settings", "history").out
    assert history(whence)[-1]["reason"] == "not now"
    again = whence("settings", "reject", *NOBODY)
    assert (again.code, again.out) == (0, "nothing was changed: no change of the settings is held\n")


def test_what_can_close_positions_at_once_is_confirmed_by_a_person_though_it_is_tighter(
    whence: Whence, file: Path
) -> None:
    file.write_text("[trading.management]\ntime_limit_seconds = 60\n")
    refused = whence("settings", "apply", *NOBODY)
    assert refused.code == 1
    assert "time_limit_seconds = 60 (before: 0), may close open positions at once" in refused.out


def test_settings_that_only_a_start_changes_are_named(whence: Whence, file: Path) -> None:
    file.write_text('[trading]\npaused = ["trend"]\n')
    done = whence("settings", "pending")
    assert "for the next start: " in done.err
    assert "paused" in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("apply",), "there is no settings file here"),
        (("rollback", "7"), "the log has no version 7"),
        (("rollback",), "the log has no version 0"),
        (("pending", "--config", "none.toml"), "none.toml"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    whence: Whence, file: Path, words: tuple[str, ...], message: str
) -> None:
    assert not file.exists()
    done = whence("settings", *words)
    assert done.code == 2, done
    assert message in " ".join(done.err.split())


def test_options_before_the_command_are_refused(whence: Whence) -> None:
    done = whence("settings", "--diff", "pending")
    assert (done.code, "after pending" in done.err) == (2, True)
