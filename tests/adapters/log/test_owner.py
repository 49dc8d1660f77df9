"""The lock beside a log's file: it names its holder and ends with its process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.log.owner import FileOwner
from domain.errors import LogOwned

HOLD = """
import sys
from pathlib import Path
from adapters.log.owner import FileOwner
owner = FileOwner(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_owner_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    owner = FileOwner(tmp_path / "a.db")
    with pytest.raises(LogOwned, match=rf"a\.db is owned by process {os.getpid()} on .+ since 20"):
        FileOwner(tmp_path / "a.db")
    FileOwner(tmp_path / "b.db").release()
    owner.release()
    owner.release()
    FileOwner(tmp_path / "a.db").release()


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    log = tmp_path / "a.db"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LogOwned, match=f"process {holder.pid} on "):
        FileOwner(log)
    holder.kill()
    holder.communicate()
    FileOwner(log).release()


def test_an_unreadable_note_still_refuses_a_second_owner(tmp_path: Path) -> None:
    owner = FileOwner(tmp_path / "a.db")
    (tmp_path / "a.db.owner").write_text("scribble")
    with pytest.raises(LogOwned, match="is owned by an engine that has just started"):
        FileOwner(tmp_path / "a.db")
    owner.release()
