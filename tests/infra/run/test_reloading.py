"""Edits of the settings file while an engine runs: what tightens is in force at once, what loosens waits."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from commands.door import Declined
from commands.request import ResumeStrategy, SubmitSettings
from domain.errors import InvalidSettings
from domain.held import HeldChange
from domain.log import Envelope
from domain.settings import Settings, SettingsChanged
from infra.run.reloading import Reloading, reloading_of, settings_in
from projections.chain import missing_causes
from tests.commands.list_log import ListLog
from tests.infra.run.test_manual import Hand

FILE = """
account = "paper"
[trading.risk]
max_positions = 4
"""


LOG = "sqlite:///traded.db"


class Edited:
    """A file that a test edits, an engine that runs with its settings, and what is written to the program's log."""

    def __init__(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        self.file, self.log, self._caplog = folder / "whence.toml", ListLog(), caplog
        caplog.set_level(logging.INFO)
        self.file.write_text(FILE)
        self.hand = Hand(self.log)
        self._has_changed = False
        self.start_with(settings_in(self.file).trading)

    def start_with(self, started: Settings) -> None:
        """The program begins to look at the file, and was started with these settings."""
        self.reloading = Reloading(self.file, "paper", self, started, LOG, lambda: self.hand.at)

    def take(self) -> bool:
        has_changed, self._has_changed = self._has_changed, False
        return has_changed

    def edit(self, text: str) -> str:
        """Writes the file, and returns the lines that the program writes at the next look."""
        self.file.write_text(text)
        self._has_changed = True
        return self.look()

    def look(self) -> str:
        self._caplog.clear()
        self.reloading.look(self.hand.run)
        return "\n".join(one.getMessage() for one in self._caplog.records)

    @property
    def in_force(self) -> Settings:
        return self.hand.run.world.portfolio.settings.settings

    @property
    def held(self) -> Sequence[HeldChange]:
        return self.hand.run.world.portfolio.settings.held

    @property
    def changes(self) -> Sequence[Envelope]:
        """The changes after the first settings of the log."""
        return [one for one in self.log.envelopes if isinstance(one.event, SettingsChanged)][1:]


@pytest.fixture
def edited(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Edited:
    return Edited(tmp_path, caplog)


def test_a_tightened_limit_is_in_force_and_recorded_with_its_cause(edited: Edited) -> None:
    lines = edited.edit(FILE.replace("4", "3"))
    assert edited.in_force.risk.max_positions == 3
    (change,) = edited.changes
    assert isinstance(change.event, SettingsChanged)
    assert (change.event.version, change.event.reason) == (2, "whence.toml was changed")
    assert change.meta.actor == "settings"
    assert change.meta.causation_id.startswith("command:reload")
    assert "settings version 2" in lines
    assert "risk.max_positions = 3 (before: 5)" in lines
    assert list(missing_causes(edited.log.read())) == []


def test_a_loosened_limit_is_held_while_the_tightened_one_of_the_same_edit_is_in_force(
    edited: Edited,
) -> None:
    lines = edited.edit(FILE.replace("4", "9") + "cooldown_seconds = 1000\n")
    assert edited.in_force.risk.max_positions == 5
    assert edited.in_force.risk.cooldown_seconds == 1000
    applied, held = lines.split("\n")
    assert "risk.max_positions = 9 (before: 5)" in held
    assert f"whence settings pending --log {LOG}" in held
    assert "risk.max_positions" not in applied
    (waiting,) = edited.held
    assert str(waiting) == "risk.max_positions = 9 (before: 5)"
    assert (waiting.by, waiting.reason, waiting.since) == (
        "settings",
        "whence.toml was changed",
        edited.hand.at,
    )


def test_a_held_edit_that_is_undone_in_the_file_is_held_no_more_and_is_held_again_when_it_is_repeated(
    edited: Edited,
) -> None:
    loosened = FILE.replace("4", "9")
    edited.edit(loosened)
    edited.edit(FILE.replace("4", "5"))
    assert [one.after for one in edited.held] == []
    edited.edit(loosened)
    assert [one.after for one in edited.held] == ["9"]
    assert edited.changes == []


def test_an_edit_is_held_beside_what_a_person_submitted_and_takes_its_place_for_the_same_setting(
    edited: Edited,
) -> None:
    changes = {"risk.max_positions": "7", "risk.freshness_seconds": "60"}
    edited.hand.accepted(SubmitSettings(changes, "more room"))
    edited.edit(FILE.replace("4", "9"))
    assert [(one.name, one.after, one.by) for one in edited.held] == [
        ("risk.max_positions", "9", "settings"),
        ("risk.freshness_seconds", "60", "eve"),
    ]
    edited.edit(FILE.replace("4", "3"))
    assert edited.in_force.risk.max_positions == 3
    assert [one.name for one in edited.held] == ["risk.freshness_seconds"]


def test_a_setting_that_the_edit_did_not_touch_is_unchanged_though_it_differs_from_the_log(
    edited: Edited,
) -> None:
    edited.edit(FILE + "cooldown_seconds = 1000\n")
    assert edited.in_force.risk.max_positions == 5


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "[trading.risk]\nmax_positions = 1\nmax_positionen = 2\n",
            "trading.risk.max_positionen: no such setting",
        ),
        ("[trading.risk]\nmax_positions = 1\nmax_total_risk = 7\n", "risk.max_total_risk"),
        ("[trading.risk]\nmax_positions = 1\nmax_tot", "whence.toml"),
        ("", "is empty"),
    ],
    ids=["unknown setting", "out of range", "cut", "empty"],
)
def test_a_file_with_a_fault_changes_nothing_and_the_fault_is_named(
    edited: Edited, text: str, fault: str
) -> None:
    lines = edited.edit(text)
    assert fault in lines
    assert edited.changes == []
    assert "settings version 2" in edited.edit(FILE.replace("4", "3")), "the file before the fault counts"


def test_settings_that_only_a_start_can_change_are_named_without_their_values(edited: Edited) -> None:
    lines = edited.edit(
        'account = "other"\nlog = "sqlite:///secret.db"\n[trading.groups]\nlayer1 = ["ETH"]\n' + FILE[19:]
    )
    assert "account, log" in lines or "log, account" in lines
    assert "trading.groups" in lines
    assert "secret" not in lines
    assert edited.changes == []


def test_a_strategy_is_switched_off_by_the_file_and_on_again_by_a_person_only(edited: Edited) -> None:
    paused = f'{FILE[:19]}[trading]\npaused = ["trend"]\n{FILE[19:]}'
    assert "trend is paused, by " in edited.edit(paused)
    assert edited.in_force.paused == ("trend",)
    (change,) = edited.changes
    assert (change.meta.actor, change.meta.causation_id[:14]) == ("settings", "command:reload")
    assert "trend: still paused, because a person resumes a strategy" in edited.edit(FILE)
    assert edited.in_force.paused == ("trend",)
    edited.hand.accepted(ResumeStrategy("trend", "looked at"))
    assert "trend is paused" in edited.edit(paused), "a later edit is another request"


def test_an_edit_that_pauses_an_unknown_strategy_is_refused_as_a_whole(edited: Edited) -> None:
    lines = edited.edit(f'{FILE[:19]}[trading]\npaused = ["trent"]\n{FILE[19:]}cooldown_seconds = 1000\n')
    assert "no configured strategy is called 'trent'" in lines
    assert edited.changes == []


def test_on_kill_waits_in_either_direction(edited: Edited) -> None:
    assert "risk.on_kill = CLOSE (before: HOLD)" in edited.edit(FILE + 'on_kill = "CLOSE"\n')
    assert edited.changes == []


def test_a_look_without_an_edit_reads_no_file(edited: Edited) -> None:
    edited.file.unlink()
    assert edited.look() == ""


def test_an_edit_that_the_log_did_not_take_is_taken_in_by_the_next_look(
    edited: Edited, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:

        def fails(_requested: object) -> None:
            raise OSError("full")

        patched.setattr(edited.hand.run, "answer", fails)
        with pytest.raises(OSError, match="full"):
            edited.edit(FILE.replace("4", "3"))
    edited.look()
    assert edited.in_force.risk.max_positions == 3


def test_an_edit_while_the_program_started_is_taken_in_by_the_first_look(edited: Edited) -> None:
    started = settings_in(edited.file).trading
    edited.file.write_text(FILE.replace("4", "3"))
    edited.start_with(started)
    assert "risk.max_positions = 3" in edited.look()
    assert edited.in_force.risk.max_positions == 3
    assert edited.look() == ""


def test_an_edit_that_the_engine_refused_is_put_in_force_when_the_file_is_saved_again(
    edited: Edited, monkeypatch: pytest.MonkeyPatch
) -> None:
    tightened = FILE.replace("4", "3")

    def refuses(_requested: object) -> Declined:
        return Declined("reload", "Refused", "no time for changes")

    with monkeypatch.context() as patched:
        patched.setattr(edited.hand.run, "answer", refuses)
        lines = edited.edit(tightened)
    assert "no time for changes; save the file again" in lines
    assert f"`whence settings apply --log {LOG}`" in lines
    assert edited.changes == []
    edited.edit(tightened)
    assert edited.in_force.risk.max_positions == 3


def test_a_watch_without_a_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from infra.config import load

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHENCE_RELOAD", "true")
    with pytest.raises(InvalidSettings, match="no settings file"), reloading_of(load()):
        pass
    monkeypatch.delenv("WHENCE_RELOAD")
    with reloading_of(load()) as reloading:
        assert reloading is None
