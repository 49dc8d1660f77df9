"""The context of every resolver: the caller, the parts of the process, and the moments that the operation queries.
A moment is the read models as of now or as of a past ordinal or time, in one snapshot of the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Protocol

import strawberry
from strawberry.extensions import SchemaExtension

from adapters.alerts.book import NoticeBook
from adapters.book_view.shared import SharedBooks
from adapters.candle_store.book import CandleBook
from adapters.dead_letters.store import DeadLetters
from adapters.graphql.as_of import When
from adapters.graphql.completion import Reads
from adapters.graphql.desk import Desk
from adapters.graphql.moment import Moment
from adapters.graphql.readers import MOMENTS, Readers
from adapters.graphql.reporter import Reporter
from adapters.live import Live
from adapters.notary.auditing import Auditor
from adapters.processes.place import Announced
from commands.caller import Caller
from domain.errors import InvalidInput
from domain.log import Envelope
from projections.source import ReadModels, Source


class Projecting(Protocol):
    """The runner that keeps the read models up to date."""

    def wait_until(self, ordinal: int, patience: float, /) -> bool:
        """Waits until the read models have reached the event at `ordinal`, for at most `patience` seconds.
        Returns whether they have reached it.
        """
        ...

    def includes(self, ordinals: Sequence[int], /) -> bool:
        """Whether the read models include these events, which they have reached: none of them is parked."""
        ...


@dataclass(frozen=True)
class Served:
    """The parts of one process, shared by all operations.

    `desk` sends mutations to the engine; None in a process that accepts no mutations. `live` has the events and prices
    for subscriptions; None in a process that offers no subscriptions. `projecting` is None where another process keeps
    the read models up to date. `notices` has the alerts that were sent; None in a process without them. `letters` opens
    the dead letters of the log; None in a process without them. `auditor` reads the checkpoints of the log's notary,
    `candles` has those of the chart, `reporter` makes reports, `books` are the live order books and `processes` reads
    the announcements of the log's processes; each is None in a process without them.
    """

    models: ReadModels
    decode: Callable[[bytes], Envelope]
    readers: Readers = field(default_factory=Readers)
    desk: Desk | None = None
    live: Live | None = None
    projecting: Projecting | None = None
    notices: NoticeBook | None = None
    letters: Callable[[], DeadLetters] | None = None
    auditor: Auditor | None = None
    candles: CandleBook | None = None
    reporter: Reporter | None = None
    books: SharedBooks | None = None
    processes: Callable[[], Sequence[Announced]] | None = None


@dataclass
class Context(Reads):
    """The context of one operation. `caller` is set before any resolver runs.

    `arrived` is the time, by `monotonic`, at which the operation arrived at this machine; None where nobody knows it.
    """

    caller: Caller
    served: Served
    arrived: float | None = None
    _moments: dict[When | None, Moment] = field(default_factory=dict[When | None, Moment])
    _place: AsyncExitStack = field(default_factory=AsyncExitStack)
    _entering: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def waited(self) -> float:
        """Seconds since the operation arrived at this machine; 0 where that is not known."""
        return 0.0 if self.arrived is None else monotonic() - self.arrived

    async def moment(self, at: When | None = None) -> Moment:
        """The read models as of now (None) or as of a past moment. The operation has one snapshot for each moment.

        Raises InvalidInput where the operation queries too many moments.
        """
        async with self._entering:
            if not self._moments:
                await self._place.enter_async_context(self.served.readers.place(self._name))
            if at not in self._moments:
                self._moments[at] = self._begun(at)
            return self._moments[at]

    @property
    def _name(self) -> str:
        """Whom the operation's place is counted for: the token's id, or one name for all callers without a token."""
        return self.caller.token_id or self.caller.name

    async def close(self) -> None:
        """Closes all snapshots; the next query opens new ones."""
        moments = list(self._moments.values())
        self._moments.clear()
        try:
            for moment in moments:
                await moment.close()
        finally:
            await self._place.aclose()

    def _begun(self, at: When | None) -> Moment:
        if len(self._moments) > MOMENTS:
            raise InvalidInput(
                f"one operation may query {MOMENTS} moments beside now; query others in another operation"
            )
        return Moment(self.served.readers, opener(self.served.models, at), self.served.decode)


def opener(models: ReadModels, at: When | None) -> Callable[[], AbstractContextManager[Source]]:
    """Returns the function that opens the snapshot of a moment."""
    if at is None:
        return models.now
    return partial(models.as_of, at)


class SnapshotsClosed(SchemaExtension):
    """Closes an operation's snapshots when the operation ends, also after an error."""

    async def on_operation(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await self.execution_context.context.close()


Info = strawberry.Info[Context, None]
