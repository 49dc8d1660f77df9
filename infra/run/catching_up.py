"""Catches up with a long log in several processes, each with a group of the read models.

Python runs one thread at a time, so one process uses one core. The processes only begin: they end at the log's head,
and `infra.run.projecting` follows the log from there. A process that was killed is started again, at most `REPLACED`
times in all. What a process with an error has left is taken over by `infra.run.projecting`, which raises its error.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.synchronize import Event

from sqlalchemy import Engine

from adapters.log.recorder_log import RecordedLog
from domain.errors import ServerFailed, WhenceError
from infra.config import WhenceSettings
from infra.logging import configure
from infra.logs import open_reader
from infra.run.collecting import spare_the_collector
from infra.run.rebuilding import WORKS, partition_of
from infra.run.turn import turn_of
from infra.store import open_store
from projections.answering import answering
from projections.bookkeeping import BuildKind
from projections.builds import Build, builds, kept_up
from projections.catalogue import PROJECTIONS
from projections.runner import Runner
from projections.standing import standings
from projections.store import reading

FAR = 50_000
"""Events that a read model must be behind for processes to be started, because a process needs a second to start."""
REPLACED = 3
"""How often a killed process is started again; the next death ends the command, because its cause does not pass."""
_FAILED = 1
"""The exit code of a process with an error of the log, the store or an event, which it has logged."""
COSTS: Mapping[str, int] = {
    "journal": 29,
    "orders": 10,
    "accounts": 10,
    "equity": 8,
    "performance": 7,
    "decisions": 7,
    "signals": 4,
    "positions": 4,
    "fills": 3,
    "alerts": 1,
    "discrepancies": 1,
    "manipulations": 1,
    "models": 4,
    "trading": 1,
    "weights": 1,
}
"""Microseconds for each event of a log of trading, without reading and decoding it, measured on one core."""
_PROGRAM = "projections"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watching:
    """How the caller takes part: `look` waits for a moment and returns whether a stop is requested; `died` receives a
    line about each process that ended early and what follows."""

    look: Callable[[], bool]
    died: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Share:
    """What one process projects: the builds with these ids, in one partition, up to an ordinal."""

    settings: WhenceSettings
    partition: int
    builds: frozenset[int]
    upto: int


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def catch_up_together(
    engine: Engine,
    settings: WhenceSettings,
    workers: int,
    watching: Watching,
    kinds: Iterable[BuildKind] = tuple(BuildKind),
) -> bool:
    """Projects the log up to its current head in at most `workers` processes; returns whether any were started.

    None is started where the store is not PostgreSQL (SQLite has one writer at a time), where less than 50,000 events
    are left, or where another process has the turn. Raises LogError and the errors of the database, and ServerFailed
    where processes are killed more than `REPLACED` times.
    """
    if workers < 2 or engine.dialect.name != "postgresql":
        return False
    turn = turn_of(engine, partition_of(settings))
    try:
        shares = _shares(engine, settings, workers, kinds) if turn.take() else ()
        if len(shares) > 1:
            _together(shares, watching)
        return len(shares) > 1
    finally:
        turn.give_back()


def groups(given: Iterable[Build], most: int) -> Sequence[Sequence[Build]]:
    """The builds in at most `most` groups of similar cost: the costliest build first, each into the cheapest group."""
    found: list[list[Build]] = [[] for _ in range(most)]
    for build in sorted(given, key=_cost, reverse=True):
        min(found, key=lambda group: sum(map(_cost, group))).append(build)
    return [group for group in found if group]


def _cost(build: Build) -> int:
    return COSTS[build.projection]


def _shares(
    engine: Engine, settings: WhenceSettings, workers: int, kinds: Iterable[BuildKind]
) -> Sequence[_Share]:
    partition = partition_of(settings)
    kept = [one for kind in kinds for one in kept_up(engine, PROJECTIONS.values(), kind)]
    with closing(open_reader(settings)) as log:
        head = log.head()
    with reading(engine) as connection:
        at = {one.build: one.ordinal for one in standings(connection, partition)}
    far = [build for build in kept if head - at.get(build, 0) > FAR]
    return [
        _Share(settings, partition, frozenset(build.id for build in group), head)
        for group in groups(far, workers)
    ]


def _together(shares: Sequence[_Share], watching: Watching) -> None:
    context = get_context("spawn")
    stop = context.Event()
    with _started(context, shares, stop) as processes:
        replaced = 0
        while any(process.is_alive() or _was_killed(process) for process in processes):
            replaced = _replace(context, shares, stop, processes, replaced, watching)
            if watching.look():
                break
        stop.set()
    for process in processes:
        if process.exitcode:
            watching.died(f"{_ended_early(process)}; this process projects its read models")


def _replace(
    context: SpawnContext,
    shares: Sequence[_Share],
    stop: Event,
    processes: list[SpawnProcess],
    replaced: int,
    watching: Watching,
) -> int:
    """Starts killed processes again; returns how many were replaced so far. Raises ServerFailed beyond `REPLACED`."""
    for at, process in enumerate(processes):
        if not _was_killed(process):
            continue
        if replaced == REPLACED:
            raise ServerFailed(
                f"{_ended_early(process)}, and {REPLACED} processes were started again already: something ends them, "
                "such as a lack of memory; `--workers 1` catches up in one process"
            )
        replaced += 1
        processes[at] = _process(context, shares[at], stop)
        with _without_signals():
            processes[at].start()
        watching.died(f"{_ended_early(process)}; it is started again")
    return replaced


def _was_killed(process: SpawnProcess) -> bool:
    return process.exitcode not in (None, 0, _FAILED)


def _ended_early(process: SpawnProcess) -> str:
    return f"the process {process.pid} ended with the code {process.exitcode} before it had caught up"


def _process(context: SpawnContext, share: _Share, stop: Event) -> SpawnProcess:
    return context.Process(target=_project, args=(share, stop, logging.getLogger().level))


@contextmanager
def _started(context: SpawnContext, shares: Sequence[_Share], stop: Event) -> Generator[list[SpawnProcess]]:
    """The processes, one for each share. They have ended when the context ends, after their current batch."""
    processes = [_process(context, share, stop) for share in shares]
    try:
        with _without_signals():
            for process in processes:
                process.start()
        yield processes
        for process in processes:
            process.join()
    except BaseException:
        for process in processes:
            if process.pid is not None:
                process.kill()
                process.join()
        raise


@contextmanager
def _without_signals() -> Generator[None]:
    """Processes that are started meanwhile never receive the signals that stop a command, as they inherit the mask.

    The process that started them receives these signals after the context, and decides when they end.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _project(share: _Share, stop: Event, level: int) -> None:
    """Runs in a process of its own."""
    configure(level, _PROGRAM)
    spare_the_collector()
    try:
        _catch_up(share, stop)
    except WhenceError as fault:
        _log.error("%s", fault)
        raise SystemExit(_FAILED) from fault


def _catch_up(share: _Share, stop: Event) -> None:
    engine, parent = open_store(share.settings), parent_process()
    with (
        answering(engine),
        closing(open_reader(share.settings)) as log,
        closing(_runner(engine, log, share)) as runner,
    ):
        while not stop.is_set() and parent is not None and parent.is_alive():
            if not runner.step() or all(work.ordinal >= share.upto for work in runner.works):
                break
    engine.dispose()


def _runner(engine: Engine, log: RecordedLog, share: _Share) -> Runner:
    with reading(engine) as connection:
        own = [build for build in builds(connection) if build.id in share.builds]
    works = [WORKS[one.kind](engine, PROJECTIONS[one.projection], one, share.partition) for one in own]
    return Runner(log, works, storage=log.storage, frames=log.frames)
