"""A writer is killed at every step: the log holds all or none of each append, and the index agrees with the log."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from eventsourcing.utils import Environment

from tests.adapters.kafka.logs import Logs, events

_FIRST = [(1, "order-1", 1), (2, "order-1", 2)]
_SECOND = [(3, "order-1", 3), (4, "order-1", 4), (5, "order-2", 1), (6, "order-2", 2)]


def _killed(env: Environment, folder: Path, step: str, delay: float) -> None:
    settings = json.dumps({**env, "ORIGINATOR_ID_TYPE": "text", "KAFKA_INDEX_PATH": str(folder)})
    command = [sys.executable, "-m", "tests.adapters.kafka.dying_writer", settings, step, str(delay)]
    died = subprocess.run(command, check=False, timeout=60, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()


@pytest.mark.parametrize(
    ("step", "delay", "outcomes"),
    [
        ("before produce", 0, [_FIRST]),
        ("between produce and commit", 0, [_FIRST]),
        ("during commit", 0.0, [_FIRST, _FIRST + _SECOND]),
        ("during commit", 0.001, [_FIRST, _FIRST + _SECOND]),
        ("during commit", 0.002, [_FIRST, _FIRST + _SECOND]),
        ("during commit", 0.004, [_FIRST, _FIRST + _SECOND]),
        ("after commit before index", 0, [_FIRST + _SECOND]),
    ],
)
def test_after_a_kill_the_log_holds_all_or_none_of_each_append(
    env: Environment, tmp_path: Path, step: str, delay: float, outcomes: list[list[tuple[int, str, int]]]
) -> None:
    _killed(env, tmp_path, step, delay)
    with Logs(env) as logs:
        log = logs.open(KAFKA_INDEX_PATH=str(tmp_path))
        held = log.contents()
        assert held in outcomes
        places = [tuple(place)[:3] for place in log.store.history.index.places_between(1, 100)]
        assert places == held
        following = 3 if held == _FIRST else 5
        assert log.append(events("order-1", following, following)) == [len(held) + 1]
        # A reader without an index file reads the same events.
        assert logs.open(KAFKA_READ_ONLY="y").contents() == [*held, (len(held) + 1, "order-1", following)]
        assert log.store.refused == {}
