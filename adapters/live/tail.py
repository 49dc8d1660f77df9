"""The live tail: one thread follows the log, and every subscriber receives every event once, in order.

The last events are held once for all subscribers; a subscriber stores only the ordinal that it has reached. A
subscriber whose next event is no longer held reads pages of the log until it reaches a held one, so a subscription can
begin at any ordinal. A subscriber that has reached the held events and then falls behind them gets a `TooSlow` error,
and its subscription ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from adapters.live.following import Following
from adapters.live.pages import STOPPING, Pages
from adapters.live.ring import Ring
from adapters.log.recorder_log import RecordedLog
from domain.errors import InvalidInput, LogError, LogUnavailable, TooSlow
from domain.log import Envelope, Recorded

HELD = 4096
"""The number of events that are held. A subscriber that falls behind by more gets a `TooSlow` error."""

_TURN = 32
"""The number of events after which a subscriber yields to the others."""


class LiveTail:
    """The live tail of one log; used only in the event loop that it was started in."""

    def __init__(self, open_log: Callable[[], RecordedLog], held: int = HELD) -> None:
        """`open_log` opens the log for reading; it is called from other threads, and again after a failure."""
        self._open = open_log
        self._pages = Pages(open_log)
        self._ring = Ring(held, 0)
        self._following: Following | None = None
        self._arrival = asyncio.Event()
        self._failure: Exception | None = None
        self.subscribers = 0

    @property
    def ordinal(self) -> int:
        """The ordinal of the last event that has arrived."""
        return self._ring.last

    async def start(self) -> None:
        """Starts to follow the log at its head. Raises LogError where the log cannot be read."""
        self._ring = Ring(self._ring.size, await self._pages.head())
        self._following = Following(self._open, self._ring.last, self._take, self._fail)

    async def close(self) -> None:
        """Ends the thread and every subscription; idempotent."""
        if self._following is not None:
            await asyncio.to_thread(self._following.stop)
            self._following = None
        self._fail(LogUnavailable(STOPPING))
        await self._pages.close()

    async def subscribe(self, after: int | None = None) -> AsyncGenerator[Recorded]:
        """Every event after the ordinal (None: after the last one), each once, in order, endlessly.

        Raises InvalidInput for an ordinal that the log does not have, TooSlow (which holds the ordinal to subscribe
        after) where the subscriber falls too far behind, and LogError where the log cannot be read. A subscriber that
        then subscribes again after the last ordinal received misses no event.
        """
        at = self._ring.last if after is None else after
        await self._check(at)
        self.subscribers += 1
        try:
            async for recorded in self._behind(at):
                at = recorded.ordinal
                yield recorded
            async for recorded in self._live(at):
                yield recorded
        finally:
            self.subscribers -= 1

    async def stream(self, stream: str, upto: int) -> list[Envelope]:
        """The events of one stream up to a version. Raises LogError."""
        return list(await self._pages.stream(stream, upto))

    async def _check(self, after: int) -> None:
        if after < 0:
            raise InvalidInput("ordinals are counted from 1; 0 is before the first")
        if after > self._ring.last and after > (head := await self._pages.head()):
            raise InvalidInput(f"the log ends at ordinal {head}; there is no ordinal {after}")

    async def _behind(self, after: int) -> AsyncGenerator[Recorded]:
        """The events that are no longer held, read from the log."""
        while after + 1 < self._ring.first:
            page = await self._pages.page(after)
            if not page:
                raise LogUnavailable(
                    f"the log returns no event after ordinal {after}, though later events were read before"
                )
            for recorded in page:
                after = recorded.ordinal
                yield recorded

    async def _live(self, after: int) -> AsyncGenerator[Recorded]:
        while True:
            if after + 1 < self._ring.first:
                raise TooSlow(after)
            recorded = self._ring.at(after + 1)
            if recorded is None:
                await self._news()
            else:
                after = recorded.ordinal
                yield recorded
                if after % _TURN == 0:
                    await asyncio.sleep(0)

    async def _news(self) -> None:
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        await self._arrival.wait()

    def _take(self, arrived: list[Recorded]) -> None:
        for recorded in arrived:
            self._ring.add(recorded)
        self._failure = None
        self._wake()

    def _fail(self, failure: Exception) -> None:
        self._failure = (
            failure if isinstance(failure, LogError) else LogUnavailable("the log cannot be followed")
        )
        self._wake()

    def _wake(self) -> None:
        self._arrival.set()
        self._arrival = asyncio.Event()
