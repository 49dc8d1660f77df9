"""The threads that query the store, and the fair limit on operations that have open snapshots at the same time."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from domain.errors import StoreUnavailable

Result = TypeVar("Result")

MOMENTS = 4
"""The largest number of past moments that one operation may query, in addition to the present."""
_QUEUE = 64
"""The operations of one caller that may wait for a place."""


class Busy(StoreUnavailable):
    """Too many operations of this caller wait already; `seconds` is the time to wait before the next one."""

    def __init__(self, seconds: int = 1) -> None:
        super().__init__(f"too many of your queries are waiting; try again in {seconds} s")
        self.seconds = seconds


class Readers:
    """Lets `operations` operations read at the same time; further operations wait before they open a snapshot.

    An operation uses one connection and one thread for each moment, at most 1 + `MOMENTS` of both. So there is a free
    thread for every operation that has a connection, and operations cannot deadlock.
    """

    def __init__(self, operations: int = 4) -> None:
        self._places = Places(operations)
        self._threads = ThreadPoolExecutor(operations * (1 + MOMENTS), thread_name_prefix="whence-reader")

    @asynccontextmanager
    async def place(self, caller: str) -> AsyncGenerator[None]:
        """One of the `operations` places, which an operation of this caller keeps while it has open snapshots.

        Raises Busy where too many operations of the caller wait.
        """
        await self._places.take(caller)
        try:
            yield
        finally:
            self._places.give_back(caller)

    async def run(self, work: Callable[[], Result]) -> Result:
        """Runs the work in one of the threads; returns its result."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Waits until the running work ends, and then ends the threads."""
        self._threads.shutdown()


@dataclass(slots=True, eq=False)
class _Turn:
    """A waiting operation; it is granted a place by any thread, and then continues in its own loop."""

    passed: asyncio.Future[None]
    is_granted: bool = False

    def grant(self) -> None:
        self.is_granted = True
        self.passed.get_loop().call_soon_threadsafe(self._go_on)

    def _go_on(self) -> None:
        if not self.passed.done():
            self.passed.set_result(None)


class Places:
    """Places that callers share: all but one for a single caller at most, and freed places go round the callers.

    Operations of several event loops may share them.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._share = max(places - 1, 1)
        self._held: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[_Turn]] = OrderedDict()
        self._lock = Lock()

    async def take(self, caller: str) -> None:
        """Waits for a place. Raises Busy where too many operations of the caller wait."""
        with self._lock:
            turn = self._begun(caller)
        if turn is None:
            return
        try:
            await turn.passed
        except asyncio.CancelledError:
            with self._lock:
                self._left(caller, turn)
            raise

    def give_back(self, caller: str) -> None:
        """Frees a place of the caller, for the next caller in turn."""
        with self._lock:
            self._freed(caller)

    def _begun(self, caller: str) -> _Turn | None:
        """None where the caller has a place; otherwise its turn in the queue."""
        if self._free and self._held[caller] < self._share and caller not in self._waiting:
            self._grant(caller)
            return None
        queue = self._waiting.setdefault(caller, deque())
        if len(queue) >= _QUEUE:
            raise Busy
        turn = _Turn(asyncio.get_running_loop().create_future())
        queue.append(turn)
        return turn

    def _freed(self, caller: str) -> None:
        self._held[caller] -= 1
        if not self._held[caller]:
            del self._held[caller]
        self._free += 1
        self._pass_on()

    def _grant(self, caller: str) -> None:
        self._free -= 1
        self._held[caller] += 1

    def _pass_on(self) -> None:
        while self._free and (caller := self._next()) is not None:
            queue = self._waiting.pop(caller)
            turn = queue.popleft()
            if queue:
                self._waiting[caller] = queue  # behind all other callers
            self._grant(caller)
            turn.grant()

    def _next(self) -> str | None:
        return next((caller for caller in self._waiting if self._held[caller] < self._share), None)

    def _left(self, caller: str, turn: _Turn) -> None:
        """Removes a cancelled operation from its queue, or frees the place that it was granted just before."""
        if turn.is_granted:
            self._freed(caller)
            return
        queue = self._waiting[caller]
        queue.remove(turn)
        if not queue:
            del self._waiting[caller]
