"""The threads that query the store, and the limit of operations that hold snapshots at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

Result = TypeVar("Result")

MOMENTS = 4
"""The most past moments, beside now, that one operation may query."""


class Readers:
    """Lets `operations` operations read at the same time; others wait before they open a snapshot.

    An operation uses at most 1 + `MOMENTS` connections and as many threads, one of each per moment. So a thread is free
    for every operation that holds a connection, and they cannot deadlock.
    """

    def __init__(self, operations: int = 4) -> None:
        self._places = asyncio.Semaphore(operations)
        self._threads = ThreadPoolExecutor(operations * (1 + MOMENTS), thread_name_prefix="whence-reader")

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """Held while an operation has open snapshots."""
        async with self._places:
            yield

    async def run(self, work: Callable[[], Result]) -> Result:
        """Runs the work in one of the threads; returns its result."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Waits for the running work, and ends the threads."""
        self._threads.shutdown()
