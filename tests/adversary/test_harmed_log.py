"""The files of a log are harmed under the running program: it stops with code 4, and no acknowledged event is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adversary.waiting import until
from tests.journeys.program import running, whence

_WRITTEN = 100_000
"""Bytes of the `-wal` file after several appends."""


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
    wal = log.with_name("o.db-wal")
    with running(tmp_path, "paper", "--bars", "3000", "--pace", "30000x", "--log", f"sqlite:///{log}") as run:
        until(lambda: wal.exists() and wal.stat().st_size >= _WRITTEN, "the log is being written")
        mend = harm(log)
        code, _, err = run.ended()
    assert code == 4, err
    assert "was removed or replaced under the running engine" in err
    assert list(tmp_path.glob("o.db")) == ([] if harm is _renamed else [log]), "the program made a new log"
    mend()
    last = int(err.partition("up to ordinal ")[2].split()[0])
    shown = whence(tmp_path, "log", "--log", f"sqlite:///{log}")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("\n") >= last > 3
