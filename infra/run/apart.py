"""Serves the API of a trading engine in processes of its own, and restarts each of them where it ends.

with ApiApart(settings, plan, engine) as api:
    ...                      # the engine runs on this thread
    api.check()              # raises where the API cannot be restarted any more
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from adapters.engine_socket import Configuration, EngineEnd, Quotes
from adapters.http.shared_rate import rates_file
from adapters.mailbox import Mailbox
from adapters.metrics.engine import EngineMetrics
from adapters.metrics.registry import new_registry
from adapters.metrics.snapshot import families_of, joined, snapshots_bytes
from adapters.metrics.standing import show_standing
from commands.watchdog import Watchdog
from domain.errors import ServerFailed, WhenceError
from infra.config import WhenceSettings
from infra.logging import program
from infra.run.announcement import announcement
from infra.run.api_plan import ApiPlan
from infra.run.clock import utc_now
from infra.run.refusing import Refusing
from infra.run.watchers import Watchers
from infra.store_address import store_address

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
    `watchdog` knows its positions; None on a tape, whose time is not the time of a scrape. Where this process has no
    engine, `closed` is why requests are refused, or `is_distant`: each process of the API
    sends them to the engine by the command topic.
    """

    mailbox: Mailbox
    account: str
    description: str
    watchers: Watchers
    watchdog: Watchdog | None = None
    closed: WhenceError | None = None
    is_distant: bool = False

    @property
    def is_here(self) -> bool:
        """Whether the engine is in this process."""
        return self.closed is None and not self.is_distant


@dataclass(slots=True)
class _Worker:
    """One of the processes of the API, over all its lives. `number` is 0 where it is the only one."""

    number: int
    quotes: Quotes = field(default_factory=Quotes)
    end: EngineEnd | None = None

    @property
    def serves(self) -> bool:
        return self.end is not None and self.end.is_up.is_set()


class ApiApart:
    """The API in processes of its own, `plan.workers` of them; it serves requests within the context.

    Each is connected to this process by a pair of Unix sockets that no other process can open, so an answer of the
    engine returns to the process that sent the request. This process holds the listening socket, from which all of them
    accept, so that the address stays while one restarts; requests are refused where none of them is up. It also holds
    the secret of confirmations and the counts of rates. A thread with an event loop supervises the processes; the
    engine's thread never waits for it.
    """

    def __init__(
        self,
        settings: WhenceSettings,
        plan: ApiPlan,
        engine: Embedding,
        listening: socket.socket | None = None,
        *,
        late: Callable[[ApiApart], None] | None = None,
    ) -> None:
        """`listening` is a socket that the caller has opened at the plan's address; it is closed with the context.

        With `late` the context begins before the API serves, and a start that fails is tried again; `late` is called on
        a thread once it serves.
        """
        self._settings, self._plan, self._engine = settings, plan, engine
        self._late = late
        self._listening = listening
        self._registry = new_registry()
        numbers = range(1, plan.workers + 1) if plan.workers > 1 else (0,)
        self._workers = [_Worker(number) for number in numbers]
        self._secret = secrets.token_bytes(32)
        self._held = ExitStack()
        self._up: Future[None] = Future()
        self._first = asyncio.Event()
        self._stopping = asyncio.Event()
        self._failure: BaseException | None = None
        self.url = ""

    def __enter__(self) -> Self:
        """Raises InvalidInput for an invalid plan; without `late` also ServerFailed where it does not start,
        StoreError and LogError.
        """
        store_address(self._settings)  # an invalid address is refused before a process is started
        with ExitStack() as held:
            listening = held.enter_context(self._listening or self._plan.place.listen())
            listening.settimeout(0)
            self.url = self._plan.place.url(listening)
            shared = (listening.fileno(), held.enter_context(rates_file()).fileno())
            self._watch_engine()
            loop = asyncio.new_event_loop()
            thread = threading.Thread(
                target=self._run, args=(loop, listening, shared), name="api", daemon=True
            )
            thread.start()
            held.callback(self._stop, loop, thread)
            if self._late is None:
                self._up.result()
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finishes running requests, ends subscriptions and ends the processes."""
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
            loop.call_soon_threadsafe(self._first.set)  # who waits for the first process sees the stop
        thread.join()

    def _watch_engine(self) -> None:
        if self._engine.is_here:
            self._engine.watchers.add(EngineMetrics(self._registry))
            if self._engine.watchdog is not None:
                show_standing(self._engine.account, self._engine.watchdog, utc_now, self._registry)
            for worker in self._workers:
                self._engine.watchers.add(worker.quotes)

    def _run(self, loop: asyncio.AbstractEventLoop, listening: socket.socket, shared: _Shared) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._supervise(listening, shared))
        except BaseException as fault:  # noqa: BLE001  # a thread has no caller: `__enter__` or `check` raises it
            if self._up.done() or self._late is not None:
                self._failure = fault
                _log.critical("the API has ended, the engine goes on: %s", fault, exc_info=fault)
            else:
                self._up.set_exception(fault)

    async def _supervise(self, listening: socket.socket, shared: _Shared) -> None:
        refusing = Refusing(listening)
        lives = [asyncio.create_task(self._keep_alive(worker, shared, refusing)) for worker in self._workers]
        try:
            await asyncio.gather(*lives)
        finally:
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)
            refusing.end()

    async def _keep_alive(self, worker: _Worker, shared: _Shared, refusing: Refusing) -> None:
        if worker.number > 1:
            await self._first.wait()  # the first one prepares a new store
        pause = _PAUSES[0]
        while not self._stopping.is_set():
            began = time.monotonic()
            fault = await self._live(worker, shared, refusing)
            if self._stopping.is_set():
                return
            if self._late is None and not self._up.done():
                raise fault
            if not any(one.serves for one in self._workers):
                await refusing.begin()
            if time.monotonic() - began > _LONG_LIFE:
                pause = _PAUSES[0]
            what = "the engine goes on, and the API" if self._engine.is_here else "it"
            _log.error("%s; %s is started again in %.1f s", fault, what, pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, _PAUSES[1])

    async def _live(self, worker: _Worker, shared: _Shared, refusing: Refusing) -> WhenceError:
        """One life of a process; returns why it has ended. `refusing` ends once the API serves."""
        try:
            ours, process = _started(*shared)
        except OSError as fault:
            return ServerFailed(f"the API's process cannot be started: {fault}")
        try:
            await self._serve(worker, ours, process, refusing)
        except WhenceError as fault:
            return fault
        except Exception as fault:  # noqa: BLE001  # whatever it is, the engine trades on
            _log.exception("the connection to the API's process has failed")
            return ServerFailed(f"the connection to the API's process {process.pid} has failed: {fault}")
        finally:
            worker.end = None
            await _ended(process)
        return ServerFailed(f"the API's process {process.pid} has ended with the code {process.returncode}")

    async def _serve(
        self, worker: _Worker, ours: socket.socket, process: subprocess.Popen[bytes], refusing: Refusing
    ) -> None:
        reader, writer = await asyncio.open_connection(sock=ours)
        end = EngineEnd(reader, writer, self._engine.mailbox, worker.quotes, self._figures)
        worker.end = end
        beside = [
            asyncio.create_task(self._comes_up(end, refusing)),
            asyncio.create_task(self._stops(end, process)),
        ]
        try:
            await end.serve(self._configuration(worker))
        finally:
            for task in beside:
                task.cancel()

    async def _comes_up(self, end: EngineEnd, refusing: Refusing) -> None:
        await end.is_up.wait()
        refusing.end()
        self._first.set()
        if self._up.done():
            _log.warning("the API serves again")
        elif all(worker.serves for worker in self._workers):
            self._up.set_result(None)
            if self._late is not None:
                self._late(self)

    def _figures(self) -> bytes:
        """The metrics of the engine, and of the requests of each process where there are several."""
        ends = {str(one.number): one.end for one in self._workers if one.end is not None}
        counted = joined("worker", {name: end.counted for name, end in ends.items()})
        return snapshots_bytes([*families_of(self._registry), *counted])

    async def _stops(self, end: EngineEnd, process: subprocess.Popen[bytes]) -> None:
        await self._stopping.wait()
        if not end.is_up.is_set():
            process.kill()  # it has served nobody, and its store holds whole transactions
            return
        end.stop()
        await asyncio.sleep(_STOP_SECONDS)
        _log.warning("the API has not ended in %g s: it is killed", _STOP_SECONDS)
        process.kill()

    def _configuration(self, worker: _Worker) -> bytes:
        return Configuration(
            settings=self._settings,
            plan=self._plan,
            account=self._engine.account,
            description=self._engine.description,
            level=logging.getLogger().level,
            program=program(),
            secret=self._secret,
            worker=worker.number,
            closed=self._engine.closed,
            is_distant=self._engine.is_distant,
        ).written()


_Shared = tuple[int, int]
"""The descriptors of the listening socket and of the counts of rates, which every process of the API inherits."""


def _started(*shared: int) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """The process and this end of its connection. Raises OSError.

    It inherits no other descriptor, and is not in the terminal's group: Ctrl-C is for the engine.
    """
    ours, theirs = socket.socketpair()
    descriptors = (theirs.fileno(), *shared)
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
