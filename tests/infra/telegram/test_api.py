"""Responses of what stands at the API's address: GraphQL, or a gateway with its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.telegram.settings import Language
from commands.roles import Role
from infra.telegram.api import Api, ApiDown, ApiRefused
from infra.telegram.mutations import TRIP_KILL_SWITCH, Open, send
from infra.telegram.people import Person

pytestmark = pytest.mark.anyio
TOKEN = "whence-token-of-the-trader"  # noqa: S105  # of a test
PERSON = Person(11, Role.TRADER, Language.EN)


@asynccontextmanager
async def answered(body: object, status: int = 200) -> AsyncGenerator[Api]:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    app = web.Application()
    app.router.add_post("/graphql", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield Api(str(server.make_url("/graphql")), {Role.TRADER: TOKEN}, session)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"message": "no server is available"}, 503),
        ({}, 200),
        ({"data": None}, 200),
        ({"data": []}, 200),
        ({"errors": "bad gateway"}, 502),
        ({"errors": ["bad gateway"]}, 502),
        ([], 200),
        ("<html>", 200),
    ],
)
async def test_json_of_a_gateway_leaves_the_outcome_of_a_kill_switch_open(body: object, status: int) -> None:
    async with answered(body, status) as api:
        with pytest.raises(ApiDown):
            await api.execute("query { x }", {}, Role.TRADER, 11)
        became = await send(api, TRIP_KILL_SWITCH, {"key": "telegram-1", "reason": "test"}, PERSON)
    assert isinstance(became, Open)


async def test_an_error_of_graphql_is_a_refusal_with_its_code() -> None:
    error = {"message": "not allowed", "extensions": {"code": "FORBIDDEN"}}
    async with answered({"data": None, "errors": [error]}) as api:
        with pytest.raises(ApiRefused, match="not allowed") as raised:
            await api.execute("query { x }", {}, Role.TRADER, 11)
    assert raised.value.code == "FORBIDDEN"


async def test_a_redirection_is_not_followed_with_the_token() -> None:
    asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(request.headers.get("authorization", ""))
        return web.json_response({"data": {}})

    async def redirect(_request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect("/elsewhere")

    app = web.Application()
    app.router.add_post("/graphql", redirect)
    app.router.add_post("/elsewhere", elsewhere)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        api = Api(str(server.make_url("/graphql")), {Role.TRADER: TOKEN}, session)
        with pytest.raises(ApiDown):
            await api.execute("query { x }", {}, Role.TRADER, 11)
    assert asked == []
