"""Serves a process's API on a separate thread with its own event loop.

with Api(settings, plan, hosted) as api:
    ...
    api.check()              # raises where the API has ended

A process that trades serves its API in another process: `infra.run.apart`.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from adapters.http.acceptor import AT_ONCE, Acceptor
from adapters.http.connections import Connections
from adapters.http.frames import BudgetedWebsocket
from adapters.http.protocol import counted_protocol
from domain.errors import ServerFailed
from infra.config import WhenceSettings
from infra.run.announcement import announcement
from infra.run.api_parts import ApiParts
from infra.run.api_plan import ApiPlan, Hosted

_START_SECONDS = 30.0
_SWITCH_SECONDS = 0.001
"""The most seconds for which a thread that computes keeps the others of this process waiting. Python's own 5 ms are
waited for several times in one short request, such as `/healthz` beside a deep query.
"""
_STOP_SECONDS = 5
"""Seconds that running requests may take when the API stops."""


class Api:
    """The API; it serves requests within the context."""

    def __init__(
        self,
        settings: WhenceSettings,
        plan: ApiPlan,
        hosted: Hosted,
        listening: socket.socket | None = None,
    ) -> None:
        """`listening` is the plan's listening socket where it is open already."""
        self._settings, self._plan, self._hosted, self._listening = settings, plan, hosted, listening
        self._held = ExitStack()
        self._settled = threading.Event()
        self._answers = False
        self._failure: BaseException | None = None
        self._connections = Connections()
        self.url = ""

    def __enter__(self) -> Self:
        """Raises InvalidInput for an invalid plan, ServerFailed where the API does not start, StoreError, LogError."""
        with ExitStack() as held:
            self._start(held)
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finishes running requests, ends subscriptions and closes all parts."""
        self._held.close()

    def check(self) -> None:
        """Raises ServerFailed where the API has ended without `__exit__`."""
        if self._failure is not None or (self._settled.is_set() and not self._answers):
            raise ServerFailed(
                f"the API has ended: {self._failure or 'see the log above'}"
            ) from self._failure

    @property
    def announcement(self) -> Sequence[str]:
        """Lines for the user: addresses, store, access rules."""
        return announcement(self._settings, self._plan, self.url, self._hosted.description)

    def _start(self, held: ExitStack) -> None:
        listening = held.enter_context(self._listening or self._plan.place.listen())
        self.url = self._plan.place.url(listening)
        plan = replace(self._plan, place=self._plan.place.bound(listening))
        parts = ApiParts(self._settings, plan, self._hosted, held)
        server = uvicorn.Server(self._config(parts.application(self._is_up)))
        held.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(_SWITCH_SECONDS)
        thread = threading.Thread(target=self._run, args=(server, listening), name="api")
        thread.start()
        held.callback(_stop, server, thread)
        if not self._settled.wait(_START_SECONDS):
            raise ServerFailed(f"the API did not come up within {_START_SECONDS:g} s")
        self.check()

    def _config(self, app: ASGIApp) -> uvicorn.Config:
        place = self._plan.place
        return uvicorn.Config(
            app,
            loop="asyncio",  # another loop would not call the listening socket's own `accept`
            http=counted_protocol(self._connections),
            ws=BudgetedWebsocket,
            ws_max_size=self._plan.http.message_bytes,
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_STOP_SECONDS,
            ssl_certfile=place.cert,
            ssl_keyfile=place.key,
        )

    def _is_up(self) -> None:
        self._answers = True
        self._settled.set()

    def _run(self, server: uvicorn.Server, listening: socket.socket) -> None:
        try:
            at_once = AT_ONCE if self._plan.workers == 1 else 1  # each process accepts its share
            server.run(sockets=[Acceptor.of(listening, self._connections, at_once)])
        except BaseException as fault:  # noqa: BLE001  # a thread has no caller to raise to: `check` raises it
            self._failure = fault
        finally:
            self._answers = False
            self._settled.set()


def _stop(server: uvicorn.Server, thread: threading.Thread) -> None:
    server.should_exit = True
    thread.join()
