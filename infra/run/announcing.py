"""Announces this process while it runs: what it is, how far it is, and whether it is healthy.

with announced(settings, Program(ProcessRole.ENGINE, "main"), standing):
    ...
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Protocol
from uuid import uuid4

from msgspec.structs import replace

from adapters.processes.announcement import Announcement, HeldLease, ProcessRole
from adapters.processes.place import ProcessPlace
from adapters.processes.running import outlived
from domain.errors import WhenceError
from infra.config import WhenceSettings
from infra.processes import process_place
from infra.run.clock import utc_now

EVERY_SECONDS = 5.0
"""Between two announcements."""
_STUCK_SECONDS = 15.0
"""The longest turn of a program's loop that is healthy."""
_END_SECONDS = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Program:
    """What this process runs. `name` distinguishes processes of one role: the account of an engine."""

    role: ProcessRole
    name: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a process is.

    `ordinal` is the last event that it has taken in, and `behind` how many follow; None where it reads no events.
    `fault` is why it is not healthy, in words without secrets; empty where it is. `leases` are those that a node holds.
    """

    ordinal: int | None = None
    behind: int | None = None
    fault: str = ""
    leases: tuple[HeldLease, ...] = ()


class Loop:
    """The loop of a program, which another thread watches: a loop that does not turn is at fault. Thread-safe."""

    def __init__(self, longest: float = _STUCK_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        """`longest` is the longest healthy turn, in seconds."""
        self._longest, self._clock = longest, clock
        self._turned = clock()

    def turn(self) -> None:
        """The loop has come round."""
        self._turned = self._clock()

    @property
    def fault(self) -> str:
        """Why the loop is not healthy; empty where it is."""
        lasted = self._clock() - self._turned
        return f"its loop has not turned for {lasted:.0f} s" if lasted > self._longest else ""

    def standing(self) -> Standing:
        """The standing of a program that has nothing but its loop."""
        return Standing(fault=self.fault)


class Stops(Protocol):
    """See `infra.cli.stopping.Stopping`."""

    def requested(self) -> bool: ...

    def wait(self, seconds: float) -> None: ...


class TurningStops:
    """The stops of a program whose loop queries them once in each turn, so that it is known to turn."""

    def __init__(self, stops: Stops, loop: Loop) -> None:
        self._stops, self._loop = stops, loop

    def requested(self) -> bool:
        """See `Stops`."""
        self._loop.turn()
        return self._stops.requested()

    def wait(self, seconds: float) -> None:
        """See `Stops`."""
        self._stops.wait(seconds)


class Announcing:
    """A thread that announces this process. A place that does not answer is tried again, and disturbs nothing else."""

    def __init__(
        self,
        opened: Callable[[], ProcessPlace | None],
        program: Program,
        standing: Callable[[], Standing],
        *,
        every: float = EVERY_SECONDS,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`standing` is called on this thread."""
        self._opened, self._standing, self._clock = opened, standing, clock
        self._place: ProcessPlace | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="announcing", daemon=True)
        self._is_failing = False
        now = clock()
        self._own = Announcement(
            id=uuid4().hex,
            role=program.role,
            name=program.name,
            host=socket.gethostname(),
            pid=os.getpid(),
            release=version("whence"),
            started_at=now,
            at=now,
            every=every,
        )
        self._last, self._end = self._own, ""

    def start(self) -> None:
        """Begins to announce; never raises for a place that does not answer."""
        self._thread.start()

    def stop(self, fault: str = "") -> None:
        """Announces the end, with the `fault` that has ended the process; waits for it a few seconds."""
        self._end = fault
        self._stopping.set()
        self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        is_over = False
        while not is_over:
            is_over = self._stopping.is_set()
            self._try()
            if not is_over:
                self._stopping.wait(self._own.every)
        if self._place is not None:
            self._place.close()

    def _try(self) -> None:
        try:
            self._announce()
        except WhenceError as fault:
            if not self._is_failing:
                _log.warning("this process cannot be announced, which `whence status` will show: %s", fault)
            self._is_failing = True
        else:
            self._is_failing = False

    def _announce(self) -> None:
        if self._place is None:
            self._place = self._opened()
            if self._place is None:
                return
            self._place.forget(outlived(self._place.announced(), self._clock()))
        self._place.announce(self._now())

    def _now(self) -> Announcement:
        """The announcement of now; the last one has the progress of the one before."""
        if not self._stopping.is_set():
            found = self._standing()
            self._last = replace(
                self._own, ordinal=found.ordinal, behind=found.behind, fault=found.fault, leases=found.leases
            )
            return replace(self._last, at=self._clock())
        return replace(self._last, at=self._clock(), fault=self._end, has_ended=True, leases=())


@contextmanager
def announced(
    settings: WhenceSettings, program: Program, standing: Callable[[], Standing]
) -> Generator[None]:
    """Announces this process while the body runs. An error that ends the body is named by its kind alone: its message
    may hold what nobody else should read.
    """
    announcing = Announcing(lambda: process_place(settings), program, standing)
    announcing.start()
    try:
        yield
    except Exception as fault:
        announcing.stop(f"it was ended by {type(fault).__name__}: see its log")
        raise
    except BaseException:
        announcing.stop()
        raise
    announcing.stop()
