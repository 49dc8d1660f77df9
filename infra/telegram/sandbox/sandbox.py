"""The bot's sandbox: its process, and the only client that has its address and its token."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final, cast

import aiohttp
import msgspec

from commands.roles import Role
from infra.run.clock import utc_now
from infra.telegram.api import Api
from infra.telegram.sandbox.plan import SandboxPlace, SandboxPlan, sandbox_environment

_log = logging.getLogger(__name__)
_START_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 20.0
_LONGEST_LINE: Final = 1 << 20
_BEGUN: Final = "trading: "
"""What the event begins with that the engine logs when it is connected and its API serves."""
_PROGRAM: Final = "infra.telegram.sandbox.program"


class SandboxFailed(Exception):
    """The sandbox was not started; the text states why."""


class Sandbox:
    """At most one process. Its requests have the role admin of the sandbox's own token."""

    def __init__(
        self,
        place: SandboxPlace,
        session: aiohttp.ClientSession,
        clock: Callable[[], datetime] = utc_now,
        start_seconds: float = _START_SECONDS,
    ) -> None:
        """`start_seconds` is how long a start may take as a whole."""
        self._place, self._session, self._clock = place, session, clock
        self._start_seconds = start_seconds
        self._changing = asyncio.Lock()
        self._running: _Running | None = None
        self.begun_at: datetime | None = None
        """Since when a start is under way (UTC); None where none is."""
        self.failure = ""
        """Why the last start failed; empty where it did not."""

    @property
    def api(self) -> Api | None:
        """The API of the running sandbox; None where none runs."""
        running = self._running
        return None if running is None or running.has_ended else running.api

    async def start(self) -> bool:
        """Starts one with a new log; returns false where one runs already. Raises SandboxFailed."""
        async with self._changing:
            if self.api is not None:
                return False
            self.begun_at, self.failure = self._clock(), ""
            try:
                self._running = await self._started()
            except SandboxFailed as fault:
                self.failure = str(fault)
                raise
            finally:
                self.begun_at = None
            return True

    async def _started(self) -> _Running:
        await self._end()
        self._place.folder.mkdir(parents=True, exist_ok=True)
        running = await _Running.begun(self._place)
        try:
            plan = self._place.plan(self._clock())
            running.api = await running.served(plan, self._session, self._start_seconds)
        except BaseException:
            await running.end()
            raise
        return running

    async def stop(self) -> bool:
        """Ends it; returns false where none ran."""
        async with self._changing:
            was_running, self.failure = self.api is not None, ""
            await self._end()
            return was_running

    async def _end(self) -> None:
        if self._running is not None:
            await self._running.end()
            self._running = None


@asynccontextmanager
async def opened_sandbox(place: SandboxPlace | None) -> AsyncGenerator[Sandbox | None]:
    """The sandbox with a client of its own, which is ended after the block; None where there is no place for it."""
    if place is None:
        yield None
        return
    async with aiohttp.ClientSession() as session:
        sandbox = Sandbox(place, session)
        try:
            yield sandbox
        finally:
            await sandbox.stop()


class _Running:
    """A process that was started, and the task that reads what it logs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._last = deque[str](maxlen=3)
        self._begun = asyncio.Event()
        self._reading = asyncio.create_task(self._read())
        self.api: Api | None = None

    @classmethod
    async def begun(cls, place: SandboxPlace) -> _Running:
        """Starts the process, which waits for its plan."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            _PROGRAM,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=place.folder,
            env=sandbox_environment(os.environ, place.folder),
            limit=_LONGEST_LINE,
        )
        return cls(process)

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    async def served(self, plan: SandboxPlan, session: aiohttp.ClientSession, seconds: float) -> Api:
        """Gives the process its plan; returns the client when the engine is connected and its API serves.

        Raises SandboxFailed where the process ends before that, or takes longer than `seconds`.
        """
        try:
            async with asyncio.timeout(seconds):
                self._give(plan)
                api = await self._client(plan, session)
                await self._begun_or_ended()
        except TimeoutError:
            raise SandboxFailed(
                " ".join(self._last) or f"it has not begun within {seconds:.0f} seconds"
            ) from None
        if self._begun.is_set() and not self.has_ended:
            return api
        await self._reading
        raise SandboxFailed(" ".join(self._last) or f"it has ended with code {self._process.returncode}")

    async def _begun_or_ended(self) -> None:
        begun, ended = asyncio.create_task(self._begun.wait()), asyncio.create_task(self._process.wait())
        try:
            await asyncio.wait({begun, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            begun.cancel()
            ended.cancel()

    async def end(self) -> None:
        """Stops the process, at the latest after some seconds by SIGKILL."""
        if not self.has_ended:
            self._process.terminate()
            try:
                async with asyncio.timeout(_STOP_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                _log.warning("the sandbox does not stop: it is killed")
                with suppress(ProcessLookupError):
                    self._process.kill()
                await self._process.wait()
        await self._reading
        cast(asyncio.StreamWriter, self._process.stdin).close()

    def _give(self, plan: SandboxPlan) -> None:
        cast(asyncio.StreamWriter, self._process.stdin).write(msgspec.json.encode(plan) + b"\n")

    async def _client(self, plan: SandboxPlan, session: aiohttp.ClientSession) -> Api:
        """A client with the token that the process prints; it has no other one."""
        token = (await cast(asyncio.StreamReader, self._process.stdout).readline()).decode().strip()
        return Api(plan.url, dict.fromkeys((Role.VIEWER, Role.TRADER, Role.ADMIN), token), session)

    async def _read(self) -> None:
        async for line in cast(asyncio.StreamReader, self._process.stderr):
            event = _event(line.decode(errors="replace").strip())
            _log.info("sandbox: %s", event)
            self._last.append(event)
            if event.startswith(_BEGUN):
                self._begun.set()


def _event(line: str) -> str:
    """What a line of the program's log states; the line itself where it is none."""
    try:
        return msgspec.json.decode(line, type=_Line).event
    except msgspec.DecodeError:
        return line


class _Line(msgspec.Struct):
    event: str
