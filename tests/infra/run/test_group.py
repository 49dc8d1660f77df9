"""Two processes share the partitions of a topic, and one is killed: the tables equal those of a single process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from domain.errors import InvalidInput
from domain.log import Envelope
from infra.config import WhenceSettings
from infra.run.group import Group
from projections.bookkeeping import CURSORS
from projections.builds import live
from projections.catalogue import PROJECTIONS
from projections.store import reading
from tests.benchmarks.runs import copies
from tests.infra.run.stores import digests, filled, opened
from tests.journeys.program import running
from tests.projections.folded import a_run

_PATIENCE = 60.0
_PARTITIONS = 3


def _accounts() -> Sequence[Sequence[Envelope]]:
    """The events of each partition; each partition has its own account."""
    return list(copies(a_run(1_500), _PARTITIONS))


@pytest.fixture
def topic(kafka_bootstrap_servers: str, kafka_topic: str) -> str:
    """A topic with a log in each of three partitions. The last one is filled first, which creates all partitions."""
    for partition, events in reversed(list(enumerate(_accounts()))):
        filled(f"kafka://{kafka_bootstrap_servers}/{kafka_topic}?partition={partition}", events)
    return f"kafka://{kafka_bootstrap_servers}/{kafka_topic}"


@pytest.fixture
def single(topic: str, tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """The digests of one process over all three partitions."""
    url = f"sqlite:///{tmp_path / 'single.db'}"
    for engine in opened(url):
        group = Group(
            engine, WhenceSettings(log=topic, store=url), f"single-{tmp_path.name}-{time.time_ns()}"
        )
        group.run(partial(_are_at, engine, len(_accounts()[0])))
        yield digests(engine)


def test_a_process_takes_the_partitions_of_a_killed_one_and_projects_each_event_once(
    topic: str, single: Mapping[str, str], postgres_database: str, tmp_path: Path
) -> None:
    """The first process is killed as soon as it has begun to project."""
    name = f"shared-{time.time_ns()}"
    words = ("projections", "run", "--group", name, "--log", topic, "--store", postgres_database)
    for engine in opened(postgres_database):
        with running(tmp_path, *words) as first:
            _until(partial(_has_begun, engine), "the first one has begun")
            with running(tmp_path, *words) as second:
                first.kill()
                _until(
                    partial(_are_at, engine, len(_accounts()[0])), "the second has caught up with everything"
                )
                assert second.interrupt()[0] == 0
        assert digests(engine) == single


def _has_begun(engine: Engine) -> bool:
    return bool(_reached(engine))


def _reached(engine: Engine) -> Sequence[int]:
    """The ordinals of the live builds, one for each build and partition."""
    with reading(engine) as connection:
        own = CURSORS.c.build_id.in_([build.id for build in live(connection).values()])
        return list(connection.execute(select(CURSORS.c.ordinal).where(own)).scalars())


def _are_at(engine: Engine, head: int) -> bool:
    reached = _reached(engine)
    return len(reached) == _PARTITIONS * len(PROJECTIONS) and min(reached) >= head


def _until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not reached():
        assert time.monotonic() < deadline, f"not within {_PATIENCE:g} s: {what}"
        time.sleep(0.05)


def test_a_group_on_a_log_in_a_file_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'read.db'}"
    for engine in opened(url):
        with pytest.raises(InvalidInput, match="--group"):
            Group(engine, WhenceSettings(log=f"sqlite:///{tmp_path / 'log.db'}"), "desk")
