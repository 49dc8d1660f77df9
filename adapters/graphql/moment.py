"""One snapshot of the read models, shared by all resolvers and loaders of an operation."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty
from strawberry.dataloader import DataLoader

from adapters.graphql.readers import Readers
from domain.errors import StoreUnavailable
from domain.log import Envelope
from projections.source import Source

Result = TypeVar("Result")
Key = TypeVar("Key")
More = ParamSpec("More")

_MOST_KEYS = 1_000
"""The largest number of keys in one statement, because databases limit the parameters of a statement."""


class Moment:
    """Runs queries one after the other in worker threads, all on the same snapshot."""

    def __init__(
        self,
        readers: Readers,
        opened: Callable[[], AbstractContextManager[Source]],
        decode: Callable[[bytes], Envelope],
    ) -> None:
        """`opened` opens the snapshot; `decode` decodes a record of the log."""
        self.decode = decode
        self._readers = readers
        self._opened = opened
        self._source: Source | None = None
        self._snapshot: AbstractContextManager[Source] | None = None
        self._turn = asyncio.Lock()
        self._at_work = threading.Lock()
        self._loaders: dict[tuple[Any, ...], DataLoader[Any, Any]] = {}

    async def run(self, query: Callable[[Source], Result], *, is_last: bool = False) -> Result:
        """The result of a query. After the last one the snapshot is closed by the same thread, which saves two changes
        of threads; a later query would open another snapshot.

        Raises what the query raises, and StoreUnavailable where the store does not answer.
        """
        async with self._turn:
            work = partial(self._run_last, query) if is_last else partial(self._run, query)
            return await self._readers.run(work)

    async def load(
        self,
        query: Callable[[Source, Sequence[Key]], Mapping[Key, Result]],
        key: Key,
    ) -> Result | None:
        """The result for one key; None where the key has no result. One query loads all keys that are pending."""
        found: Result | None = await self._loader(query, ()).load(key)
        return found

    async def load_many(
        self,
        query: Callable[[Source, Sequence[Key], int], Mapping[Key, Sequence[Result]]],
        key: Key,
        most: int,
    ) -> Sequence[Result]:
        """Like `load`, but returns at most `most` results for the key."""
        return await self._loader(query, (most,)).load(key) or ()

    async def close(self) -> None:
        """Closes the snapshot; idempotent."""
        if self._snapshot is not None:
            await self._readers.run(self._close)

    def _loader(self, query: Callable[..., Mapping[Any, Any]], more: tuple[Any, ...]) -> DataLoader[Any, Any]:
        known = self._loaders.get((query, *more))
        if known is None:

            async def load(keys: list[Any]) -> Sequence[Any]:
                found = await self.run(lambda source: query(source, keys, *more))
                return [found.get(key) for key in keys]

            known = self._loaders[query, *more] = DataLoader(load, max_batch_size=_MOST_KEYS)
        return known

    def _run(self, query: Callable[[Source], Result]) -> Result:
        with self._at_work:
            try:
                return query(self._source or self._open())
            except (OperationalError, PoolEmpty) as fault:
                raise StoreUnavailable("the store of the read models does not answer; try again") from fault

    def _run_last(self, query: Callable[[Source], Result]) -> Result:
        try:
            return self._run(query)
        finally:
            self._close()

    def _open(self) -> Source:
        self._snapshot = self._opened()
        self._source = self._snapshot.__enter__()
        return self._source

    def _close(self) -> None:
        with self._at_work:
            snapshot, self._snapshot, self._source = self._snapshot, None, None
            if snapshot is not None:
                snapshot.__exit__(None, None, None)
