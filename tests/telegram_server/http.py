"""The server on a free port of loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.telegram_server.methods import Uploaded
from tests.telegram_server.server import BotServer, ReplyLost


@asynccontextmanager
async def served(server: BotServer) -> AsyncGenerator[str]:
    """The address of the Bot API."""

    async def call(request: web.Request) -> web.StreamResponse:
        form = await request.post()
        params = {name: value for name, value in form.items() if isinstance(value, str)}
        files = {
            name: Uploaded(value.filename, value.file.read())
            for name, value in form.items()
            if isinstance(value, web.FileField)
        }
        try:
            status, body = await server.call(
                request.match_info["token"], request.match_info["method"], params, files
            )
        except ReplyLost:
            if request.transport is not None:  # the caller may be dead
                request.transport.close()
            await asyncio.sleep(0)
            return web.Response()
        return web.json_response(body, status=status)

    app = web.Application(client_max_size=60_000_000)
    app.router.add_route("*", "/bot{token}/{method}", call)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
