"""Health checks: whether the process runs, and whether the parts that it depends on respond."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Check = Callable[[], str | None]
"""Returns a short description of the fault, or None. It may block. The description is public."""

_SECONDS = 3.0


class Health:
    """Runs all `checks` at the same time; they are named after the checked part. A check that hangs counts as
    failed."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        # Checks have threads of their own, so that checks that hang do not occupy the threads of requests.
        self._threads = ThreadPoolExecutor(max(len(checks), 1), thread_name_prefix="whence-health")
        self._under_way: dict[str, asyncio.Future[str | None]] = {}

    async def lives(self, _: Request) -> Response:
        """The response of `/healthz`: always 200."""
        return JSONResponse({"alive": True})

    async def ready(self, _: Request) -> Response:
        """The response of `/readyz`: 200 if every check passes, else 503; the body has each check's result."""
        made = {name: self._made(name) for name in self._checks}
        if made:
            await asyncio.wait(made.values(), timeout=_SECONDS)
        results = {name: _result(check) or "ok" for name, check in made.items()}
        ready = all(result == "ok" for result in results.values())
        return JSONResponse({"ready": ready, "checks": results}, 200 if ready else 503)

    def close(self) -> None:
        """Releases the threads; a thread whose check hangs ends with that check."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _made(self, name: str) -> asyncio.Future[str | None]:
        """The running check of this name, or a new one if none is running, so that no check runs twice at a time."""
        before = self._under_way.get(name)
        if before is None or before.done():
            before = asyncio.get_running_loop().run_in_executor(self._threads, self._checks[name])
            self._under_way[name] = before
        return before


def _result(check: asyncio.Future[str | None]) -> str | None:
    return check.result() if check.done() else f"no answer within {_SECONDS:g} s"
