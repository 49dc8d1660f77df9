"""Serves the API of a trading engine in a process of its own, and restarts that process where it ends.

with ApiApart(settings, plan, engine) as api:
    ...                      # the engine runs on this thread
    api.check()              # raises where the API cannot be restarted any more
"""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

from adapters.engine_socket import Configuration, EngineEnd, Quotes
from adapters.mailbox import Mailbox
from adapters.metrics.engine import EngineMetrics
from adapters.metrics.registry import new_registry
from adapters.metrics.snapshot import snapshot_bytes
from domain.errors import ServerFailed, WhenceError
from infra.config import WhenceSettings
from infra.run.announcement import announcement
from infra.run.api_plan import ApiPlan
from infra.run.refusing import Refusing
from infra.run.watchers import Watchers
from infra.store import store_address

_log = logging.getLogger(__name__)
_PROGRAM = "infra.run.api_process"
_PAUSES = (0.2, 30.0)
"""The first and the longest pause before a restart, in seconds; each pause is twice the previous one."""
_LONG_LIFE = 60.0
"""After as many seconds of service the next pause is the first one again."""
_STOP_SECONDS = 60.0
"""Seconds that the API has for its running requests, its batch of the read models and its last alerts."""
_END_SECONDS = 5.0
_GLANCE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Embedding:
    """The engine of this process, as its API sees it.

    `mailbox` takes requests for `account`, `description` is one line for the user, and `watchers` observe the engine.
    """

    mailbox: Mailbox
    account: str
    description: str
    watchers: Watchers


class ApiApart:
    """The API in a process of its own; it serves requests within the context.

    The two processes are connected by a pair of Unix sockets that no other process can open. This process holds the
    listening socket, so that the address stays while the API restarts; requests are refused meanwhile. A thread with
    an event loop supervises the process; the engine's thread never waits for it.
    """

    def __init__(self, settings: WhenceSettings, plan: ApiPlan, engine: Embedding) -> None:
        self._settings, self._plan, self._engine = settings, plan, engine
        self._registry, self._quotes = new_registry(), Quotes()
        self._held = ExitStack()
        self._up: Future[None] = Future()
        self._stopping = asyncio.Event()
        self._failure: BaseException | None = None
        self.url = ""

    def __enter__(self) -> Self:
        """Raises InvalidInput for an invalid plan, ServerFailed where the API does not start, StoreError, LogError."""
        store_address(self._settings)  # an invalid address is refused before a process is started
        with ExitStack() as held:
            listening = held.enter_context(self._plan.place.listen())
            listening.settimeout(0)
            self.url = self._plan.place.url(listening)
            self._engine.watchers.add(EngineMetrics(self._registry))
            self._engine.watchers.add(self._quotes)
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=self._run, args=(loop, listening), name="api", daemon=True)
            thread.start()
            held.callback(self._stop, loop, thread)
            self._up.result()
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finishes running requests, ends subscriptions and ends the process."""
        self._held.close()

    def check(self) -> None:
        """Raises ServerFailed where the API is not restarted any more."""
        if self._failure is not None:
            raise ServerFailed(f"the API has ended: {self._failure}") from self._failure

    @property
    def announcement(self) -> Sequence[str]:
        """Lines for the user: addresses, store, access rules."""
        return announcement(self._settings, self._plan, self.url, self._engine.description)

    def _stop(self, loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
        # The loop is closed where the thread has ended already.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._stopping.set)
        thread.join()

    def _run(self, loop: asyncio.AbstractEventLoop, listening: socket.socket) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._supervise(listening))
        except BaseException as fault:  # noqa: BLE001  # a thread has no caller: `__enter__` or `check` raises it
            if self._up.done():
                self._failure = fault
                _log.critical("the API has ended, the engine goes on: %s", fault, exc_info=fault)
            else:
                self._up.set_exception(fault)

    async def _supervise(self, listening: socket.socket) -> None:
        refusing = Refusing(listening)
        try:
            await self._keep_alive(listening, refusing)
        finally:
            refusing.end()

    async def _keep_alive(self, listening: socket.socket, refusing: Refusing) -> None:
        pause = _PAUSES[0]
        while not self._stopping.is_set():
            began = time.monotonic()
            fault = await self._live(listening, refusing)
            if self._stopping.is_set():
                return
            if not self._up.done():
                raise fault
            await refusing.begin()
            if time.monotonic() - began > _LONG_LIFE:
                pause = _PAUSES[0]
            _log.error("%s; the engine goes on, and the API is started again in %.1f s", fault, pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, _PAUSES[1])

    async def _live(self, listening: socket.socket, refusing: Refusing) -> WhenceError:
        """One life of the process; returns why it has ended. `refusing` ends once the API serves."""
        try:
            ours, process = _started(listening)
        except OSError as fault:
            return ServerFailed(f"the API's process cannot be started: {fault}")
        try:
            await self._serve(ours, process, refusing)
        except WhenceError as fault:
            return fault
        except Exception as fault:  # noqa: BLE001  # whatever it is, the engine trades on
            _log.exception("the connection to the API's process has failed")
            return ServerFailed(f"the connection to the API's process {process.pid} has failed: {fault}")
        finally:
            await _ended(process)
        return ServerFailed(f"the API's process {process.pid} has ended with the code {process.returncode}")

    async def _serve(self, ours: socket.socket, process: subprocess.Popen[bytes], refusing: Refusing) -> None:
        reader, writer = await asyncio.open_connection(sock=ours)
        figures = partial(snapshot_bytes, self._registry)
        end = EngineEnd(reader, writer, self._engine.mailbox, self._quotes, figures)
        beside = [
            asyncio.create_task(self._comes_up(end, refusing)),
            asyncio.create_task(self._stops(end, process)),
        ]
        try:
            await end.serve(self._configuration())
        finally:
            for task in beside:
                task.cancel()

    async def _comes_up(self, end: EngineEnd, refusing: Refusing) -> None:
        await end.is_up.wait()
        refusing.end()
        if self._up.done():
            _log.warning("the API serves again")
        else:
            self._up.set_result(None)

    async def _stops(self, end: EngineEnd, process: subprocess.Popen[bytes]) -> None:
        await self._stopping.wait()
        end.stop()
        await asyncio.sleep(_STOP_SECONDS)
        _log.warning("the API has not ended in %g s: it is killed", _STOP_SECONDS)
        process.kill()

    def _configuration(self) -> bytes:
        return Configuration(
            settings=self._settings,
            plan=self._plan,
            account=self._engine.account,
            description=self._engine.description,
            level=logging.getLogger().level,
        ).written()


def _started(listening: socket.socket) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """The process and this end of its connection. Raises OSError.

    It inherits no other descriptor, and is not in the terminal's group: Ctrl-C is for the engine.
    """
    ours, theirs = socket.socketpair()
    descriptors = (theirs.fileno(), listening.fileno())
    try:
        with theirs:
            # -P: modules of the working folder must not shadow the program's.
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", _PROGRAM, *map(str, descriptors)],
                stdin=subprocess.DEVNULL,
                pass_fds=descriptors,
                process_group=0,
            )
    except OSError:
        ours.close()
        raise
    return ours, process


async def _ended(process: subprocess.Popen[bytes]) -> None:
    """Returns when the process has ended; kills it where it does not end by itself."""
    until = time.monotonic() + _END_SECONDS
    while process.poll() is None:
        if time.monotonic() > until:
            process.kill()
        await asyncio.sleep(_GLANCE_SECONDS)
