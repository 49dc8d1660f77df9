"""The process of the bot while Telegram cannot be reached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.metrics.registry import new_registry
from adapters.metrics.telegram import TelegramMetrics
from adapters.telegram.settings import TelegramSettings, UserSettings
from commands.roles import Role
from infra.telegram.mutations import TRIP_KILL_SWITCH
from infra.telegram.process import run_bot
from infra.telegram.secrets import TelegramSecrets
from infra.telegram.state import Kill, StateFile
from tests.telegram_server.direct import DirectRequest
from tests.telegram_server.server import TOKEN, BotServer

pytestmark = pytest.mark.anyio
USER = 11


class Unreachable(DirectRequest):
    """A gateway without Telegram behind it."""

    async def do_request(self, *_given: Any, **_more: Any) -> tuple[int, bytes]:
        return 502, b"<html>bad gateway</html>"


@asynccontextmanager
async def tripping(tripped: asyncio.Event) -> AsyncGenerator[str]:
    """The address of an API that carries out the kill switch and nothing else."""

    async def answer(request: web.Request) -> web.Response:
        if (await request.json())["query"] != TRIP_KILL_SWITCH:
            return web.json_response({"message": "no such thing"}, status=503)
        tripped.set()
        done = {"repeated": False, "events": [{"type": "KillSwitchTripped"}]}
        return web.json_response({"data": {"tripKillSwitch": done}})

    app = web.Application()
    app.router.add_post("/graphql", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/graphql"))


async def test_a_kept_kill_switch_is_tripped_though_telegram_cannot_be_reached_at_the_start(
    tmp_path: Path,
) -> None:
    tripped, stopping = asyncio.Event(), asyncio.Event()
    request = Unreachable(BotServer(asyncio.get_running_loop().time))
    async with tripping(tripped) as url:
        file = StateFile(tmp_path / "state.json", url)
        file.state.kills = [Kill("0123", USER, USER, 5, "t")]
        file.keep()
        settings = TelegramSettings(
            api=url, state=tmp_path / "state.json", users=(UserSettings(id=USER, role=Role.TRADER),)
        )
        secrets = TelegramSecrets(TOKEN, "", {Role.VIEWER: "viewer", Role.TRADER: "trader"})
        metrics = TelegramMetrics(new_registry())
        running = asyncio.create_task(
            run_bot(settings, secrets, metrics, stopping, requests=(request, request))
        )
        try:
            async with asyncio.timeout(10):
                await tripped.wait()
        finally:
            stopping.set()
            await running
    assert StateFile(tmp_path / "state.json", url).state.kills == []
