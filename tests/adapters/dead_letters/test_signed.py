"""A letter that somebody without a key has added or changed is shown as it is, and is never read again."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from adapters.dead_letters.store import DeadLetters
from domain.errors import MarkRefused
from infra.config import WhenceSettings
from infra.dead_letters import FoundLetters, open_letters
from tests.adapters.dead_letters.lettering import came


@pytest.fixture
def settings(tmp_path: Path) -> WhenceSettings:
    return WhenceSettings(log=f"sqlite:///{tmp_path / 'first.db'}")


@pytest.fixture
def letters(settings: WhenceSettings) -> DeadLetters:
    found = open_letters(settings)
    found.keep([came()])
    return found


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE dead_letter_originals SET original = x'7B7D'",
        "UPDATE dead_letters SET place = 'okx'",
        "UPDATE dead_letters SET source = 'RECORD'",
        "UPDATE dead_letters SET received_at = received_at + 1",
        "UPDATE dead_letters SET reason = 'none'",
        "UPDATE dead_letters SET signature = x''",
    ],
)
def test_a_letter_that_was_changed_in_its_file_is_refused(
    letters: DeadLetters, tmp_path: Path, change: str
) -> None:
    with closing(sqlite3.connect(tmp_path / "first.letters.db")) as file, file:
        file.execute(change)
    letter_id = came().letter.id
    assert letters.unverified(letter_id) in (b"{", b"{}")
    with pytest.raises(MarkRefused):
        letters.original(letter_id)


def test_the_file_is_beside_the_log_for_its_owner_alone(letters: DeadLetters, tmp_path: Path) -> None:
    for file in tmp_path.glob("first.letters.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (tmp_path / "first.letters.db").exists()
    letters.close()


def test_a_reader_of_a_log_without_letters_makes_no_file(settings: WhenceSettings, tmp_path: Path) -> None:
    found = FoundLetters(settings)
    assert list(found().letters()) == []
    found.close()
    assert list(tmp_path.iterdir()) == []
