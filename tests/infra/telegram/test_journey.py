"""The bot beside a real engine with its API on SQLite, and a Bot API server over HTTP: one day of a person."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.metrics.registry import new_registry
from adapters.metrics.telegram import TelegramMetrics
from adapters.telegram.level import Level
from adapters.telegram.settings import Language, TelegramSettings, UserSettings
from commands.roles import Role
from infra.telegram.process import run_bot
from infra.telegram.secrets import TelegramSecrets
from tests.journeys.program import running, whence
from tests.journeys.serving import Started, drained, started
from tests.telegram_server.http import served
from tests.telegram_server.server import TOKEN, BotServer, Message

pytestmark = pytest.mark.anyio
TRADER, VIEWER, STRANGER = 11, 12, 13


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the log of a played market, whose alerts are kept for the bot."""
    folder = tmp_path_factory.mktemp("telegram")
    (folder / "whence.toml").write_text("[alerts]\ntelegram = true\n", encoding="utf-8")
    assert whence(folder, "paper", "--bars", "200").returncode == 0
    return folder


@pytest.fixture(scope="module")
def tokens(folder: Path) -> Mapping[Role, str]:
    return created_tokens(folder)


def created_tokens(folder: Path) -> Mapping[Role, str]:
    """A token of the API for each role of the bot's users."""
    made = dict[Role, str]()
    for role in (Role.VIEWER, Role.TRADER):
        created = whence(folder, "tokens", "create", f"telegram-{role.word}", "--role", role.word)
        made[role] = created.stdout.strip()
    return made


@pytest.fixture(scope="module")
def api(folder: Path, tokens: Mapping[Role, str]) -> Iterator[Started]:
    with started(folder) as serving, drained(serving.program, folder / "api.log"):
        yield serving


@asynccontextmanager
async def bot_of(
    server: BotServer, api: Started, tokens: Mapping[Role, str]
) -> AsyncGenerator[TelegramMetrics]:
    """The running bot; it is stopped at the end of the block."""
    async with served(server) as url:
        settings = TelegramSettings(
            api=api.url,
            bot_api=url,
            refresh_seconds=3,
            state=api.folder / "telegram.json",
            users=(
                UserSettings(id=TRADER, role=Role.TRADER, alerts=Level.LOW),
                UserSettings(id=VIEWER, language=Language.RU, alerts=None),
            ),
        )
        metrics, stopping = TelegramMetrics(new_registry()), asyncio.Event()
        secrets = TelegramSecrets(TOKEN, "", tokens)
        running = asyncio.create_task(run_bot(settings, secrets, metrics, stopping, poll_seconds=1))
        try:
            yield metrics
        finally:
            stopping.set()
            await running


def latest(server: BotServer, chat: int, text: str) -> Message | None:
    """The newest message of the chat that has the text and still stands."""
    return next((one for one in reversed(server.shown(chat)) if text in one.text), None)


async def test_a_person_reads_the_screens_and_trips_the_kill_switch_in_two_taps(
    api: Started, tokens: Mapping[Role, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = BotServer(asyncio.get_running_loop().time)
    server.chats |= {TRADER, VIEWER, STRANGER}
    async with bot_of(server, api, tokens):
        server.type(TRADER, "/start")
        server.type(VIEWER, "/portfolio")
        server.type(STRANGER, "/portfolio")
        home = await server.until(lambda: latest(server, TRADER, "Tap a screen"))
        russian = await server.until(lambda: latest(server, VIEWER, "Портфель"))
        server.tap(TRADER, home, "Portfolio")
        await server.until(lambda: latest(server, TRADER, "Balance: "))
        server.type(VIEWER, "/kill")
        await server.until(lambda: latest(server, VIEWER, "trader"))
        server.tap(TRADER, home, "☰ Menu")
        await server.until(lambda: latest(server, TRADER, "Tap a screen"))
        server.tap(TRADER, home, "Risk")
        await server.until(lambda: latest(server, TRADER, "max_daily_loss"))
        server.tap(TRADER, home, "Kill switch …")
        question = await server.until(lambda: latest(server, TRADER, "Trip the kill switch?"))
        confirm = question.buttons["Trip it now"]
        server.tap(TRADER, question, "Trip it now")
        alert = await server.until(lambda: latest(server, TRADER, "KILL_SWITCH_TRIPPED"))
        await server.until(lambda: latest(server, TRADER, "Kill switch tripped at"))
        tap = server.tap(TRADER, alert, "✓ Acknowledge")
        await server.until(lambda: server.answers.get(tap))
    tripped = api.query('{ events(where: {types: ["KillSwitchTripped"]}) { edges { node { actor json } } } }')
    notices = api.query("{ notices(every: true) { kind acknowledgedBy } }")["data"]["notices"]
    (event,) = tripped["data"]["events"]["edges"]
    assert event["node"]["actor"] == f"telegram:{TRADER}"
    assert confirm.startswith("trip:")
    assert {one["kind"]: one["acknowledgedBy"] for one in notices} == {
        "KILL_SWITCH_TRIPPED": f"telegram:{TRADER}"
    }
    assert home is question
    assert len([one for one in server.shown(TRADER) if one is not alert]) == 1
    assert "Balance" not in russian.text
    assert server.shown(STRANGER) == []
    assert [one for one in server.refused if one[0] != "getUpdates"] == []
    assert TOKEN not in caplog.text
    assert TOKEN.partition(":")[2] not in caplog.text


async def test_the_program_answers_its_user_until_sigterm_and_logs_no_secret(
    api: Started, tokens: Mapping[Role, str]
) -> None:
    server = BotServer(asyncio.get_running_loop().time)
    server.chats.add(VIEWER)
    async with served(server) as url:
        config = api.folder / "bot.toml"
        config.write_text(
            f'[telegram]\napi = "{api.url}"\nbot_api = "{url}"\n[[telegram.users]]\nid = {VIEWER}\nalerts = "NONE"\n',
            encoding="utf-8",
        )
        secrets = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_VIEWER_TOKEN": tokens[Role.VIEWER]}
        with running(api.folder, "telegram", "--config", str(config), **secrets) as program:
            await server.until(lambda: server.commands.get("ru"))
            server.type(VIEWER, "/start")
            await server.until(lambda: latest(server, VIEWER, "Tap a screen"))
            program.process.terminate()
            code, _, err = await asyncio.to_thread(program.ended)
    assert code == 0, err
    assert TOKEN.partition(":")[2] not in err
    assert tokens[Role.VIEWER] not in err
