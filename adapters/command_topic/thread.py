"""A thread with its own event loop, for clients that need an event loop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from aiokafka.errors import KafkaError  # pyright: ignore[reportMissingTypeStubs] - it has no stubs

from domain.errors import LogUnavailable

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 1.0

_T = TypeVar("_T")
Up = Callable[[], None]
Serve = Callable[[Up], Awaitable[None]]


class LoopThread:
    """Runs `serve` until `close`. After its first successful start, `serve` is restarted after every Kafka failure."""

    def __init__(self, name: str, serve: Serve) -> None:
        """Returns once `serve` has reported that it is up; raises the error of `serve` where it fails before that."""
        self._name, self._serve = name, serve
        self._up: Future[None] = Future()
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self._up.result()

    def submit(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Runs the work in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Cancels `serve` and ends the thread; idempotent."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._cancel)
            self._thread.join()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._served())
            except asyncio.CancelledError:
                _log.debug("%s is closed", self._name)
            except Exception as fault:  # noqa: BLE001 - raised in the constructor, or logged
                if self._up.done():
                    _log.exception("%s has ended", self._name)
                else:
                    self._up.set_exception(fault)

    async def _served(self) -> None:
        self._task = asyncio.current_task()
        while True:
            try:
                await self._serve(self._is_up)
            except (KafkaError, LogUnavailable) as fault:
                if not self._up.done():
                    raise
                _log.warning("%s: %s; it is tried again", self._name, fault)
                await asyncio.sleep(_PAUSE_SECONDS)

    def _is_up(self) -> None:
        if not self._up.done():
            self._up.set_result(None)
