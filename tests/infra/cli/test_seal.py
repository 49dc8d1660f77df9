"""`whence log seal` and `whence keys`: what a person does with logs from before marks, and with keys."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.infra.cli.conftest import Whence
from tests.old_logs.logs import FOLDER


@pytest.fixture
def old(tmp_path: Path) -> str:
    """The address of a log of an earlier version."""
    shutil.copy(FOLDER / "by_hand" / "log.db", tmp_path / "old.db")
    return "sqlite:///old.db"


def test_a_log_of_an_earlier_version_is_read_with_a_warning_and_resumed_once_it_is_sealed(
    whence: Whence, old: str
) -> None:
    read = whence("log", "--log", old)
    assert read.code == 0
    assert "is read as unverified: the log has 66 events without marks" in read.err
    refused = whence("paper", "--log", old)
    assert refused.code == 4
    assert "66 events without marks" in refused.err
    assert "`whence log seal`" in refused.err
    sealed = whence("log", "seal", "--log", old)
    assert (sealed.code, sealed.err) == (0, f"66 events of {old} are sealed.\n")
    again = whence("log", "seal", "--log", old)
    assert again.code == 0
    assert again.err == f"Nothing is to be sealed in {old}: all its events have valid marks.\n"
    after = whence("log", "--log", old)
    assert (after.out, "unverified" in after.err) == (read.out, False)


@pytest.mark.parametrize("command", ["seal", "refused"])
def test_a_log_named_before_the_subcommand_is_refused_instead_of_ignored(
    whence: Whence, old: str, command: str
) -> None:
    done = whence("log", "--log", old, command)
    assert (done.code, done.out) == (2, "")
    assert f"write --log after `{command}`" in done.err
    filtered = whence("log", "--type", "OrderFilled", command)
    assert filtered.code == 2
    assert f"`whence log {command}` has no filters: leave out --type" in filtered.err


def test_a_missing_log_is_not_sealed(whence: Whence) -> None:
    assert whence("log", "seal", "--log", "sqlite:///none.db").code == 2


def test_a_new_key_is_listed_last_and_no_secret_is_printed(
    whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHENCE_KEYS", str(tmp_path / "keys"))
    empty = whence("keys", "list")
    assert (empty.out, f"no key is in {tmp_path / 'keys'}" in empty.err) == ("", True)
    made = [whence("keys", "new").out.strip() for _ in range(2)]
    listed = whence("keys", "list")
    assert listed.out.split() == made
    for file in (tmp_path / "keys").iterdir():
        assert file.read_text().strip() not in listed.out + listed.err


def test_a_log_without_refused_records_lists_none(whence: Whence, old: str) -> None:
    listed = whence("log", "refused", "--log", old, "--json")
    assert (listed.code, listed.out) == (0, "[]\n")


def test_a_log_of_an_earlier_version_is_kept_under_another_name_by_the_demo(
    whence: Whence, old: str, tmp_path: Path
) -> None:
    before = (tmp_path / "old.db").read_bytes()
    done = whence("paper", "--fresh", "--bars", "300", "--log", old)
    assert done.code == 0
    printed = " ".join(done.err.split())
    assert f"{old} has events without marks, of an earlier version" in printed
    assert "it is kept as sqlite:///old.1.db" in printed
    assert (tmp_path / "old.1.db").read_bytes() == before
    assert whence("log", "--log", old).code == 0


def test_a_log_whose_key_is_lost_is_named_and_accepted_once_by_a_command(
    whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHENCE_KEYS", str(tmp_path / "keys"))
    run = ("paper", "--bars", "300", "--log", "sqlite:///lost.db")
    assert whence(*run).code == 0
    [key] = (tmp_path / "keys").iterdir()
    key.unlink()
    refused = whence(*run)
    assert refused.code == 4
    assert "lost.db: the log's marks were made with key" in refused.err
    assert '"A lost key" in docs/security.md' in refused.err
    sealed = whence("log", "seal", "--without-key", "--log", "sqlite:///lost.db")
    assert sealed.code == 0
    assert "events of sqlite:///lost.db are accepted as they are, and have new marks" in sealed.err
    assert whence(*run).code == 0
    again = whence("log", "seal", "--without-key", "--log", "sqlite:///lost.db")
    assert (again.code, "all keys of the log's marks" in again.err) == (1, True)


def test_a_log_with_an_event_of_another_writer_is_refused_with_the_page_that_states_what_to_do(
    whence: Whence, tmp_path: Path
) -> None:
    assert whence("paper", "--bars", "60", "--log", "sqlite:///own.db").code == 0
    with closing(sqlite3.connect(tmp_path / "own.db")) as database, database:
        database.execute(
            "INSERT INTO stored_events SELECT originator_id, originator_version + 1, topic, state FROM stored_events "
            "ORDER BY rowid DESC LIMIT 1"
        )
    refused = whence("paper", "--bars", "60", "--log", "sqlite:///own.db")
    assert refused.code == 4
    assert refused.err.endswith('see "A changed log" in docs/security.md\n')
    page = Path(__file__).parents[3] / "docs" / "security.md"
    assert "\n## A changed log\n" in page.read_text(encoding="utf-8")
