"""The API of one process, beside whatever else it does: on a thread and an event loop of its own.

with Api(settings, plan, hosted) as api:
    ...                      # the engine runs on this thread
    api.check()              # raises what has ended the API
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from adapters.http.app import GRAPHQL
from domain.errors import ServerFailed
from infra.config import WhenceSettings
from infra.graphiql.folder import built
from infra.run.api_plan import ApiPlan, Hosted
from infra.run.api_rooms import ApiRooms
from infra.store import store_address

_START_SECONDS = 30.0
_STOP_SECONDS = 5
"""How long requests under way may take when the API stops."""
_CONNECTIONS = 1_000


class Api:
    """Serves while it is entered."""

    def __init__(self, settings: WhenceSettings, plan: ApiPlan, hosted: Hosted) -> None:
        self._settings, self._plan, self._hosted = settings, plan, hosted
        self._held = ExitStack()
        self._settled = threading.Event()
        self._answers = False
        self._failure: BaseException | None = None
        self.url = ""

    def __enter__(self) -> Self:
        """Raises InvalidInput for a plan that cannot be, StoreError, LogError, and ServerFailed where it stays down."""
        with ExitStack() as held:
            self._start(held)
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Requests under way are answered, subscriptions ended, and what was opened is closed."""
        self._held.close()

    def check(self) -> None:
        """Raises ServerFailed where the API has ended by itself."""
        if self._failure is not None or (self._settled.is_set() and not self._answers):
            raise ServerFailed(
                f"the API has ended: {self._failure or 'see the log above'}"
            ) from self._failure

    @property
    def announcement(self) -> Sequence[str]:
        """What a person has to know of it, a line each."""
        plan = self._plan
        lines = [
            f"API on {self.url}{GRAPHQL}",
            self._hosted.told,
            f"read models and tokens in {store_address(self._settings)}",
            _page_told(plan),
            "without a token: from this machine only, and reads only",
        ]
        if plan.place.cert is None and not plan.place.is_loopback:
            lines.append("WITHOUT TLS: tokens can be read on the way, unless a proxy before this speaks it")
        return lines

    def _start(self, held: ExitStack) -> None:
        listening = held.enter_context(self._plan.place.listen())
        self.url = self._plan.place.url(listening)
        rooms = ApiRooms(self._settings, self._plan, self._hosted, held)
        server = uvicorn.Server(self._config(rooms.application(self._is_up)))
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
            ws="websockets-sansio",
            ws_max_size=self._plan.http.body_bytes,
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=_STOP_SECONDS,
            ssl_certfile=place.cert,
            ssl_keyfile=place.key,
        )

    def _is_up(self) -> None:
        self._answers = True
        self._settled.set()

    def _run(self, server: uvicorn.Server, listening: socket.socket) -> None:
        try:
            server.run(sockets=[listening])
        except BaseException as fault:  # noqa: BLE001  # a thread has nobody to raise to: `check` tells it
            self._failure = fault
        finally:
            self._answers = False
            self._settled.set()


def _stop(server: uvicorn.Server, thread: threading.Thread) -> None:
    server.should_exit = True
    thread.join()


def _page_told(plan: ApiPlan) -> str:
    if not plan.graphiql:
        return "GraphiQL is switched off"
    return (
        "GraphiQL is at the same address, in a browser"
        if built()
        else "GraphiQL is not built: `make graphiql`"
    )
