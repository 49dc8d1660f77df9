"""A living engine as the harness sees it: its process, what it reports, and the door to it."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Self

from msgspec import json

from adapters.engine_socket import SocketDoor
from commands.door import Answer, Door
from commands.request import Requested
from domain.log import Envelope
from tests.torture.life import Job
from tests.torture.zygote import Zygote

_PIECE = 4096
_PATIENCE = 1.0
"""Seconds that a person waits for an answer."""


class Nobody:
    """Observes the engine's prices and does nothing with them."""

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None: ...

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None: ...


class Life:
    """One process of the engine, from its fork to its end. `reported` are the lines that it wrote, with their times."""

    def __init__(self, zygote: Zygote, job: Job) -> None:
        self._zygote = zygote
        ours, theirs = socket.socketpair()
        self._notices, notices = os.pipe()
        with theirs:
            self.began = time.monotonic()
            self.pid = zygote.fork(json.encode(job), theirs, notices)
        os.close(notices)
        self._process = os.pidfd_open(self.pid)
        self._channel, self._written = ours, ""
        self.door = SocketDoor(ours, Nobody(), lambda: None)
        self.door.up()
        self.reported: list[tuple[float, str]] = []
        self._ended: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Kills what still lives, and frees everything."""
        self.kill()
        self.end()
        for descriptor in (self._process, self._notices):
            os.close(descriptor)
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        self._channel.close()

    @property
    def lives(self) -> bool:
        return self._ended is None and not self._is_readable(self._process, 0)

    def kill(self) -> None:
        """Ends the process by SIGKILL, if it still runs."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Requests an orderly stop by SIGTERM, and plays the API's part in it."""
        self._signal(signal.SIGTERM)
        threading.Thread(target=self._leave, daemon=True).start()

    def _leave(self) -> None:
        if self.door.stopping.wait(60):
            with suppress(OSError):
                self._channel.shutdown(socket.SHUT_RDWR)

    def end(self) -> int:
        """Waits for the end of the process; returns its exit code, negative for a signal."""
        if self._ended is None:
            self._ended = self._zygote.reap(self.pid)
            self._hear(0)
        return self._ended

    def until(self, reached: Callable[[], bool], seconds: float) -> bool:
        """Waits until the state is reached; returns whether it was before the time ran out or the process ended."""
        deadline = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > deadline or not self.lives:
                return reached()
            self._hear(0.01)
        return True

    def passes(self, seconds: float) -> None:
        """Lets time pass while the process lives."""
        self.until(lambda: False, seconds)

    @property
    def trades_since(self) -> float | None:
        """The seconds from its fork until it traded; None where it did not."""
        self._hear(0)
        return next((at - self.began for at, line in self.reported if line == "trading"), None)

    @property
    def step(self) -> str:
        """The step at which the process ended itself; empty where it did not."""
        self._hear(0)
        return next((line.removeprefix("step ") for _, line in self.reported if line.startswith("step ")), "")

    @property
    def state(self) -> str:
        """The digest of its state at an orderly end; empty without one."""
        self._hear(0)
        return next(
            (line.removeprefix("state ") for _, line in self.reported if line.startswith("state ")), ""
        )

    def asks(self, pool: ThreadPoolExecutor, door: Door, requested: Requested) -> Answer | None:
        """Sends a request; None where the engine ended before it answered."""
        answer: Future[Answer] = pool.submit(door.ask, requested, _PATIENCE)
        self.until(answer.done, 2 * _PATIENCE)
        return answer.result() if answer.done() else None

    def _signal(self, number: signal.Signals) -> None:
        if self._ended is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, number)

    def _hear(self, seconds: float) -> None:
        while self._is_readable(self._notices, seconds):
            piece = os.read(self._notices, _PIECE)
            if not piece:
                time.sleep(seconds)
                return
            *lines, self._written = (self._written + piece.decode()).split("\n")
            self.reported.extend((time.monotonic(), line) for line in lines)
            seconds = 0

    @staticmethod
    def _is_readable(descriptor: int, seconds: float) -> bool:
        return bool(select.select([descriptor], [], [], seconds)[0])
