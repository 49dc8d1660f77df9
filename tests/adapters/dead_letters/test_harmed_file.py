"""The file of the dead letters after somebody else has written to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.dead_letters.store import DeadLetters
from domain.errors import StoreError
from infra.config import WhenceSettings
from infra.dead_letters import open_letters
from tests.adapters.dead_letters.lettering import came

_TRIGGER = "CREATE TRIGGER stray BEFORE INSERT ON dead_letters BEGIN SELECT RAISE(IGNORE); END"
FOREIGN = "log.letters.db has objects that this program did not make: trigger stray"


@pytest.fixture
def settings(tmp_path: Path) -> WhenceSettings:
    return WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log.letters.db"


@pytest.fixture
def letters(settings: WhenceSettings) -> Iterator[DeadLetters]:
    """One letter is kept."""
    with closing(open_letters(settings)) as opened:
        opened.keep([came()])
        yield opened


def execute(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)


def test_a_trigger_is_refused_by_name_by_open_letters_and_by_new_ones_until_it_is_dropped(
    letters: DeadLetters, settings: WhenceSettings, file: Path
) -> None:
    execute(file, _TRIGGER)
    for use in (lambda: letters.keep([came(1)]), letters.letters, lambda: open_letters(settings)):
        with pytest.raises(StoreError, match=FOREIGN):
            use()
    execute(file, "DROP TRIGGER stray")
    letters.keep([came(1)])
    assert len(letters.letters()) == 2


@pytest.mark.parametrize(
    "statement",
    ["CREATE VIEW stray AS SELECT 1", "CREATE UNIQUE INDEX stray ON dead_letters (source)"],
    ids=["view", "index"],
)
def test_a_view_or_an_index_of_others_is_refused_by_name(
    letters: DeadLetters, file: Path, statement: str
) -> None:
    execute(file, statement)
    with pytest.raises(StoreError, match=r"(view|index) stray"):
        letters.keep([came(1)])


def test_a_file_that_is_no_database_is_refused_by_name(settings: WhenceSettings, file: Path) -> None:
    file.write_bytes(b"garbage" * 1_000)
    with pytest.raises(StoreError, match=r"log\.letters\.db is no database of SQLite"):
        open_letters(settings)
    file.rename(file.with_suffix(".old"))
    with closing(open_letters(settings)) as opened:
        opened.keep([came()])
