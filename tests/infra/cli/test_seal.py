"""`whence log seal` and `whence keys`: what a person does with logs from before marks, and with keys."""

from __future__ import annotations

import shutil
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
    assert f"write --log and --config after `{command}`" in done.err


def test_a_missing_log_is_not_sealed(whence: Whence) -> None:
    assert whence("log", "seal", "--log", "sqlite:///none.db").code == 2


def test_a_new_key_is_listed_last_and_no_secret_is_printed(
    whence: Whence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHENCE_KEYS", str(tmp_path / "keys"))
    assert whence("keys", "list").out == ""
    made = [whence("keys", "new").out.strip() for _ in range(2)]
    listed = whence("keys", "list")
    assert listed.out.split() == made
    for file in (tmp_path / "keys").iterdir():
        assert file.read_text().strip() not in listed.out + listed.err


def test_a_log_without_refused_records_lists_none(whence: Whence, old: str) -> None:
    listed = whence("log", "refused", "--log", old, "--json")
    assert (listed.code, listed.out) == (0, "[]\n")
