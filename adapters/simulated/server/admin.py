"""The admin port: faults and actions by HTTP, for whoever tests a client against the venue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import cleandoc

import msgspec
from aiohttp import web

from adapters.simulated.server.action_fields import NOTHING, TAKES
from adapters.simulated.server.actions import ACTIONS, Action, act
from adapters.simulated.server.fault_check import check_fault
from adapters.simulated.server.faults import Fault
from adapters.simulated.server.hub import ENCODE
from adapters.simulated.server.json_values import UNREADABLE
from adapters.simulated.server.listener import Listener
from adapters.simulated.server.server import VenueServer
from adapters.simulated.venue.codes import Declined
from domain.errors import InvalidInput

_BAD_REQUEST = 400
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Admin:
    """Serves on loopback, without a signature: whoever reaches this machine's loopback may spoil the venue.

    GET /faults lists those in force and those that are over, POST /faults adds one (the fields of `Fault`), DELETE
    /faults ends all of them and DELETE /faults/NUMBER one.
    POST /actions/NAME performs an action and answers what it changed; GET /actions lists each with its fields.
    """

    def __init__(self, server: VenueServer, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server, self._host, self.port = server, host, port
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self.port}"

    async def start(self) -> None:
        self._runner = web.AppRunner(self._app(), access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        assert self._runner.server is not None
        self._listener = Listener(self._runner.server, self._host, self.port)
        await self._listener.open()
        self.port = self._listener.port

    async def stop(self) -> None:
        if self._listener is not None:
            await self._listener.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[_with_errors])
        app.router.add_get("/", self._root)
        app.router.add_get("/faults", self._list)
        app.router.add_post("/faults", self._add)
        app.router.add_delete("/faults", self._clear)
        app.router.add_delete("/faults/{number:[0-9]{1,18}}", self._end)
        app.router.add_get("/actions", self._names)
        app.router.add_post("/actions/{name}", self._act)
        return app

    async def _list(self, _request: web.Request) -> web.Response:
        faults = self._server.faults
        return _json({"faults": faults.listed(), "over": faults.over()})

    async def _add(self, request: web.Request) -> web.Response:
        try:
            fault = msgspec.json.decode(await request.read(), type=Fault)
        except UNREADABLE as error:
            raise InvalidInput(f"not readable: {error}") from None
        check_fault(self._server.venue, fault)
        return _json({"number": self._server.faults.add(fault)})

    async def _clear(self, _request: web.Request) -> web.Response:
        self._server.faults.clear()
        return _json({})

    async def _end(self, request: web.Request) -> web.Response:
        self._server.faults.end(int(request.match_info["number"]))
        return _json({})

    async def _names(self, _request: web.Request) -> web.Response:
        return _json({name: _meaning(name, action) for name, action in ACTIONS.items()})

    async def _root(self, _request: web.Request) -> web.Response:
        return _json(
            {"faults": f"{self.url}/faults", "actions": f"{self.url}/actions", "docs": "docs/venue.md"}
        )

    async def _act(self, request: web.Request) -> web.Response:
        try:
            body = msgspec.json.decode(await request.read() or b"{}", type=dict[str, object])
        except UNREADABLE as error:
            raise InvalidInput(f"not readable: {error}") from None
        return _json(await act(self._server, request.match_info["name"], body))


def _meaning(name: str, action: Action) -> dict[str, object]:
    return {"does": cleandoc(action.__doc__ or ""), "takes": TAKES.get(name, NOTHING).listed()}


@web.middleware
async def _with_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (InvalidInput, Declined) as error:
        return _json({"error": str(error)}, _BAD_REQUEST)


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(body=ENCODE(body), status=status, content_type="application/json")
