"""Updates by webhook: only requests with the secret are taken up."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing

import httpx2
import pytest

from adapters.telegram.bot import opened_bot
from adapters.telegram.polling import Intake, NotTakenUp
from adapters.telegram.settings import WebhookSettings
from adapters.telegram.update import Update
from infra.telegram.webhook import SECRET_HEADER, listening
from tests.telegram_server.direct import DirectRequest
from tests.telegram_server.server import TOKEN, BotServer

pytestmark = pytest.mark.anyio
SECRET = "a-secret-of-tests"  # noqa: S105
UPDATE = {
    "update_id": 5,
    "message": {
        "message_id": 1,
        "date": 0,
        "text": "/start",
        "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "is_bot": False, "first_name": "U"},
    },
}


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


async def test_only_a_request_with_the_secret_is_taken_up_and_once() -> None:
    taken: list[int] = []
    refusals = [NotTakenUp("not yet")]

    async def take(update: Update, is_late: bool) -> None:
        if refusals:
            raise refusals.pop()
        taken.append(update.user)

    place = WebhookSettings(url="https://example.com/hook", port=free_port())
    request = DirectRequest(BotServer(asyncio.get_running_loop().time))
    async with (
        opened_bot(TOKEN, "http://bot", (request, request)) as bot,
        listening(place, SECRET, bot, Intake(take)),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{place.port}") as client,
    ):
        right = {SECRET_HEADER: SECRET}
        unreadable = {**right, "content-type": "application/json; charset=no"}
        statuses = [
            (await client.post("/hook", json=UPDATE)).status_code,
            (await client.post("/hook", json=UPDATE, headers={SECRET_HEADER: "guess"})).status_code,
            (await client.post("/hook", json=UPDATE, headers={SECRET_HEADER.encode(): b"\xff"})).status_code,
            (await client.post("/hook", content=b"[" * 2_000_000)).status_code,
            (await client.post("/hook", content=b"[" * 2_000_000, headers=right)).status_code,
            (await client.post("/hook", content=b"[" * 500_000, headers=right)).status_code,
            (await client.post("/hook", content=b"[", headers=right)).status_code,
            (await client.post("/hook", content=b"{}", headers=unreadable)).status_code,
            (await client.post("/hook", json={"a": 1}, headers=right)).status_code,
            (await client.post("/hook", json=UPDATE, headers=right)).status_code,
            (await client.post("/hook", json=UPDATE, headers=right)).status_code,
            (await client.post("/hook", json=UPDATE, headers=right)).status_code,
        ]
    assert statuses == [403, 403, 403, 403, 413, 400, 400, 400, 400, 503, 200, 200]
    assert taken == [7]
