"""Keeps the snapshot of a log up to date beside its engine, and restores the world from it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from time import sleep
from typing import Final, Protocol

from adapters.marks.mark import Link
from adapters.snapshots.file import SnapshotFile, Unfit
from commands.world import World
from commands.world_snapshot import captured, pieces, restored
from domain.errors import LogError

_log = logging.getLogger(__name__)

EVENTS: Final = 10_000
"""A part is written after so many events: a start then folds some 10,000 events, which takes half a second."""
_AT_STOP: Final = 10
"""At a stop a part is written for a tenth of these events; fewer are folded in 50 ms."""


class Linked(Protocol):
    """The log of an engine, as far as its snapshots need it; see `adapters.log.recorder_log.RecorderLog`."""

    def arrived(self) -> int:
        """The ordinal of the last event, without a request to another machine."""
        ...

    def check(self) -> None:
        """Raises OwnershipLost or LogLost where this process does not own the log any more."""
        ...

    def link(self, ordinal: int) -> Link | None:
        """The end of the chain of marks at an ordinal."""
        ...


class Snapshots:
    """The snapshot of one log. Its methods belong to the thread of the engine.

    A snapshot is a cache: what cannot be read or written is logged and left out, and the log is read instead.
    """

    def __init__(
        self, file: SnapshotFile, log: Linked, events: int = EVENTS, *, at_starts: bool = False
    ) -> None:
        """`file` has found its parts; `log` is owned by this process. With `at_starts` each start writes a part."""
        self._file, self._log, self._events, self._at_starts = file, log, events, at_starts
        self._at = 0
        self._writer: threading.Thread | None = None
        self._failed = self._warned = False

    def restored(self) -> tuple[World, bytes]:
        """The world of the snapshot, and the bytes that its run has kept beside it; an empty world where there is none.

        A snapshot that is not of this log, or of events that the log does not have, is left out.
        """
        if not self._file.link.ordinal:
            return World(), b""
        try:
            world, beside = self._read()
        except (Unfit, ValueError) as fault:
            self.refuse(str(fault))
            return World(), b""
        self._at = world.ordinal
        _log.info("the states up to ordinal %d are those of the snapshot %s", self._at, self._file.path)
        return world, beside

    def refuse(self, reason: str) -> None:
        """Logs why the snapshot is not used; the next part is the first one of a new file."""
        _log.warning("the snapshot %s is not used, and the whole log is read: %s", self._file.path, reason)
        self._file.forget()
        self._at = 0

    def begin(self, world: World, beside: Callable[[], bytes]) -> None:
        """As `keep`, at the start of a run: with `at_starts` for any number of events."""
        self._keep(world, beside, 1 if self._at_starts else self._events)

    def keep(self, world: World, beside: Callable[[], bytes]) -> None:
        """Begins to write a part where enough events followed the last one, on a thread of its own.

        `beside` returns what the run keeps beside the world; it is called at once, and only where a part is written.

        The engine waits only until the changed states are collected: some 0.2 µs for each event.
        """
        self._keep(world, beside, self._events)

    def _keep(self, world: World, beside: Callable[[], bytes], events: int) -> None:
        if self._failed or world.ordinal - self._at < events or self._is_writing:
            return
        link = self._link(world)
        if link is not None:
            self._writer = threading.Thread(
                target=self._write, args=(world_part(world, self._at), link, beside()), name="snapshot"
            )
            self._at = world.ordinal
            self._writer.start()

    def close(self, world: World, beside: Callable[[], bytes]) -> None:
        """Writes what followed the last part, at the end of a run, where that is more than a few events."""
        if self._writer is not None:
            self._writer.join()
            self._writer = None
        if not self._failed and (world.ordinal - self._at) * _AT_STOP >= self._events:
            link = self._link(world)
            if link is not None:
                self._write(world_part(world, self._at), link, beside())
                self._at = world.ordinal

    def _read(self) -> tuple[World, bytes]:
        link = self._file.link
        if self._log.link(link.ordinal) != link:
            raise Unfit(f"the log does not have the events up to ordinal {link.ordinal} of which it was made")
        bodies, beside = self._file.read()
        return restored(bodies), beside

    @property
    def _is_writing(self) -> bool:
        return self._writer is not None and self._writer.is_alive()

    def _link(self, world: World) -> Link | None:
        """The link at the world's ordinal; None where the log has other events, or is not owned any more.

        A log in PostgreSQL of an earlier version can have holes in its ordinals: an append that failed had taken them.
        """
        try:
            self._log.check()
            last = self._log.arrived()
            if last == world.ordinal:
                return self._log.link(last)
        except LogError as fault:
            _log.info("no snapshot is written: %s", fault)
            return None
        if last > world.ordinal and not self._warned:
            self._warned = True
            _log.warning(
                "the snapshot %s is not kept up to date: the log's last ordinal is %d, and %d events were folded",
                self._file.path,
                last,
                world.ordinal,
            )
        return None

    def _write(self, part: Iterator[bytes], link: Link, beside: bytes) -> None:
        try:
            self._file.add(link, _considerate(part), beside)
        except Exception as fault:  # noqa: BLE001  (a part that is missing makes every later part useless)
            self._failed = True
            _log.warning("the snapshot %s cannot be written: %s", self._file.path, fault)


def world_part(world: World, after: int) -> Iterator[bytes]:
    """The next part of the world's snapshot; what it holds is collected now, and encoded when it is read."""
    return pieces(captured(world, after))


def _considerate(part: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces; after each one another thread may run, so that the engine waits for one piece at most."""
    for piece in part:
        yield piece
        sleep(0)
