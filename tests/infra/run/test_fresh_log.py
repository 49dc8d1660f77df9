"""The files of a new log are removed where a start is refused, and no file that was there before."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from infra.config import WhenceSettings
from infra.logs import open_owned
from infra.run.fresh_log import FreshLog

MADE = ("live.db.inputs", "live.db.inputs-wal", "live.letters.db", "live.read.db", "live.read.db-shm")
OF_READ_MODELS = ("live.read.db.projecting.0", "live.read.db.projecting.1")


def refused(folder: Path, store: str | None = None) -> None:
    """A start that makes every file of a log and records nothing."""
    settings = WhenceSettings(log=f"sqlite:///{folder / 'live.db'}", store=store)
    fresh = FreshLog(settings)
    with closing(open_owned(settings)) as log, fresh.removed_while_empty(log):
        for name in (*MADE, *OF_READ_MODELS):
            (folder / name).touch()


def test_a_refused_start_leaves_no_file_of_a_new_log_and_of_its_store(tmp_path: Path) -> None:
    (tmp_path / "live.read.database").touch()
    refused(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["live.read.database"]


def test_a_store_that_was_there_before_is_kept(tmp_path: Path) -> None:
    (tmp_path / "live.read.db").write_text("kept")
    refused(tmp_path)
    assert (tmp_path / "live.read.db").read_text() == "kept"


@pytest.mark.parametrize("name", ["live.read.db", *OF_READ_MODELS])
def test_a_configured_store_is_kept_because_other_logs_may_share_it(tmp_path: Path, name: str) -> None:
    refused(tmp_path, f"sqlite:///{tmp_path / 'live.read.db'}")
    assert (tmp_path / name).exists()
