"""Brings new builds up to the log's head beside the live build, in every partition, and switches to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from sqlalchemy import Engine, select

from adapters.log.address import KafkaAddress, parse_address
from domain.errors import Refused
from infra.config import WhenceSettings
from infra.logs import open_reader
from projections.bookkeeping import CURSORS, BuildKind
from projections.builds import Build, switch
from projections.catalogue import PROJECTIONS
from projections.history import HistoryWork
from projections.runner import Runner
from projections.store import reading, writing
from projections.work import Work

WORKS: Mapping[BuildKind, type[Work]] = {BuildKind.TODAY: Work, BuildKind.HISTORY: HistoryWork}
"""The class that keeps a build of each kind up to date."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The progress of a build in one partition."""

    build: Build
    partition: int
    ordinal: int
    head: int


OnProgress = Callable[[Sequence[Reached]], None]


def partition_of(settings: WhenceSettings) -> int:
    """The partition in the log's address; 0 for a log without partitions."""
    address = parse_address(settings.log)
    return address.partition if isinstance(address, KafkaAddress) else 0


def log_of(settings: WhenceSettings, partition: int) -> WhenceSettings:
    """The settings with the log in that partition of the same topic."""
    address = parse_address(settings.log)
    if not isinstance(address, KafkaAddress):
        return settings
    return settings.model_copy(update={"log": str(KafkaAddress(address.servers, address.topic, partition))})


def partitions_of(engine: Engine, settings: WhenceSettings) -> Sequence[int]:
    """Every partition with a cursor in the store, and the partition in the log's address."""
    with reading(engine) as connection:
        known = connection.execute(select(CURSORS.c.partition).distinct()).scalars()
        return sorted({partition_of(settings), *known})


def catch_up(
    engine: Engine,
    settings: WhenceSettings,
    builds: Sequence[Build],
    on_progress: OnProgress,
    stopped: Callable[[], bool],
) -> bool:
    """Brings the builds to the head of every partition; returns false where `stopped()` became true before that."""
    with ExitStack() as held:
        runners = {
            partition: _runner(engine, held, log_of(settings, partition), builds, partition)
            for partition in partitions_of(engine, settings)
        }
        while not stopped():
            folded = sum(runner.step() for runner in runners.values())
            on_progress([one for partition, runner in runners.items() for one in _reached(runner, partition)])
            if not folded:
                return True
    return False


def catch_up_and_switch(
    engine: Engine,
    settings: WhenceSettings,
    builds: Sequence[Build],
    on_progress: OnProgress,
    stopped: Callable[[], bool],
) -> bool:
    """Brings the builds to the head and switches to them; returns false where `stopped()` became true before that.

    Where events arrive between reaching the head and the switch, they are projected and the switch is retried.
    """
    left = list(builds)
    while left and catch_up(engine, settings, left, on_progress, stopped):
        left = [build for build in left if not _switched(engine, build)]
    return not left


def _switched(engine: Engine, build: Build) -> bool:
    try:
        with writing(engine) as connection:
            switch(connection, build)
    except Refused:
        return False
    return True


def _runner(
    engine: Engine, held: ExitStack, settings: WhenceSettings, builds: Sequence[Build], partition: int
) -> Runner:
    log = held.enter_context(closing(open_reader(settings)))
    works = [WORKS[one.kind](engine, PROJECTIONS[one.projection], one, partition) for one in builds]
    runner = Runner(log, works, storage=log.storage, frames=log.frames)
    held.callback(runner.close)
    return runner


def _reached(runner: Runner, partition: int) -> Sequence[Reached]:
    return [Reached(work.build, partition, work.ordinal, runner.head) for work in runner.works]
