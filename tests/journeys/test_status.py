"""`whence status` of a real program: while it runs, and after it was killed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.processes.running import ProcessState, processes
from infra.config import WhenceSettings
from infra.processes import process_place
from infra.run.clock import utc_now
from tests.journeys.program import PATIENCE, whence
from tests.journeys.serving import started

LOG = "sqlite:///first.db"
Rows = Sequence[Mapping[str, Any]]


def until(folder: Path, is_reached: Callable[[Rows], bool]) -> tuple[int, Rows]:
    """The exit code and the rows of `whence status`, as soon as they fulfil the condition."""
    deadline = time.monotonic() + PATIENCE
    while True:
        shown = whence(folder, "status", "--json", "--log", LOG)
        rows = json.loads(shown.stdout)
        if is_reached(rows):
            return shown.returncode, rows
        assert time.monotonic() < deadline, rows


def both_are_healthy(rows: Rows) -> bool:
    return [(one["role"], one["state"]) for one in rows] == [("engine", "HEALTHY"), ("api", "HEALTHY")]


def test_an_engine_and_its_api_are_healthy_until_they_are_killed_and_silent_afterwards(
    tmp_path: Path,
) -> None:
    with started(tmp_path, "--log", LOG) as api:
        code, rows = until(tmp_path, both_are_healthy)
        assert code == 0
        assert {one["version"] for one in rows} == {"0.1.0"}
        assert rows[0]["ordinal"] > 0
        answer = api.query("{ processes { role state } }")
        assert [one["role"] for one in answer["data"]["processes"]] == ["ENGINE", "API"]
        api.program.process.kill()
        api.program.process.wait()
    place = process_place(WhenceSettings(log=f"sqlite:///{tmp_path / 'first.db'}"))
    assert place is not None
    with closing(place):
        engine = processes(place.announced(), utc_now() + timedelta(seconds=60))[0]
    assert engine.state is ProcessState.SILENT
    assert engine.announcement is not None
    assert engine.announcement.pid == rows[0]["pid"]
