"""Whether the process lives, and whether what it stands on answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from anyio import CapacityLimiter, create_task_group, move_on_after, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Check = Callable[[], str | None]
"""Says in a few words what is wrong, or None; it may block. What it says may be seen by anybody."""

_SECONDS = 3.0
_AT_ONCE = 8


class Health:
    """`checks` by the name of what is checked; all are made at once, and one that hangs counts as no answer."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._threads: CapacityLimiter | None = None

    async def lives(self, _: Request) -> Response:
        """`/healthz`: that it is answered is the answer."""
        return JSONResponse({"alive": True})

    async def ready(self, _: Request) -> Response:
        """`/readyz`: 200 where every check holds, else 503 with what each says."""
        said: dict[str, str | None] = dict.fromkeys(self._checks, f"no answer within {_SECONDS:g} s")
        with move_on_after(_SECONDS):
            async with create_task_group() as group:
                for name, check in self._checks.items():
                    group.start_soon(self._make, name, check, said)
        told = {name: fault or "ok" for name, fault in said.items()}
        ready = not any(said.values())
        return JSONResponse({"ready": ready, "checks": told}, 200 if ready else 503)

    async def _make(self, name: str, check: Check, said: dict[str, str | None]) -> None:
        # Threads of its own: checks that hang must not take those that requests are answered with.
        self._threads = self._threads or CapacityLimiter(_AT_ONCE)
        said[name] = await to_thread.run_sync(check, abandon_on_cancel=True, limiter=self._threads)
