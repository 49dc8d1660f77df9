"""The threads that ask the store, and how many operations may hold snapshots of it at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

Answer = TypeVar("Answer")

MOMENTS = 4
"""How many moments of the past, beside the present, one operation may ask about."""


class Readers:
    """Lets `operations` operations read at a time; the others wait their turn, before they hold anything.

    Each of them holds at most 1 + `MOMENTS` connections, one a moment, and asks on one thread a moment: so nobody who
    holds a connection ever waits for a thread, or the other way round.
    """

    def __init__(self, operations: int = 4) -> None:
        self._places = asyncio.Semaphore(operations)
        self._threads = ThreadPoolExecutor(operations * (1 + MOMENTS), thread_name_prefix="whence-reader")

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """Held while an operation has snapshots open."""
        async with self._places:
            yield

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Does the work in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Waits for what is at work, and ends the threads."""
        self._threads.shutdown()
