"""Processes that trade one backtest each at a time.

A process that ends early is an error, never a wait. Its connection is how a worker knows that its parent lives: it ends
where the other end is closed, so that `kill -9` of the parent does not leave it running.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import NamedTuple, Self

from domain.errors import ServerFailed, WhenceError
from infra.run.backtest import Change
from infra.search.market import Market, Outcome, Stopped
from infra.search.parts import Part

_GLANCE_SECONDS = 0.2
_END_SECONDS = 5.0


class Task(NamedTuple):
    """One backtest: a part of the market, the change of its settings, and whether its closed trades are wanted."""

    part: Part
    change: Change
    with_trades: bool = False


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    connection: Connection[object, object]
    task: int | None = None


class Workers:
    """As many processes as `count`, which end with the context. `stops`: whether a stop was requested.

    They are started with the first task: a search whose trials were all made needs none.
    """

    def __init__(self, market: Market, count: int, stops: Callable[[], bool]) -> None:
        self._market, self._count, self._stops = market, count, stops
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._workers:
            one.connection.close()
            one.process.kill()  # it holds nothing but its backtest
            one.process.join()
            one.process.close()
        self._workers.clear()

    def start(self) -> None:
        """Starts the processes; `outcomes` does it where nobody has. Raises ServerFailed where one ends at once."""
        context = multiprocessing.get_context("spawn")
        for _ in range(self._count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._workers.append(_Worker(process, ours))
        for one in self._workers:
            _send(one, self._market)

    def outcomes(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Outcome]]:
        """The number of each task with its outcome, as they end; it ends early where a stop is requested.

        Raises ServerFailed where a process ends, and the error of a backtest that is no outcome, as InvalidEvent.
        """
        if tasks and not self._workers:
            self.start()
        left = deque(range(len(tasks)))
        for one in self._workers:
            self._give(one, tasks, left)
        while busy := {one.connection: one for one in self._workers if one.task is not None}:
            if self._stops():
                return
            for ready in wait(list(busy), _GLANCE_SECONDS):
                worker = busy[ready]  # type: ignore[index]  # each is a connection of ours
                number, outcome = worker.task, _received(worker)
                assert number is not None
                self._give(worker, tasks, left)
                yield number, outcome

    def _give(self, worker: _Worker, tasks: Sequence[Task], left: deque[int]) -> None:
        worker.task = left.popleft() if left else None
        if worker.task is not None:
            _send(worker, tasks[worker.task])


def _send(worker: _Worker, given: Market | Task) -> None:
    try:
        worker.connection.send(given)
    except OSError:
        raise _ended(worker) from None


def _received(worker: _Worker) -> Outcome:
    try:
        found = worker.connection.recv()
    except (EOFError, OSError):
        raise _ended(worker) from None
    if isinstance(found, WhenceError):
        raise found
    assert isinstance(found, Outcome)
    return found


def _ended(worker: _Worker) -> ServerFailed:
    worker.process.join(_END_SECONDS)
    return ServerFailed(
        f"a process of the search has ended with the code {worker.process.exitcode}; the trials that have ended are "
        "kept, and the same command goes on with them. Where memory ran out, use fewer --processes"
    )


def _work(connection: Connection[object, object]) -> None:
    """Answers each task with its outcome, until the other end is closed. A stop is for the parent, which closes it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with suppress(EOFError, OSError, Stopped):
        market = connection.recv()
        assert isinstance(market, Market)
        while True:
            task = connection.recv()
            assert isinstance(task, Task)
            connection.send(_outcome(market, task, connection.poll))


def _outcome(market: Market, task: Task, stops: Callable[[], bool]) -> Outcome | WhenceError:
    """`stops`: within a backtest a parent sends nothing, so whatever can be received is the end."""
    try:
        return market.outcome(task.part, task.change, stops, with_trades=task.with_trades)
    except WhenceError as fault:
        return fault


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
