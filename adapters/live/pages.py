"""Pages of the log, read by one thread, one page at a time, for readers in an event loop."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from typing import TypeVar

from adapters.log.recorder_log import RecordedLog
from domain.errors import LogError, LogUnavailable
from domain.log import Envelope, Recorded

PAGE = 500
"""The number of events on a page. A reader that is behind the held events has one page in memory."""

_KEPT = 20
"""The number of pages that are cached."""
STOPPING = "this program is stopping"

_T = TypeVar("_T")


class Pages:
    """Reads one log for all readers that are behind the held events. Opens it on first use and after a failure."""

    def __init__(self, open_log: Callable[[], RecordedLog]) -> None:
        self._open = open_log
        self._log: RecordedLog | None = None
        self._thread = ThreadPoolExecutor(1, "pages of the log")
        self._kept: OrderedDict[int, Sequence[Recorded]] = OrderedDict()
        self._closed = False

    async def head(self) -> int:
        """The ordinal of the last event."""
        return await self._ask(RecordedLog.head)

    async def page(self, after: int) -> Sequence[Recorded]:
        """The next events after an ordinal, at most `PAGE`; none at the end. Raises LogError."""
        page = await self._ask(lambda log: self._page(log, after))
        return [recorded for recorded in page if recorded.ordinal > after]

    async def stream(self, stream: str, upto: int) -> Sequence[Envelope]:
        """The events of a stream up to a version. Raises LogError."""

        def read(log: RecordedLog) -> Sequence[Envelope]:
            return list(takewhile(lambda envelope: envelope.meta.version <= upto, log.read_stream(stream)))

        return await self._ask(read)

    async def close(self) -> None:
        """Releases the log; later calls raise LogUnavailable. Idempotent."""
        self._closed = True
        await asyncio.to_thread(self._thread.shutdown)
        self._release()

    async def _ask(self, query: Callable[[RecordedLog], _T]) -> _T:
        if self._closed:
            raise LogUnavailable(STOPPING)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, query)

    def _page(self, log: RecordedLog, after: int) -> Sequence[Recorded]:
        """The cached page with the event after an ordinal, read where it is not cached.

        A page begins after a multiple of `PAGE`, so that readers share pages, for example when all reconnect at once.
        """
        begin = after - after % PAGE
        page = self._kept.pop(begin, ())
        if not page or page[-1].ordinal <= after:
            page = list(log.read(begin, begin + PAGE))
        self._kept[begin] = page
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return page

    def _answer(self, query: Callable[[RecordedLog], _T]) -> _T:
        if self._log is None:
            self._log = self._open()
        try:
            return query(self._log)
        except LogError:
            self._release()
            raise

    def _release(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            log.close()
