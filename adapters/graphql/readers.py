"""The threads that query the store, and the limit on operations that have open snapshots at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

Result = TypeVar("Result")

MOMENTS = 4
"""The largest number of past moments that one operation may query, in addition to the present."""


class Readers:
    """Lets `operations` operations read at the same time; further operations wait before they open a snapshot.

    An operation uses one connection and one thread for each moment, at most 1 + `MOMENTS` of both. So there is a free
    thread for every operation that has a connection, and operations cannot deadlock.
    """

    def __init__(self, operations: int = 4) -> None:
        self._places = asyncio.Semaphore(operations)
        self._threads = ThreadPoolExecutor(operations * (1 + MOMENTS), thread_name_prefix="whence-reader")

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """One of the `operations` places, which an operation keeps while it has open snapshots."""
        async with self._places:
            yield

    async def run(self, work: Callable[[], Result]) -> Result:
        """Runs the work in one of the threads; returns its result."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Waits until the running work ends, and then ends the threads."""
        self._threads.shutdown()
