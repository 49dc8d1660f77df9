"""What the bot reports of a refusal by the API."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from commands.roles import Role
from infra.telegram.api import Api, ApiRefused

TOKEN = "whence_0123456789ab_secret"  # noqa: S105  # of this test alone


async def refused(code: str, message: str) -> str:
    """The text of the refusal that the API's response with this error leads to."""

    async def respond(_request: web.Request) -> web.Response:
        return web.json_response({"errors": [{"message": message, "extensions": {"code": code}}]}, status=401)

    app = web.Application()
    app.router.add_post("/graphql", respond)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        api = Api(str(server.make_url("/graphql")), {Role.TRADER: TOKEN}, session)
        with pytest.raises(ApiRefused) as found:
            await api.execute("{ accounts { account } }", {}, Role.TRADER, None)
    return str(found.value)


def test_a_token_of_another_log_is_named_by_its_variable_with_the_command_that_makes_one() -> None:
    reason = asyncio.run(refused("UNAUTHENTICATED", "this token is not in force"))
    assert reason.startswith("this token is not in force. It is that of TELEGRAM_TRADER_TOKEN.")
    assert "`whence tokens create telegram-trader --role trader --log …`" in reason
    assert TOKEN not in reason


def test_any_other_refusal_has_the_text_of_the_api() -> None:
    assert asyncio.run(refused("FORBIDDEN", "the token has another role")) == "the token has another role"
