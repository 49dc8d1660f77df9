"""One life of the engine: `whence live` in a forked process, from its command line to its end.

What differs from the program that a person starts, and nothing else:

- the modules are imported already (`zygote.py`);
- the process of the API is not started: its end of the socket is in the harness, which sends requests through it;
- a part of the snapshot is written after a few events, so that nearly every start is from a snapshot;
- the run's patience with the exchange (`Rhythm`) is divided, so that a life takes a second;
- at one named step (`steps.py`) the process ends itself by SIGKILL, in the lives that are to end so.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import sys
import traceback
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from msgspec import Struct

from adapters.log import kafka
from adapters.snapshots import Snapshots
from commands.reconciling import Reconciled, Reconciler
from infra.cli import main, trading_live
from infra.run import apart, snapshots
from infra.run.live import LiveRun
from infra.run.live_plan import Rhythm
from tests.infra.run.rhythms import change_rhythm
from tests.torture.states import digest
from tests.torture.steps import STEPS, Death, Report

_LOG_WAITS = {"KAFKA_TIMEOUT": "5", "KAFKA_COMMIT_TIMEOUT": "2"}
SNAPSHOT_EVENTS = 10
"""The events after which a part of the snapshot is written."""


class Job(Struct, frozen=True, kw_only=True):
    """A life: the words of its command line, its folder, environment and output file.

    `step` is where it ends itself, at the `nth` time; empty where it does not. `pace` divides the run's patience.
    With `is_cut` its line to Kafka is cut: it waits 5 s for an answer and 2 s for a commit, instead of 30 and 10.
    """

    words: list[str]
    folder: str
    environment: dict[str, str]
    output: str
    step: str = ""
    nth: int = 1
    pace: float = 1.0
    is_cut: bool = False


class Elsewhere:
    """Stands for the process of the API, which is the harness; it is nobody's child here."""

    pid = 0
    returncode = 0

    def poll(self) -> int:
        return self.returncode


def live_through(job: Job, channel: socket.socket, notices: int) -> int:
    """Runs the program to its end; returns its exit code. `channel` is the engine's end of the API's socket.

    Writes a line to `notices` where trading begins, where a step is reached, and at an orderly end.
    """
    os.setsid()
    output = os.open(job.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.environ.update(job.environment)
    os.chdir(job.folder)
    random.seed()

    def report(line: str) -> None:
        os.write(notices, f"{line}\n".encode())

    _watch(report)

    def started(*_shared: int) -> tuple[socket.socket, Elsewhere]:
        return channel, Elsewhere()

    apart.__dict__["_started"] = started
    snapshots.__dict__["Snapshots"] = partial(Snapshots, events=SNAPSHOT_EVENTS)
    change_rhythm(partial(_divided, pace=job.pace))
    if job.is_cut:
        _hurry_kafka()
    if job.step:
        STEPS[job.step](Death(job.step, job.nth, report))
    return _ended(job.words)


def _ended(words: list[str]) -> int:
    sys.argv = ["whence", *words]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  # a forked process must not return into its parent's code
        traceback.print_exc()
        return 70
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _watch(report: Report) -> None:
    """Reports the first end of a comparison, after which the run trades, and the state at an orderly end."""
    end, report_held, ends = Reconciler.end, trading_live.__dict__["_report"], list[Reconciled]()

    def ended(self: Reconciler, outcome: Reconciled) -> None:
        end(self, outcome)
        ends.append(outcome)
        if len(ends) == 1:
            report("trading")

    def held(run: LiveRun) -> None:
        report_held(run)
        report(f"state {digest(run.world)}")

    Reconciler.end = ended  # type: ignore[method-assign]
    trading_live.__dict__["_report"] = held


def _hurry_kafka() -> None:
    """An outage of seconds is then long enough to end a session (docs/decisions/0073-cut-off.md)."""
    environment_of = kafka.environment_of

    def hurried(address: Any, client: Any, how: Mapping[str, str], index: Any) -> Any:
        return environment_of(address, client, {**how, **_LOG_WAITS}, index)

    kafka.environment_of = hurried


def _divided(rhythm: Rhythm, pace: float) -> Rhythm:
    """The rhythm with every time divided but that of the stop."""
    names = ("poll", "in_flight", "patience", "lost", "retry", "longest_retry")
    return replace(rhythm, **{name: getattr(rhythm, name) / pace for name in names})
