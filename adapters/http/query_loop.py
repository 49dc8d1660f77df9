"""The event loop in which queries run: a thread of its own, so that no query delays health checks, mutations or
subscriptions, which the server's loop serves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

_T = TypeVar("_T")
_STOP_SECONDS = 5.0


class QueryLoop:
    """One thread with an event loop, within the context. Outside it, queries run in the caller's loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="queries", daemon=True)
        self._up = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._up.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """Cancels running queries and ends the thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_STOP_SECONDS)

    async def run(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """The result of the work. Where the caller is cancelled, the work is cancelled, too."""
        if self._loop is None:
            return await work()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), self._loop))

    def _serve(self) -> None:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            loop.call_soon(self._begin, loop)
            loop.run_forever()
            self._loop = None

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._up.set()
