"""The desk where mutations are handed in: the door behind it, and the threads that wait at the door."""

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
"""Requests that may wait at a time; the next ones wait for their turn."""

_T = TypeVar("_T")


def _now() -> datetime:
    return datetime.now(UTC)


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="whence-desk")


@dataclass(frozen=True, slots=True)
class Desk:
    """`account` is whom a mutation is for where it names none; `clock` tells the time in UTC."""

    door: Door
    account: str
    signer: Signer = field(default_factory=Signer)
    clock: Callable[[], datetime] = _now
    threads: ThreadPoolExecutor = field(default_factory=_threads)

    async def ask(self, requested: Requested, patience: float) -> Answer:
        """As `Door.ask`, which waits in a thread."""
        return await self.waited(lambda: self.door.ask(requested, patience))

    async def waited(self, wait: Callable[[], _T]) -> _T:
        """What a wait in one of the desk's threads comes to."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, wait)

    def close(self) -> None:
        """Waits for what is under way: every wait here is bounded, so this is too."""
        self.threads.shutdown()
