"""One moment of the read models, as one operation sees it: one snapshot, shared by all its resolvers and loaders."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty
from strawberry.dataloader import DataLoader

from adapters.graphql.readers import Readers
from domain.errors import StoreUnavailable
from domain.log import Envelope
from projections.source import Source

Answer = TypeVar("Answer")
Key = TypeVar("Key")
More = ParamSpec("More")

_MOST_KEYS = 1_000
"""How many keys one statement is given: databases bound a statement's parameters."""


class Moment:
    """Questions put to it are answered one after the other in worker threads, all from the same snapshot."""

    def __init__(
        self,
        readers: Readers,
        opened: Callable[[], AbstractContextManager[Source]],
        decode: Callable[[bytes], Envelope],
    ) -> None:
        """`opened` opens the snapshot, `decode` reads a record of the log."""
        self.decode = decode
        self._readers = readers
        self._opened = opened
        self._source: Source | None = None
        self._snapshot: AbstractContextManager[Source] | None = None
        self._turn = asyncio.Lock()
        self._at_work = threading.Lock()
        self._loaders: dict[tuple[Any, ...], DataLoader[Any, Any]] = {}

    async def ask(self, question: Callable[[Source], Answer]) -> Answer:
        """The answer. Raises what the question raises, StoreUnavailable where the store does not answer."""
        async with self._turn:
            return await self._readers.run(lambda: self._answer(question))

    async def load(
        self,
        question: Callable[[Source, Sequence[Key]], Mapping[Key, Answer]],
        key: Key,
    ) -> Answer | None:
        """The answer for one key, asked together with all others that are wanted at the time; None where none is."""
        found: Answer | None = await self._loader(question, ()).load(key)
        return found

    async def load_many(
        self,
        question: Callable[[Source, Sequence[Key], int], Mapping[Key, Sequence[Answer]]],
        key: Key,
        most: int,
    ) -> Sequence[Answer]:
        """As `load`, for at most `most` things that belong to the key."""
        return await self._loader(question, (most,)).load(key) or ()

    async def close(self) -> None:
        """Gives the snapshot back; idempotent."""
        if self._snapshot is not None:
            await self._readers.run(self._give_back)

    def _loader(
        self, question: Callable[..., Mapping[Any, Any]], more: tuple[Any, ...]
    ) -> DataLoader[Any, Any]:
        known = self._loaders.get((question, *more))
        if known is None:

            async def load(keys: list[Any]) -> Sequence[Any]:
                found = await self.ask(lambda source: question(source, keys, *more))
                return [found.get(key) for key in keys]

            known = self._loaders[question, *more] = DataLoader(load, max_batch_size=_MOST_KEYS)
        return known

    def _answer(self, question: Callable[[Source], Answer]) -> Answer:
        with self._at_work:
            try:
                return question(self._source or self._open())
            except (OperationalError, PoolEmpty) as fault:
                raise StoreUnavailable("the store of the read models does not answer; try again") from fault

    def _open(self) -> Source:
        self._snapshot = self._opened()
        self._source = self._snapshot.__enter__()
        return self._source

    def _give_back(self) -> None:
        with self._at_work:
            snapshot, self._snapshot, self._source = self._snapshot, None, None
            if snapshot is not None:
                snapshot.__exit__(None, None, None)
