"""Connections of ccxt.pro, one after the other: an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from threading import Thread

from adapters.back_off import random_pause
from adapters.ccxt.site import Timing

_HELD = 30.0
"""Seconds after which a connection that ends is no failure in a row any more."""


class Supervised(ABC):
    """Runs from `start` to `close`. A subclass uses one connection in `_one_connection`, which returns at its end."""

    def __init__(self, timing: Timing, thread: str) -> None:
        self._timing = timing
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = Thread(target=self._run, name=thread, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends the connections and the thread, if it was started."""
        if self._thread.ident is None:
            self._loop.close()
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    @abstractmethod
    async def _one_connection(self) -> None: ...

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._supervise())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _supervise(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = self._loop.time()
            await self._one_connection()
            failures = 1 if self._loop.time() - began >= _HELD else failures + 1
            await self._sleep(self._pause(failures))

    def _pause(self, failures: int) -> float:
        timing = self._timing
        return random_pause(failures, timing.first_pause, timing.longest_pause)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return
