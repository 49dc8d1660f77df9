"""The file that a live engine touches while it trades."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from domain.errors import InvalidSettings
from infra.run.pulse import Pulse


def test_the_file_is_there_only_while_the_engine_trades(tmp_path: Path) -> None:
    file = tmp_path / "pulse"
    pulse = Pulse(file)
    assert not file.exists()
    pulse.beat(is_trading=False)
    assert not file.exists()
    pulse.beat(is_trading=True)
    assert file.exists()
    pulse.beat(is_trading=False)
    assert not file.exists()
    pulse.beat(is_trading=True)
    pulse.end()
    pulse.end()
    assert not file.exists()


def test_the_file_of_an_engine_that_was_killed_is_removed_at_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "pulse"
    file.touch()
    Pulse(file)
    assert not file.exists()


def test_the_file_is_touched_once_a_second(tmp_path: Path) -> None:
    file, now = tmp_path / "pulse", [100.0]
    pulse = Pulse(file, lambda: now[0])
    pulse.beat(is_trading=True)
    os.utime(file, (0, 0))
    now[0] += 0.9
    pulse.beat(is_trading=True)
    assert file.stat().st_mtime == 0
    now[0] += 0.1
    pulse.beat(is_trading=True)
    assert file.stat().st_mtime > 0


def test_a_file_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"pulse: .*/none/pulse cannot be written: No such file"):
        Pulse(tmp_path / "none" / "pulse")


def test_a_file_that_cannot_be_written_any_more_is_logged_once_and_trading_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    now = [100.0]
    pulse = Pulse(folder / "pulse", lambda: now[0])
    folder.rmdir()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            pulse.beat(is_trading=True)
            now[0] += 1
    assert len(caplog.messages) == 1
    assert "cannot be written" in caplog.messages[0]


def test_a_file_that_cannot_be_removed_is_logged_once_and_ends_neither_trading_nor_the_stop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "pulse"
    pulse = Pulse(file)
    pulse.beat(is_trading=True)
    file.unlink()
    file.mkdir()  # unlink refuses a folder, also that of root
    with caplog.at_level(logging.WARNING):
        pulse.beat(is_trading=False)
        pulse.end()
    assert len(caplog.messages) == 1
    assert "cannot be removed" in caplog.messages[0]
    file.rmdir()
    file.touch()
    pulse.end()
    assert not file.exists()


def test_without_a_setting_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pulse = Pulse(None)
    pulse.beat(is_trading=True)
    pulse.end()
    assert list(tmp_path.iterdir()) == []
