"""What every resolver can reach: who calls, what the process serves, and the moments the operation asks about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import strawberry
from strawberry.extensions import SchemaExtension

from adapters.graphql.as_of import When
from adapters.graphql.desk import Desk
from adapters.graphql.moment import Moment
from adapters.graphql.readers import MOMENTS, Readers
from adapters.live import Live
from commands.caller import Caller
from domain.errors import InvalidInput
from domain.log import Envelope
from projections.source import ReadModels, Source


class Projecting(Protocol):
    """Whoever keeps the read models up to date."""

    def wait_until(self, ordinal: int, patience: float, /) -> bool:
        """Waits at most `patience` seconds until they tell the log up to `ordinal`; whether they do."""
        ...


@dataclass(frozen=True)
class Served:
    """What one process serves, the same for all operations.

    `desk` is where mutations go in, None where nobody takes any; `live` is what subscriptions follow, None likewise;
    `projecting` is None where another process keeps the read models.
    """

    models: ReadModels
    decode: Callable[[bytes], Envelope]
    readers: Readers = field(default_factory=Readers)
    desk: Desk | None = None
    live: Live | None = None
    projecting: Projecting | None = None


@dataclass
class Context:
    """One operation's. `caller` is set before any resolver runs."""

    caller: Caller
    served: Served
    _moments: dict[When | None, Moment] = field(default_factory=dict[When | None, Moment])
    _place: AsyncExitStack = field(default_factory=AsyncExitStack)
    _entering: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def moment(self, at: When | None = None) -> Moment:
        """The moment to ask: now, or one of the past; each is one snapshot for the whole operation.

        Raises InvalidInput where the operation asks about too many.
        """
        async with self._entering:
            if not self._moments:
                await self._place.enter_async_context(self.served.readers.place())
            if at not in self._moments:
                self._moments[at] = self._begun(at)
            return self._moments[at]

    async def close(self) -> None:
        """Gives all snapshots back; the next question begins new ones."""
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
                f"one operation may ask about {MOMENTS} moments beside now; ask about others apart"
            )
        return Moment(self.served.readers, opener(self.served.models, at), self.served.decode)


def opener(models: ReadModels, at: When | None) -> Callable[[], AbstractContextManager[Source]]:
    """What opens the snapshot of a moment."""
    if at is None:
        return models.now
    return partial(models.as_of, at)


class SnapshotsGivenBack(SchemaExtension):
    """Whatever became of an operation, its snapshots are given back at its end."""

    async def on_operation(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await self.execution_context.context.close()


Info = strawberry.Info[Context, None]
