"""The files of a log are harmed under the running program: it stops with code 4, and no acknowledged event is lost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest


def _renamed(log: Path) -> Callable[[], object]:
    log.rename(log.with_name("other.db"))
    return lambda: log.with_name("other.db").rename(log)


def _without_wal(log: Path) -> Callable[[], object]:
    log.with_name(f"{log.name}-wal").unlink()
    return lambda: None


@pytest.mark.parametrize("harm", [_renamed, _without_wal])
def test_a_paper_run_whose_log_is_harmed_ends_with_code_4_and_all_its_events(
    tmp_path: Path, harm: Callable[[Path], Callable[[], object]]
) -> None:
    log = tmp_path / "o.db"
    run = subprocess.Popen(
        [*_whence("paper"), "--bars", "3000", "--pace", "30000x", "--log", f"sqlite:///{log}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    _wait_for(log.with_name("o.db-wal"), 100_000)
    mend = harm(log)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 4, err
    assert "was removed or replaced under the running engine" in err
    assert list(tmp_path.glob("o.db")) == ([] if harm is _renamed else [log]), "the program made a new log"
    mend()
    last = int(err.partition("up to ordinal ")[2].split()[0])
    shown = subprocess.run(
        [*_whence("log"), "--log", f"sqlite:///{log}"], capture_output=True, text=True, check=True, timeout=60
    )
    assert shown.stdout.count("\n") >= last > 3


def _wait_for(file: Path, size: int) -> None:
    until = time.monotonic() + 60
    while not file.exists() or file.stat().st_size < size:
        assert time.monotonic() < until
        time.sleep(0.02)


def _whence(command: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).with_name("whence")), command)
