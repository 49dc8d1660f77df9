"""A taped run is killed at every named step and resumed: its tape makes the same log again, byte for byte."""

from __future__ import annotations

import json
import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import open_sqlite
from tests.clean_process import killed
from tests.infra.cli.test_api import PAUSE
from tests.infra.run.taped import INSTANTS, frames, replayed, trade
from tests.journeys.program import whence
from tests.journeys.serving import started

STEPS = {"input taken": 2, "unit decided": 3, "inputs kept": 4, "unit recorded": 4}
"""Each step of a run at which a kill leaves another state of tape and log, with the least number of sessions that are
on the tape after two kills: a session that ends before its first unit may leave nothing.
"""


class Killing:
    """Kills its process at the step `at`, when it comes there for the time `count`."""

    def __init__(self, at: str, count: int) -> None:
        self._at, self._left = at, count

    def __call__(self, step: str, /) -> None:
        self._left -= step == self._at
        if step == self._at and not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def _killed(path: Path, first: int, upto: int, step: Killing) -> None:
    killed(trade, path, first, upto, step)


@pytest.mark.parametrize(("at", "sessions"), STEPS.items())
def test_a_run_killed_at_a_step_and_resumed_is_made_again_from_its_tape(
    tmp_path: Path, at: str, sessions: int
) -> None:
    path = tmp_path / "whence.db"
    trade(path, 0, 60)
    _killed(path, 62, 200, Killing(at, 3))
    _killed(path, 200, 280, Killing(at, 1))
    trade(path, 280, len(INSTANTS))
    with closing(open_sqlite(tmp_path / "again.db", AvroCodec())) as again:
        replay = replayed(path, into=again)
    assert replay.difference is None
    assert sessions <= replay.sessions <= 4
    assert replay.ordinal == len(frames(path))
    assert frames(path) == frames(tmp_path / "again.db")


def test_an_engine_in_a_market_at_rest_that_is_killed_between_requests_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "whence.toml").write_text("inputs_at_rest = true\n", encoding="utf-8")
    created = whence(tmp_path, "tokens", "create", "desk", "--role", "trader", "--json")
    token = json.loads(created.stdout)["token"]
    for mutation in ("pauseStrategy", "resumeStrategy"):
        with started(tmp_path) as engine:
            changed = engine.query(PAUSE.replace("pauseStrategy", mutation), token, key=mutation)
            assert changed["data"][mutation]["__typename"] == "Completed"
            engine.program.process.kill()
            engine.program.process.wait()
    done = whence(tmp_path, "replay", "--into", "sqlite:///again.db")
    assert (done.returncode, done.stderr) == (0, "")
    assert "of 2 sessions led to" in done.stdout
    assert frames(tmp_path / "whence.db") == frames(tmp_path / "again.db")
