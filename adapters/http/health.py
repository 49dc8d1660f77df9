"""Whether the process lives, and whether what it stands on answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Check = Callable[[], str | None]
"""Says in a few words what is wrong, or None; it may block. What it says may be seen by anybody."""

_SECONDS = 3.0


class Health:
    """`checks` by the name of what is checked; all are made at once, and one that hangs counts as no answer."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        # Threads of its own: checks that hang must not take those that requests are answered with.
        self._threads = ThreadPoolExecutor(max(len(checks), 1), thread_name_prefix="whence-health")
        self._under_way: dict[str, asyncio.Future[str | None]] = {}

    async def lives(self, _: Request) -> Response:
        """`/healthz`: that it is answered is the answer."""
        return JSONResponse({"alive": True})

    async def ready(self, _: Request) -> Response:
        """`/readyz`: 200 where every check holds, else 503 with what each says."""
        made = {name: self._made(name) for name in self._checks}
        if made:
            await asyncio.wait(made.values(), timeout=_SECONDS)
        told = {name: _said(check) or "ok" for name, check in made.items()}
        ready = all(said == "ok" for said in told.values())
        return JSONResponse({"ready": ready, "checks": told}, 200 if ready else 503)

    def close(self) -> None:
        """Lets the threads go; one that hangs ends with its check."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _made(self, name: str) -> asyncio.Future[str | None]:
        """The check that still hangs from before, or a new one: however often is asked, one of each is made."""
        before = self._under_way.get(name)
        if before is None or before.done():
            before = asyncio.get_running_loop().run_in_executor(self._threads, self._checks[name])
            self._under_way[name] = before
        return before


def _said(check: asyncio.Future[str | None]) -> str | None:
    return check.result() if check.done() else f"no answer within {_SECONDS:g} s"
