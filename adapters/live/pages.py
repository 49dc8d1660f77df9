"""The log read by pages from asyncio, one page at a time, on a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from typing import TypeVar

from adapters.log.recorder_log import RecordedLog
from domain.errors import LogError, LogUnavailable
from domain.log import Envelope, Recorded

PAGE = 500
"""Events a page: what one reader holds in memory while it is behind."""

STOPPING = "this program is stopping"

_T = TypeVar("_T")


class Pages:
    """One log for all readers who are behind; opened when it is first needed, and anew after it has failed."""

    def __init__(self, open_log: Callable[[], RecordedLog]) -> None:
        self._open = open_log
        self._log: RecordedLog | None = None
        self._thread = ThreadPoolExecutor(1, "pages of the log")
        self._closed = False

    async def head(self) -> int:
        """The position of the last event."""
        return await self._ask(RecordedLog.head)

    async def page(self, after: int) -> Sequence[Recorded]:
        """The next events after a position, at most `PAGE`; none at the end. Raises LogError."""
        return await self._ask(lambda log: list(log.read(after, after + PAGE)))

    async def stream(self, stream: str, upto: int) -> Sequence[Envelope]:
        """The events of a stream up to a version. Raises LogError."""

        def read(log: RecordedLog) -> Sequence[Envelope]:
            return list(takewhile(lambda envelope: envelope.meta.version <= upto, log.read_stream(stream)))

        return await self._ask(read)

    async def close(self) -> None:
        """Releases the log; whoever asks afterwards is told so. Idempotent."""
        self._closed = True
        await asyncio.to_thread(self._thread.shutdown)
        self._release()

    async def _ask(self, question: Callable[[RecordedLog], _T]) -> _T:
        if self._closed:
            raise LogUnavailable(STOPPING)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, question)

    def _answer(self, question: Callable[[RecordedLog], _T]) -> _T:
        if self._log is None:
            self._log = self._open()
        try:
            return question(self._log)
        except LogError:
            self._release()
            raise

    def _release(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            log.close()
