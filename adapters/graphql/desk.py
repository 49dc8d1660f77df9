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
from commands.request import Request, Requested, TripKillSwitch

_AT_ONCE = 16
"""The number of requests that can wait for responses at the same time; further requests are queued."""
_URGENT_AT_ONCE = 4
"""The same for requests that trip the kill switch, which have threads of their own and wait behind no other request."""

_T = TypeVar("_T")


def _now() -> datetime:
    return datetime.now(UTC)


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="whence-desk")


def _urgent() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_URGENT_AT_ONCE, thread_name_prefix="whence-kill")


@dataclass(frozen=True, slots=True)
class Desk:
    """`account` is the account of mutations that name no account; `clock` returns the time in UTC."""

    door: Door
    account: str
    signer: Signer = field(default_factory=Signer)
    clock: Callable[[], datetime] = _now
    threads: ThreadPoolExecutor = field(default_factory=_threads)
    urgent: ThreadPoolExecutor = field(default_factory=_urgent)

    async def ask(self, requested: Requested, patience: float) -> Answer:
        """Calls `Door.ask`, which blocks, in a thread."""
        return await self.waited(lambda: self.door.ask(requested, patience), requested.request)

    async def waited(self, wait: Callable[[], _T], request: Request) -> _T:
        """Runs a blocking wait for this request in one of the desk's threads; returns its result."""
        threads = self.urgent if isinstance(request, TripKillSwitch) else self.threads
        return await asyncio.get_running_loop().run_in_executor(threads, wait)

    def close(self) -> None:
        """Waits until all requests have ended; this does not take for ever, because each request has a timeout."""
        self.threads.shutdown()
        self.urgent.shutdown()
