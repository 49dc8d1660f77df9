"""The server of these tests refuses what Telegram refuses, so that the tests of the bot prove something."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from typing import Any

import httpx2
import pytest
from PIL import Image

from tests.telegram_server.http import served
from tests.telegram_server.methods import Uploaded
from tests.telegram_server.refused import GATEWAY
from tests.telegram_server.server import TOKEN, BotServer, CallLost, ReplyLost

pytestmark = pytest.mark.anyio
USER, GROUP = 7, -100


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> BotServer:
    server = BotServer(clock)
    server.chats |= {USER, GROUP}
    return server


def png(width: int, height: int) -> bytes:
    written = BytesIO()
    Image.new("L", (width, height)).save(written, "PNG")
    return written.getvalue()


async def called(server: BotServer, method: str, **given: Any) -> Any:
    """The result of a call, or the description of its refusal."""
    params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
    _, body = await server.call(TOKEN, method, params)
    return body["result"] if body["ok"] else body["description"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"text": "a" * 4097}, "message is too long"),
        ({"text": "\U0001f600" * 2049}, "message is too long"),
        ({"text": " "}, "message text is empty"),
        ({"text": "a", "chat_id": 8}, "chat not found"),
        ({"text": "a", "entities": [{"type": "bold", "offset": 0, "length": 2}]}, "entity beyond the end"),
        ({"text": "a", "entities": [{"type": "big", "offset": 0, "length": 1}]}, "invalid entity"),
        ({"text": "a", "parse": "x"}, "unknown"),
        ({}, "missing"),
    ],
)
async def test_a_message_that_telegram_refuses_is_refused(
    server: BotServer, given: dict[str, Any], why: str
) -> None:
    assert why in await called(server, "sendMessage", **({"chat_id": USER} | given))
    assert server.sent == []


@pytest.mark.parametrize(
    ("button", "why"),
    [
        ({"text": "Yes", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
        ({"text": "Yes", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "", "callback_data": "x"}, "unallowed"),
    ],
)
async def test_a_button_that_telegram_refuses_is_refused(
    server: BotServer, button: dict[str, str], why: str
) -> None:
    markup = {"inline_keyboard": [[button]]}
    assert why in await called(server, "sendMessage", chat_id=USER, text="a", reply_markup=markup)


async def test_an_edit_is_refused_without_its_message_and_without_a_change(server: BotServer) -> None:
    server = BotServer(Clock(), limits=False)
    server.chats.add(USER)
    message = (await called(server, "sendMessage", chat_id=USER, text="a"))["message_id"]
    same = await called(server, "editMessageText", chat_id=USER, message_id=message, text="a")
    gone = await called(server, "editMessageText", chat_id=USER, message_id=99, text="b")
    await called(server, "editMessageText", chat_id=USER, message_id=message, text="b")
    assert "message is not modified" in same
    assert "message to edit not found" in gone
    assert server.sent[0].history == ["a", "b"]


async def test_a_chat_accepts_one_message_a_second_and_a_group_twenty_a_minute(
    server: BotServer, clock: Clock
) -> None:
    await called(server, "sendMessage", chat_id=USER, text="a")
    assert "retry after 1" in await called(server, "sendMessage", chat_id=USER, text="b")
    for _ in range(20):
        clock.now += 1
        await called(server, "sendMessage", chat_id=GROUP, text="a")
    clock.now += 1
    assert "retry after 40" in await called(server, "sendMessage", chat_id=GROUP, text="a")
    assert len(server.sent) == 21


async def test_the_bot_sends_thirty_messages_a_second_at_most(server: BotServer) -> None:
    server.chats |= set(range(10, 41))
    answers = [await called(server, "sendMessage", chat_id=chat, text="a") for chat in range(10, 41)]
    assert [one for one in answers if isinstance(one, str)] == ["Too Many Requests: retry after 1"]


async def test_updates_are_kept_until_they_are_confirmed(server: BotServer) -> None:
    server.type(USER, "/start")
    first = await called(server, "getUpdates")
    again = await called(server, "getUpdates")
    assert first == again
    assert first[0]["message"]["text"] == "/start"
    assert await called(server, "getUpdates", offset=first[0]["update_id"] + 1) == []


async def test_of_two_pollers_the_earlier_one_is_refused(server: BotServer) -> None:
    earlier = asyncio.create_task(called(server, "getUpdates", timeout=30))
    await asyncio.sleep(0)
    later = asyncio.create_task(called(server, "getUpdates", timeout=30))
    assert "terminated by other getUpdates" in await earlier
    server.type(USER, "hello")
    assert len(await later) == 1


async def test_updates_are_refused_while_a_webhook_is_set(server: BotServer) -> None:
    await called(server, "setWebhook", url="https://example.com", secret_token="abc")  # noqa: S106
    assert "webhook is active" in await called(server, "getUpdates")
    await called(server, "deleteWebhook")
    assert await called(server, "getUpdates") == []


async def test_a_tap_is_answered_once(server: BotServer) -> None:
    markup = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
    await called(server, "sendMessage", chat_id=USER, text="a", reply_markup=markup)
    tap = server.tap(USER, server.sent[0], "Yes")
    assert await called(server, "answerCallbackQuery", callback_query_id=tap, text="ok") is True
    assert "query is too old" in await called(server, "answerCallbackQuery", callback_query_id=tap)
    assert (await called(server, "getUpdates"))[0]["callback_query"]["data"] == "yes"


async def test_a_lost_reply_is_one_of_a_message_that_arrived_and_a_lost_call_is_not(
    server: BotServer,
) -> None:
    server.fail("sendMessage", ReplyLost(), CallLost(), GATEWAY)
    with pytest.raises(ReplyLost):
        await called(server, "sendMessage", chat_id=USER, text="a")
    assert [one.text for one in server.sent] == ["a"]
    with pytest.raises(CallLost):
        await called(server, "sendMessage", chat_id=USER, text="b")
    assert await called(server, "sendMessage", chat_id=USER, text="b") == "Bad Gateway"
    assert [one.text for one in server.sent] == ["a"]


async def test_a_blocked_and_a_migrated_chat_are_refused(server: BotServer) -> None:
    server.blocked.add(USER)
    server.migrated[GROUP] = -200
    assert "blocked by the user" in await called(server, "sendMessage", chat_id=USER, text="a")
    _, body = await server.call(TOKEN, "sendMessage", {"chat_id": str(GROUP), "text": "a"})
    assert body["parameters"] == {"migrate_to_chat_id": -200}


async def test_a_picture_and_a_document_have_captions_of_1024_at_most(server: BotServer) -> None:
    params = {"chat_id": str(USER), "caption": "a" * 1025}
    _, body = await server.call(TOKEN, "sendPhoto", params, {"photo": Uploaded("a.png", png(9, 9))})
    assert "caption is too long" in body["description"]
    files = {"document": Uploaded("a.csv", b"a")}
    _, body = await server.call(TOKEN, "sendDocument", {"chat_id": str(USER)}, files)
    assert body["ok"]


async def test_over_http_another_token_is_refused_and_a_lost_reply_closes_the_connection(
    server: BotServer,
) -> None:
    server.fail("sendMessage", ReplyLost())
    async with served(server) as url, httpx2.AsyncClient() as client:
        wrong = await client.post(f"{url}/bot1:wrong/getMe")
        right = await client.post(f"{url}/bot{TOKEN}/getMe")
        with pytest.raises(httpx2.TransportError):
            await client.post(f"{url}/bot{TOKEN}/sendMessage", data={"chat_id": str(USER), "text": "a"})
    assert (wrong.status_code, right.json()["result"]["username"]) == (401, "whence_test_bot")
    assert len(server.sent) == 1


@pytest.mark.parametrize(
    ("method", "body", "why"),
    [
        ("sendPhoto", b"text", "IMAGE_PROCESS_FAILED"),
        ("sendPhoto", png(10, 201), "PHOTO_INVALID_DIMENSIONS"),
        ("sendPhoto", png(8_000, 2_001), "PHOTO_INVALID_DIMENSIONS"),
        ("sendDocument", b"", "non-empty"),
        ("sendDocument", bytes(50_000_001), "Too Large"),
    ],
    ids=["no picture", "narrow", "large", "empty", "too many bytes"],
)
async def test_a_file_that_telegram_refuses_is_refused(
    server: BotServer, method: str, body: bytes, why: str
) -> None:
    name = method.removeprefix("send").lower()
    _, answer = await server.call(TOKEN, method, {"chat_id": str(USER)}, {name: Uploaded("file", body)})
    assert why in answer["description"]
    assert server.sent == []
