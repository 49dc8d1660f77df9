"""Every event is projected exactly once, wherever the process dies and whatever fails before a commit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from domain.errors import WhenceError
from domain.log import Envelope
from projections.builds import kept_up
from projections.catalogue import PROJECTIONS
from projections.runner import Runner
from projections.work import works
from tests.benchmarks.runs import copies
from tests.infra.run.stores import digests, filled, opened, store, store_url
from tests.projections.faulty import caught_up
from tests.projections.folded import a_run
from tests.projections.stores import WrittenLog

__all__ = ["store", "store_url"]

_ROOT = Path(__file__).parents[3]
_SEED = 4


@cache
def _events() -> Sequence[Envelope]:
    """The events of two accounts, one after the other, so that the log is long enough to be interrupted."""
    return [envelope for account in copies(a_run(3_000), 2) for envelope in account]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The digests after one runner has projected the log without an interruption."""
    for engine in opened(f"sqlite:///{tmp_path_factory.mktemp('undisturbed') / 'read.db'}"):
        caught_up(engine, WrittenLog(_events()), PROJECTIONS)
        yield digests(engine)


def _killed(log: str, store: str, rounds: int) -> Mapping[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.infra.run.killed", log, store, str(_SEED), str(rounds)],
        cwd=_ROOT,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def _check(report: Mapping[str, Any]) -> None:
    deaths: Sequence[Mapping[str, Any]] = report["deaths"]
    assert report["reached"] == report["head"] == len(_events())
    assert all(one["died"] for one in deaths), deaths
    assert len({one["left"] for one in deaths}) > 1, "all processes died at the same ordinal"
    assert all(one["left"] < len(_events()) for one in deaths), deaths


def test_a_projection_killed_four_times_while_catching_up_gives_the_same_digests(
    store: Engine, store_url: str, tmp_path: Path, undisturbed: Mapping[str, str]
) -> None:
    """The kills are at random moments."""
    log = f"sqlite:///{tmp_path / 'log.db'}"
    filled(log, _events())
    _check(_killed(log, store_url, 4))
    assert digests(store) == undisturbed


def test_a_projection_killed_while_catching_up_with_kafka_gives_the_same_digests(
    tmp_path: Path, kafka_bootstrap_servers: str, kafka_topic: str, undisturbed: Mapping[str, str]
) -> None:
    log, url = f"kafka://{kafka_bootstrap_servers}/{kafka_topic}", f"sqlite:///{tmp_path / 'read.db'}"
    filled(log, _events())
    _check(_killed(log, url, 2))
    for engine in opened(url):
        assert digests(engine) == undisturbed


class _Cut(WhenceError):
    """A commit that failed."""


def test_failed_commits_project_no_event_twice(store: Engine, undisturbed: Mapping[str, str]) -> None:
    """Every 25th commit is refused after all writes; its events are then folded again."""
    log, commits = WrittenLog(_events()), 0
    builds = kept_up(store, PROJECTIONS.values())
    runner = Runner(log, works(store, builds, PROJECTIONS, 0))

    def refuse(_connection: object) -> None:
        nonlocal commits
        commits += 1
        if commits % 25 == 0:
            raise _Cut

    event.listen(store, "commit", refuse)
    cut = 0
    while True:
        try:
            if not runner.step(20):
                break
        except _Cut:
            cut += 1
    event.remove(store, "commit", refuse)
    assert cut > 3
    assert digests(store) == undisturbed


def test_two_runners_on_one_store_project_no_event_twice(
    store: Engine, undisturbed: Mapping[str, str]
) -> None:
    """The runners use no lock, so that they repeatedly overtake each other."""
    log = WrittenLog(_events())
    builds = kept_up(store, PROJECTIONS.values())
    runners = [Runner(log, works(store, builds, PROJECTIONS, 0)) for _ in range(2)]
    steps = 0
    while any([runners[0].step(60), runners[1].step(90)]):
        steps += 1
    assert steps > 10
    assert digests(store) == undisturbed
