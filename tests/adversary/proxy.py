"""A TCP proxy that cuts a line: silent or refused from a moment on, silent or without answers from a request on.

It stands for a network that fails, and needs no rights. What is sent into a silent line is held and arrives when the
line is mended, as TCP sends again what was not acknowledged; a new connection into it is not completed.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.event_loop import running_loop

Seen = Callable[[bytes], bool]
"""Whether these bytes, which a client sends, are the ones at which the line is cut."""
T = TypeVar("T")
_CHUNK, _BACKLOG = 1 << 16, 128
_UNANSWERED = 0.2
"""Seconds after which a connection on this machine is not completed any more."""
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class _Trap:
    """Cuts the line at the bytes that are `seen`; `arrives`: they still reach the server; `up`: later ones do not."""

    seen: Seen
    arrives: bool
    up: bool
    struck: threading.Event = field(default_factory=threading.Event)


class Proxy:
    """A proxy of `upstream` (a port of this machine) on the port `port`. Every call returns when it is in force."""

    def __init__(self, upstream: int, loop: asyncio.AbstractEventLoop) -> None:
        self._upstream, self._loop = upstream, loop
        self._up, self._down = asyncio.Event(), asyncio.Event()
        for gate in (self._up, self._down):
            gate.set()
        self._trap: _Trap | None = None
        self._writers = set[asyncio.StreamWriter]()
        self._tasks = set[asyncio.Task[None]]()
        self._fillers: list[socket.socket] = []
        self._listener = _listening(0)
        self.port: int = self._listener.getsockname()[1]
        self._wait(self._begin())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def silence(self) -> None:
        """From now on nothing passes, and no connection is completed; those that stand stay open."""
        self._wait(self._silence(up=True))

    def cut_at(self, seen: Seen, *, arrives: bool, up: bool = True) -> threading.Event:
        """Cuts the line at the first bytes from a client that are `seen`, also of a line that is mended later.

        From then on nothing passes from the server, with `up` nothing to it either. Returns what is set at that moment.
        """
        trap = _Trap(seen, arrives, up)
        self._wait(self._set(trap))
        return trap.struck

    def spare(self) -> None:
        """Takes a cut back that still waits for its bytes."""
        self._wait(self._set(None))

    def refuse(self) -> None:
        """Resets every connection, and refuses new ones."""
        self._wait(self._refuse())

    def mend(self) -> None:
        """The line works again; what was held arrives."""
        self._wait(self._mend())

    def close(self) -> None:
        self._wait(self._close())

    # -- in the loop's thread

    def _wait(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(30)

    async def _begin(self) -> None:
        """Accepts connections from now on. `sock_accept` would lose the one that arrives as it is cancelled."""
        self._loop.add_reader(self._listener, self._accept)

    async def _set(self, trap: _Trap | None) -> None:
        self._trap = trap

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # the client has ended meanwhile
            return
        client.setblocking(False)
        task = asyncio.create_task(self._serve(client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: socket.socket) -> None:
        ours = await asyncio.open_connection(sock=client)
        self._writers.add(ours[1])
        try:
            theirs = await asyncio.open_connection("127.0.0.1", self._upstream)
        except ConnectionError:
            self._writers.discard(ours[1])
            ours[1].transport.abort()
            return
        self._writers.add(theirs[1])
        try:
            await asyncio.gather(self._carry_up(ours[0], theirs[1]), self._carry_down(theirs[0], ours[1]))
        finally:
            self._writers -= {ours[1], theirs[1]}

    async def _carry_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # the other side sees the end of the connection
            while data := await reader.read(_CHUNK):
                trap = self._trap
                if trap is None or not trap.seen(data):
                    await self._up.wait()
                    writer.write(data)
                    continue
                self._trap = None
                if trap.arrives:
                    writer.write(data)
                await self._silence(up=trap.up)
                trap.struck.set()
                if not trap.arrives:
                    await self._up.wait()
                    writer.write(data)
            await self._up.wait()
        writer.close()

    async def _carry_down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(_CHUNK):
                await self._down.wait()
                writer.write(data)
            await self._down.wait()
        writer.close()

    async def _silence(self, *, up: bool) -> None:
        self._down.clear()
        if up:
            self._up.clear()
            await self._fill()

    async def _fill(self) -> None:
        """Fills the queue of connections that wait to be accepted, so that the next one is not completed."""
        self._loop.remove_reader(self._listener)
        self._listener.listen(0)
        while True:
            filler = socket.socket()
            filler.setblocking(False)
            self._fillers.append(filler)
            try:
                async with asyncio.timeout(_UNANSWERED):
                    await self._loop.sock_connect(filler, ("127.0.0.1", self.port))
            except TimeoutError:
                return

    async def _refuse(self) -> None:
        await self._stop_listening()
        for writer in list(self._writers):
            own = writer.get_extra_info("socket")
            if (
                own.fileno() != -1
            ):  # else the other side has ended the connection, and nothing is left to reset
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    async def _stop_listening(self) -> None:
        if self._listener.fileno() == -1:
            return
        self._loop.remove_reader(self._listener)
        self._listener.close()

    async def _mend(self) -> None:
        self._end_fillers()
        if self._listener.fileno() == -1:
            self._listener = _listening(self.port)
        await self._begin()
        self._listener.listen(_BACKLOG)
        self._up.set()
        self._down.set()

    def _end_fillers(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._fillers = []

    async def _close(self) -> None:
        self._trap = None
        await self._mend()
        await self._stop_listening()
        await asyncio.sleep(0)  # a task that is cancelled before it begins closes nothing that it was given
        writers = list(self._writers)  # those of a task that ends are not in the set any more
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        self._end_fillers()  # those of a task that was filling the queue


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener


@contextmanager
def proxied(upstream: int) -> Generator[Proxy]:
    """A proxy of a port of this machine, in a thread of its own."""
    with running_loop() as loop:
        proxy = Proxy(upstream, loop)
        try:
            yield proxy
        finally:
            proxy.close()
