"""A person trades from the chat beside a real engine on the simulated exchange; the bot is killed in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from unittest.mock import ANY

import aiohttp
import pytest

from adapters.metrics.registry import new_registry
from adapters.metrics.telegram import TelegramMetrics
from adapters.telegram.settings import Language, TelegramSettings, UserSettings
from commands.roles import Role
from infra.telegram.api import Api
from infra.telegram.mutations import (
    AMEND_ORDER,
    CANCEL_ORDER,
    CHANGE_SETTINGS,
    CLOSE_POSITION,
    PAUSE_STRATEGY,
    TRIP_KILL_SWITCH,
    NotDone,
    send,
)
from infra.telegram.people import Person
from infra.telegram.process import run_bot
from infra.telegram.secrets import TelegramSecrets
from tests.infra.telegram.test_journey import latest
from tests.journeys.program import whence
from tests.journeys.serving import Started, drained, started
from tests.telegram_server.http import served
from tests.telegram_server.server import TOKEN, BotServer, Message

pytestmark = pytest.mark.anyio
TRADER, ADMIN = 11, 12
ETH = "ETHUSDT-LINEAR.BYBIT"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the log of a played market, whose last prices stand."""
    folder = tmp_path_factory.mktemp("trading")
    assert whence(folder, "paper", "--bars", "200").returncode == 0
    return folder


@pytest.fixture(scope="module")
def tokens(folder: Path) -> Mapping[Role, str]:
    made = dict[Role, str]()
    for role in (Role.TRADER, Role.ADMIN):
        created = whence(folder, "tokens", "create", f"telegram-{role.word}", "--role", role.word)
        made[role] = created.stdout.strip()
    return {**made, Role.VIEWER: made[Role.TRADER]}


@pytest.fixture(scope="module")
def api(folder: Path, tokens: Mapping[Role, str]) -> Iterator[Started]:
    with started(folder) as serving, drained(serving.program, folder / "api.log"):
        yield serving


@asynccontextmanager
async def bot_of(
    url: str, api: Started, tokens: Mapping[Role, str], state: str = "trading.json"
) -> AsyncGenerator[None]:
    """The running bot; it is killed at the end of the block: it finishes and writes nothing more."""
    settings = TelegramSettings(
        api=api.url,
        bot_api=url,
        state=api.folder / state,
        users=(
            UserSettings(id=TRADER, role=Role.TRADER, alerts=None),
            UserSettings(id=ADMIN, role=Role.ADMIN, alerts=None),
        ),
    )
    secrets = TelegramSecrets(TOKEN, "", tokens)
    metrics = TelegramMetrics(new_registry())
    running = asyncio.create_task(run_bot(settings, secrets, metrics, asyncio.Event(), poll_seconds=1))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def tap(server: BotServer, user: int, label: str, text: str) -> Message:
    """Taps the button of the user's screen, and returns the screen once it has the text."""
    screen = await server.until(
        lambda: next((one for one in reversed(server.shown(user)) if label in one.buttons), None)
    )
    server.tap(user, screen, label)
    return await server.until(lambda: latest(server, user, text))


async def type_(server: BotServer, user: int, sent: str, text: str) -> Message:
    server.type(user, sent)
    return await server.until(lambda: latest(server, user, text))


def recorded(api: Started, user: int) -> list[tuple[str, str]]:
    """Types and sentences of the events that the user caused, the first one first."""
    found = api.query(
        f'{{ events(where: {{actor: "telegram:{user}"}}, direction: ASC) {{ edges {{ node {{ type line }} }} }} }}'
    )
    return [(edge["node"]["type"], edge["node"]["line"]) for edge in found["data"]["events"]["edges"]]


async def test_an_order_is_drafted_placed_after_a_kill_and_closed_and_a_limit_is_changed(
    api: Started, tokens: Mapping[Role, str]
) -> None:
    server = BotServer(asyncio.get_running_loop().time)
    server.chats |= {TRADER, ADMIN}
    async with served(server) as url:
        async with bot_of(url, api, tokens):
            await type_(server, TRADER, "/trade", "Still to be chosen: Instrument")
            await tap(server, TRADER, "BTCUSDT-LINEAR", "Still to be chosen: Side")
            await tap(server, TRADER, "Buy", "Still to be chosen: Quantity")
            await tap(server, TRADER, "Quantity …", "Send the value as a message: Quantity")
            await type_(server, TRADER, "a lot", "That is not a number")
            await type_(server, TRADER, "0.0123456", "(rounded from 0.0123456)")
            await tap(server, TRADER, "Stop …", "Send the value as a message: Stop")
            await type_(server, TRADER, "54000.04", "54000 (rounded from 54000.04)")
            await tap(server, TRADER, "✓ Check the order", "Place this order?")
        calls = len(server.calls)
        async with bot_of(url, api, tokens):
            await server.until(lambda: server.calls[calls:].count("getUpdates") > 1 or None)
            await tap(server, TRADER, "Place the order now", "Working orders")
            position = await server.until(
                lambda: next(
                    (label for one in server.shown(TRADER) for label in one.buttons if "LONG" in label), None
                )
            )
            await tap(server, TRADER, position, "Close all of it at the market?")
            await tap(server, TRADER, "Stop …", "Send the new value")
            await type_(server, TRADER, "54100.04", "Stop: 54000 → 54100 (rounded from 54100.04)")
            await tap(server, TRADER, "Move it now", "stop 54100, ")
            await tap(server, TRADER, position, "Close all of it at the market?")
            await tap(server, TRADER, "Close it now", "No position is open.")
            await type_(server, ADMIN, "/limits", "risk.max_positions = ")
            await tap(server, ADMIN, "risk.max_positions", "Send the new value.")
            await type_(server, ADMIN, "many", "is not a whole number")
            await type_(server, ADMIN, "3", "5 → 3")
            await tap(server, ADMIN, "Change it now", "risk.max_positions = 3")
    assert [one for one in recorded(api, TRADER) if one[0] in ("OrderPlaced", "PositionClosing")] == [
        ("OrderPlaced", "ENTRY BUY MARKET 0.012 BTCUSDT-LINEAR.BYBIT"),
        ("OrderPlaced", "STOP SELL STOP 0.012 BTCUSDT-LINEAR.BYBIT at 54000, reduce only"),
        ("PositionClosing", ANY),
    ]
    assert "SettingsChanged" in [kind for kind, _ in recorded(api, ADMIN)]
    assert [one for one in server.refused if one[0] != "getUpdates"] == []


async def test_an_order_is_amended_by_a_button_and_a_typed_value(
    api: Started, tokens: Mapping[Role, str]
) -> None:
    server = BotServer(asyncio.get_running_loop().time)
    server.chats.add(ADMIN)
    async with served(server) as url, bot_of(url, api, tokens, "amending.json"):
        await type_(server, ADMIN, "/trade buy ethusdt 0.1", "Check the order")
        await tap(
            server, ADMIN, "✓ Check the order", " approve"
        )  # the engine has the last prices from then on
        prices = api.query("{ prices { instrument price } }")["data"]["prices"]
        last = next(Decimal(one["price"]) for one in prices if one["instrument"] == ETH)
        limit = int(last * Decimal("0.9"))
        await type_(server, ADMIN, f"/trade buy ethusdt limit {limit} 0.1", "Check the order")
        await tap(server, ADMIN, "Stop …", "Send the value")
        await type_(server, ADMIN, str(int(last * Decimal("0.85"))), "Check the order")
        await tap(server, ADMIN, "✓ Check the order", "Place this order?")
        await tap(server, ADMIN, "Place the order now", f"BUY LIMIT 0.1 @ {limit}")
        order = await server.until(
            lambda: next(
                (label for one in server.shown(ADMIN) for label in one.buttons if "ENTRY" in label), None
            )
        )
        await tap(server, ADMIN, order, "Cancel this order?")
        await tap(server, ADMIN, "Price …", "Send the new value")
        await tap(server, ADMIN, "-0.5%", f"Price: {limit} → ")
        await tap(server, ADMIN, "Quantity …", "Send the new value")
        await type_(server, ADMIN, "0.2", "Quantity: 0.1 → 0.2")
        await tap(server, ADMIN, "Amend it now", "BUY LIMIT 0.2 @ ")
    amended = [line for kind, line in recorded(api, ADMIN) if kind == "OrderAmendRequested"]
    assert len(amended) == 2, "the order and its stop, whose quantity follows"
    assert [one for one in server.refused if one[0] != "getUpdates"] == []


async def test_the_engine_of_another_account_carries_out_nothing(
    api: Started, tokens: Mapping[Role, str]
) -> None:
    """A request for an account that this engine does not trade for: the bot's address is that of another engine."""
    requests: Mapping[str, Mapping[str, object]] = {
        CLOSE_POSITION: {"position": "BTCUSDT-LINEAR.BYBIT-LONG-1"},
        AMEND_ORDER: {"order": "any", "quantity": "1"},
        CANCEL_ORDER: {"order": "any"},
        PAUSE_STRATEGY: {"strategy": "trend", "reason": "a test"},
        TRIP_KILL_SWITCH: {"reason": "a test"},
        CHANGE_SETTINGS: {"changes": [{"name": "risk.max_positions", "value": "9"}]},
    }
    person = Person(ADMIN, Role.ADMIN, Language.EN)
    before = api.query("{ events { totalCount } }")["data"]
    async with aiohttp.ClientSession() as session:
        client = Api(api.url, tokens, session)
        for n, (document, given) in enumerate(requests.items()):
            became = await send(client, document, {"key": f"other-{n}", "account": "other", **given}, person)
            assert became == NotDone("this engine trades for paper, not for other")
    assert api.query("{ events { totalCount } }")["data"] == before
