"""The desk sends the requests of mutations to the engine through its `Door`, and has threads that wait for
responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from adapters.graphql.confirmation import Signer
from commands.door import Answer, Door
from commands.request import Requested

_AT_ONCE = 16
"""The number of requests that can wait for responses at the same time; further requests are queued."""

_T = TypeVar("_T")


def _now() -> datetime:
    return datetime.now(UTC)


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="whence-desk")


@dataclass(frozen=True, slots=True)
class Desk:
    """`account` is the account of mutations that name no account; `clock` returns the time in UTC."""

    door: Door
    account: str
    signer: Signer = field(default_factory=Signer)
    clock: Callable[[], datetime] = _now
    threads: ThreadPoolExecutor = field(default_factory=_threads)

    async def ask(self, requested: Requested, patience: float) -> Answer:
        """Calls `Door.ask`, which blocks, in a thread."""
        return await self.waited(lambda: self.door.ask(requested, patience))

    async def waited(self, wait: Callable[[], _T]) -> _T:
        """Runs a blocking wait in one of the desk's threads; returns its result."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, wait)

    def close(self) -> None:
        """Waits until all requests have ended; this does not take for ever, because each request has a timeout."""
        self.threads.shutdown()
