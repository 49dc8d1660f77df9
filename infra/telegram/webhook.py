"""Listens for the updates that Telegram sends."""

from __future__ import annotations

import hmac
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Final, cast

from aiohttp import web

from adapters.telegram.bot import TelegramBot
from adapters.telegram.faults import CallRefused
from adapters.telegram.polling import Intake
from adapters.telegram.settings import WebhookSettings
from domain.errors import InvalidInput

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # the name of a header
_MOST_BODY = 1_000_000


@asynccontextmanager
async def listening(
    place: WebhookSettings, secret: str, bot: TelegramBot, intake: Intake
) -> AsyncGenerator[None]:
    """Listens for Telegram's requests, which have the secret in a header; all others are answered 403."""

    async def take(request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "").encode(errors="surrogateescape")
        if not secret or not hmac.compare_digest(given, secret.encode()):
            return web.Response(status=403)
        try:
            body: object = await request.json()
            update = bot.read(cast("Mapping[str, object]", body) if isinstance(body, dict) else {})
        except (ValueError, LookupError, RecursionError, CallRefused):
            return web.Response(status=400)
        taken = await intake.take([update], are_late=False)
        return web.Response(status=503 if taken is None else 200)

    app = web.Application(client_max_size=_MOST_BODY)
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await _begin(runner, place)
        yield
    finally:
        await runner.cleanup()


async def _begin(runner: web.AppRunner, place: WebhookSettings) -> None:
    try:
        await web.TCPSite(runner, place.host, place.port).start()
    except OSError as fault:
        raise InvalidInput(f"telegram.webhook: {place.host}:{place.port}: {fault.strerror}") from None
