"""The bot against the Bot API server: what each refusal means, what is late, and that no log has the token."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.telegram.alert import Alert
from adapters.telegram.bot import TelegramBot, opened_bot
from adapters.telegram.content import Button, Content, File, FileKind
from adapters.telegram.faults import (
    BotFault,
    CallRefused,
    ChatClosed,
    ChatMoved,
    MessageGone,
    MustWait,
    OtherPoller,
    OutcomeLost,
    WrongToken,
)
from adapters.telegram.level import Level
from adapters.telegram.outbox import Outbox
from adapters.telegram.pace import Pace
from adapters.telegram.polling import Intake, NotTakenUp, poll
from adapters.telegram.sender import Sender
from adapters.telegram.text import Text, bold, code, lines
from adapters.telegram.update import Tap, Typed, Update
from infra.telegram.equity_picture import Curve, equity_picture
from tests.telegram_server.direct import DirectRequest
from tests.telegram_server.http import served
from tests.telegram_server.methods import Uploaded
from tests.telegram_server.refused import BLOCKED, CONFLICT, GATEWAY, Refused, bad, migrated, too_many
from tests.telegram_server.server import TOKEN, BotServer, CallLost, ReplyLost
from tests.telegram_server.virtual_clock import run

pytestmark = pytest.mark.anyio
USER = 7
AT = datetime(2026, 3, 1, tzinfo=UTC)
CONTENT = Content(
    lines([bold("Цена \U0001f600"), "BTC " + code("54596.8")]), ((Button("Open", "open:market"),),)
)


@asynccontextmanager
async def opened(**limits: bool) -> AsyncGenerator[tuple[BotServer, TelegramBot]]:
    server = BotServer(asyncio.get_running_loop().time, **limits)
    server.chats.add(USER)
    request = DirectRequest(server)
    async with opened_bot(TOKEN, "http://bot", (request, request)) as bot:
        yield server, bot


async def test_a_message_arrives_with_its_styles_and_buttons() -> None:
    async with opened() as (server, bot):
        await bot.send(USER, CONTENT)
    (message,) = server.sent
    assert message.text == "Цена \U0001f600\nBTC 54596.8"
    assert [(one["type"], one["offset"], one["length"]) for one in message.entities] == [
        ("bold", 0, 7),
        ("code", 12, 7),
    ]
    assert message.buttons == {"Open": "open:market"}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (too_many(3), MustWait),
        (GATEWAY, OutcomeLost),
        (ReplyLost(), OutcomeLost),
        (CallLost(), OutcomeLost),
        (BLOCKED, ChatClosed),
        (bad("chat not found"), ChatClosed),
        (migrated(-200), ChatMoved),
        (bad("message to edit not found"), MessageGone),
        (bad("can't parse entities"), CallRefused),
        (CONFLICT, OtherPoller),
        (Refused(401, "Unauthorized"), WrongToken),
    ],
    ids=lambda one: getattr(one, "description", getattr(one, "__name__", type(one).__name__)),
)
async def test_each_refusal_has_its_meaning(fault: Exception, kind: type[BotFault]) -> None:
    async with opened() as (server, bot):
        server.fail("sendMessage", fault)
        with pytest.raises(kind) as raised:
            await bot.send(USER, CONTENT)
    assert type(raised.value) is kind
    assert TOKEN not in str(raised.value)


async def test_with_a_token_that_was_revoked_alerts_go_on_waiting() -> None:
    class NoReceipts:
        def arrived(self, chat: int, alerts: tuple[Alert, ...]) -> None:
            pytest.fail("nothing arrived")

        def undeliverable(self, chat: int, alerts: tuple[Alert, ...], why: str) -> None:
            pytest.fail("the alert is dropped")

        def shown(self, chat: int, message: int, number: int) -> None:
            pytest.fail("nothing is shown")

        def moved(self, old: int, new: int) -> None:
            pytest.fail("no chat moved")

    def digest(*_given: object) -> tuple[Content, int]:
        return CONTENT, 1

    async with opened() as (server, bot):
        server.fail("sendMessage", Refused(401, "Unauthorized"))
        sender = Sender(bot, Outbox(Pace(), digest), NoReceipts())
        sender.add(USER, Alert("e1", Level.HIGH, 1, lambda _doubt: CONTENT, "line"))
        with pytest.raises(WrongToken):
            await sender.run()
        assert sender.waiting == 1


class Gateway(DirectRequest):
    """What stands between the bot and Telegram, and answers itself."""

    def __init__(self, server: BotServer) -> None:
        super().__init__(server)
        self.answer: tuple[int, bytes] | None = None

    async def do_request(self, *given: Any, **more: Any) -> tuple[int, bytes]:
        return self.answer or await super().do_request(*given, **more)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 413, 502])
async def test_a_page_of_a_gateway_leaves_the_outcome_of_a_call_open(status: int) -> None:
    request = Gateway(BotServer(asyncio.get_running_loop().time))
    async with opened_bot(TOKEN, "http://bot", (request, request)) as bot:
        request.answer = (status, b"<html>sign in to the network</html>")
        with pytest.raises(OutcomeLost):
            await bot.send(USER, CONTENT)
        with pytest.raises(OutcomeLost):
            await bot.updates(None, 0)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'{"result": {}}', b'{"result": [{}]}'])
async def test_json_that_is_no_response_of_the_bot_api_leaves_the_outcome_of_a_call_open(body: bytes) -> None:
    request = Gateway(BotServer(asyncio.get_running_loop().time))
    async with opened_bot(TOKEN, "http://bot", (request, request)) as bot:
        request.answer = (200, body)
        with pytest.raises(OutcomeLost):
            await bot.send(USER, CONTENT)


async def test_a_name_neither_turns_a_figure_round_nor_has_telegram_open_an_address() -> None:
    async with opened() as (server, bot):
        await bot.send(USER, Content(Text("\u202estop 0012\u202c \u2066http://example.com/")))
    (message,) = server.sent
    assert message.text == "\ufffdstop 0012\ufffd \ufffdhttp://example.com/"
    assert message.preview == {"is_disabled": True}


async def test_an_edit_that_changes_nothing_and_a_tap_that_is_too_old_are_no_faults() -> None:
    async with opened(limits=False) as (server, bot):
        message = await bot.send(USER, CONTENT)
        await bot.edit(USER, message, CONTENT)
        assert not await bot.answer("unknown", "late")
        await bot.remove(USER, message)
        await bot.remove(USER, message)
        with pytest.raises(MessageGone):
            await bot.edit(USER, message, CONTENT)
    assert {why for _, why in server.refused} >= {"Bad Request: message to delete not found"}


async def test_a_long_text_over_a_tapped_message_is_cut_to_what_telegram_accepts() -> None:
    async with opened() as (server, bot):
        await bot.send(USER, CONTENT)
        tap = server.tap(USER, server.sent[0], "Open")
        assert await bot.answer(tap, "long " * 100)
    assert server.refused == []
    assert server.answers[tap].endswith("long…")


async def test_updates_are_texts_taps_and_others() -> None:
    async with opened() as (server, bot):
        await bot.send(USER, CONTENT)
        server.type(USER, "/start")
        server.tap(USER, server.sent[0], "Open")
        found = await bot.updates(None, 0)
    assert [(one.user, one.chat) for one in found] == [(USER, USER)] * 2
    assert isinstance(found[0].act, Typed)
    assert isinstance(found[1].act, Tap)
    assert (found[0].act.text, found[1].act.data) == ("/start", "open:market")


async def test_a_token_that_telegram_does_not_know_is_refused_without_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = "987654321:AAwrong-token-of-tests-0123456789abcd"
    server = BotServer(asyncio.get_running_loop().time)
    async with served(server) as url:
        with pytest.raises(WrongToken) as raised:
            async with opened_bot(wrong, url):
                pytest.fail("a wrong token was accepted")
    assert wrong.partition(":")[2] not in str(raised.value) + caplog.text
    assert "httpx" in {record.name for record in caplog.records}


def followed(server_plan: list[Exception], refuse_first: bool) -> list[tuple[int, bool]]:
    """What `poll` passes on: an update that waits at its start, one that comes later, and each of them twice."""

    async def follow() -> list[tuple[int, bool]]:
        taken: list[tuple[int, bool]] = []
        refusals = [NotTakenUp("not yet")] if refuse_first else []

        async def take(update: Update, is_late: bool) -> None:
            if refusals:
                raise refusals.pop()
            taken.append((update.id, is_late))

        async with opened() as (server, bot):
            server.type(USER, "before")
            server.repeat_updates()
            server.fail("getUpdates", *server_plan)
            polling = asyncio.create_task(poll(bot, Intake(take)))
            await asyncio.sleep(100)
            server.type(USER, "after")
            server.type(USER, "last")
            server.repeat_updates()
            await asyncio.sleep(100)
            polling.cancel()
        return taken

    return run(follow())


@pytest.mark.parametrize(
    "plan",
    [[], [GATEWAY, CONFLICT, too_many(5)], [ReplyLost(), CallLost()]],
    ids=["none", "refusals", "lost"],
)
def test_each_update_is_taken_up_once_in_order_and_only_the_first_is_late(plan: list[Exception]) -> None:
    assert followed(plan, refuse_first=False) == [(1000, True), (1001, False), (1002, False)]


def test_before_a_webhook_is_set_all_waiting_updates_are_taken_up_as_late() -> None:
    async def follow() -> list[bool]:
        late: list[bool] = []

        async def take(update: Update, is_late: bool) -> None:
            late.append(is_late)

        async with opened() as (server, bot):
            for n in range(101):
                server.type(USER, str(n))
            await poll(bot, Intake(take), only_waiting=True)
            assert await bot.updates(None, 0) == []
        return late

    assert run(follow()) == [True] * 101


def test_an_update_that_was_not_taken_up_arrives_again() -> None:
    assert followed([], refuse_first=True) == [(1000, True), (1001, False), (1002, False)]


def test_what_was_sent_while_telegram_could_not_be_reached_is_late() -> None:
    async def follow() -> list[bool]:
        late: list[bool] = []

        async def take(update: Update, is_late: bool) -> None:
            late.append(is_late)

        async with opened() as (server, bot):
            polling = asyncio.create_task(poll(bot, Intake(take)))
            await asyncio.sleep(10)
            server.fail("getUpdates", *[GATEWAY] * 12)
            await asyncio.sleep(60)
            server.type(USER, "while away")
            await asyncio.sleep(300)
            polling.cancel()
        return late

    assert run(follow()) == [True]


def test_a_text_is_cut_within_the_limit_with_its_styles() -> None:
    cut = (bold("\U0001f600" * 3000)).cut(4096)
    assert cut.length <= 4096
    assert cut.plain.endswith("…")
    assert cut.spans[0].length <= cut.length
    assert Text("short").cut() == Text("short")


@pytest.mark.parametrize("kind", FileKind)
async def test_a_file_arrives_with_its_caption_and_buttons(kind: FileKind) -> None:
    curve = Curve("main", "USDT", AT, [(AT, 1.0), (AT.replace(hour=9), 2.0)])
    picture = equity_picture([curve])
    assert picture is not None
    async with opened() as (server, bot):
        await bot.send(USER, Content(CONTENT.text, CONTENT.buttons, File(kind, "equity.png", picture)))
    (message,) = server.sent
    assert message.file == Uploaded("equity.png", picture)
    assert (message.text, message.buttons) == (CONTENT.text.plain, {"Open": "open:market"})
    assert [one["type"] for one in message.entities] == ["bold", "code"]
