"""The bot beside a live engine on the venue of this machine: Auto is stopped and started, and the sandbox reaches
neither that engine's log nor its account."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from adapters.metrics.registry import new_registry
from adapters.metrics.telegram import TelegramMetrics
from adapters.simulated.server import rest
from adapters.simulated.server.signatures import signer
from adapters.simulated.venue.account import Account
from adapters.telegram.debug_settings import DebugSettings
from adapters.telegram.settings import TelegramSettings, UserSettings
from adapters.tokens.book import TokenBook
from commands.roles import Role
from infra.config import WhenceSettings
from infra.store import migrated_store
from infra.telegram.process import run_bot
from infra.telegram.sandbox.plan import sandbox_place
from infra.telegram.secrets import TelegramSecrets
from tests.adapters.bybit.bench import closed_port
from tests.adapters.simulated.server.serving import KEY, SECRET, RunningVenue, running_venue
from tests.infra.telegram.test_journey import latest
from tests.journeys.program import running, whence
from tests.journeys.serving import Started, drained
from tests.telegram_server.http import served
from tests.telegram_server.server import TOKEN, BotServer, Message

pytestmark = pytest.mark.anyio
ADMIN, TRADER = 11, 12
LOG = "sqlite:///live.db"
_BEHIND = 30_000
"""Milliseconds by which the venue's market is behind this machine at the start; a live engine permits a minute."""
_ROLES = (Role.VIEWER, Role.TRADER, Role.ADMIN)
_RECORDED = """{
  signals { totalCount } orders { totalCount }
  accounts { account openedBy balance openPositions }
}"""


@dataclass
class Real:
    """The live engine with its API, the venue that it trades at, the bot's tokens of the API, and the signed part of
    each request to an account of the venue: a query, or the body of an order."""

    venue: RunningVenue
    api: Started
    tokens: dict[Role, str]
    signed: list[bytes]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    folder = tmp_path_factory.mktemp("real")
    keys = {"BYBIT_API_KEY": KEY, "BYBIT_API_SECRET": SECRET}
    signed = list[bytes]()

    def recorded(
        accounts: Mapping[str, Account], headers: Mapping[str, str], payload: bytes, wall: int
    ) -> Account:
        signed.append(payload)
        return signer(accounts, headers, payload, wall)

    with (
        pytest.MonkeyPatch.context() as patched,
        running_venue(start=time.time_ns() // 1_000_000 - _BEHIND) as venue,
    ):
        patched.setattr(rest, "signer", recorded)
        words = ("live", "--address", venue.url, "--instruments", "BTCUSDT", "--port", "0", "--log", LOG)
        with running(folder, *words, **keys) as program:
            assert program.process.stderr is not None
            url, lines = "", list[str]()
            for line in program.process.stderr:
                lines.append(line)
                event = str(json.loads(line)["event"])
                url = found[1] if (found := re.search(r"API on (\S+)", event)) else url
                if event.startswith("trading: "):
                    break
            else:
                raise AssertionError("".join(lines))
            tokens = dict[Role, str]()
            for role in _ROLES:
                made = whence(
                    folder, "tokens", "create", f"telegram-{role.word}", "--role", role.word, "--log", LOG
                )
                tokens[role] = made.stdout.strip()
            with drained(program, folder / "live.log"):
                yield Real(venue, Started(program, url, [], folder), tokens, signed)


@asynccontextmanager
async def bot_of(
    real: Real, server: BotServer, folder: Path, log: str = ""
) -> AsyncGenerator[TelegramSettings]:
    """The bot beside an engine with this log; by default the live one of this module."""
    async with served(server) as url:
        settings = TelegramSettings(
            api=real.api.url,
            bot_api=url,
            refresh_seconds=3,
            state=folder / "telegram.json",
            users=(
                UserSettings(id=ADMIN, role=Role.ADMIN, alerts=None),
                UserSettings(id=TRADER, role=Role.TRADER, alerts=None),
            ),
            debug=DebugSettings(
                on=True, address=real.venue.url, port=closed_port(), folder=folder / "sandbox"
            ),
        )
        own = log or f"sqlite:///{real.api.folder / 'live.db'}"
        place = sandbox_place(WhenceSettings(log=own, telegram=settings))
        stopping = asyncio.Event()
        secrets = TelegramSecrets(TOKEN, "", real.tokens)
        metrics = TelegramMetrics(new_registry())
        bot = asyncio.create_task(
            run_bot(settings, secrets, metrics, stopping, poll_seconds=1, sandbox=place)
        )
        try:
            yield settings
        finally:
            stopping.set()
            await bot


async def typed(server: BotServer, user: int, text: str, shown: str) -> Message:
    """The message that appears after a command."""
    server.type(user, text)
    return await server.until(lambda: latest(server, user, shown))


async def state_with(server: BotServer, venue: RunningVenue, shown: str) -> Message:
    """The sandbox's screen once it has the text: each look waits for the screen of a command of its own."""
    async with asyncio.timeout(120):
        while True:
            await asyncio.to_thread(follow_the_clock, venue)
            seen = len(server.sent)
            server.type(ADMIN, "/debug_state")
            await server.until(partial(has_sent_more, server, seen))
            if (found := latest(server, ADMIN, shown)) is not None:
                return found


def has_sent_more(server: BotServer, than: int) -> bool | None:
    return len(server.sent) > than or None


def follow_the_clock(venue: RunningVenue) -> None:
    """Moves the venue's market to a second ago, so that a candle closes where a minute is over."""
    now = time.time_ns() // 1_000_000 - 1_000
    venue.act("advance", ms=max(0, now - venue.do(lambda one: one.clock.market())))


def token_of_the_sandbox(folder: Path) -> str:
    """A token of the sandbox's store, as the bot has one."""
    (log,) = folder.glob("*.inputs")
    with migrated_store(WhenceSettings(log=f"sqlite:///{log.with_suffix('')}")) as engine:
        return TokenBook(engine).issue("telegram-trader", Role.ADMIN, datetime.now(UTC)).spelled


async def test_a_trader_stops_and_starts_a_strategy_in_two_taps(real: Real, tmp_path: Path) -> None:
    server = BotServer(asyncio.get_running_loop().time)
    server.chats |= {ADMIN, TRADER}
    async with bot_of(real, server, tmp_path):
        auto = await typed(server, TRADER, "/auto", "OBSERVING")
        (stop,) = (label for label in auto.buttons if label.startswith("■ Stop "))
        name = stop.split()[2]
        server.tap(TRADER, auto, stop)
        question = await server.until(lambda: latest(server, TRADER, "Stopped, it enters nothing"))
        server.tap(TRADER, question, "≈ Size of the next entry")
        sized = await server.until(lambda: latest(server, TRADER, "has proposed no entry yet"))
        server.tap(TRADER, sized, "Auto")
        auto = await server.until(lambda: latest(server, TRADER, "OBSERVING"))
        server.tap(TRADER, auto, stop)
        question = await server.until(lambda: latest(server, TRADER, "Stopped, it enters nothing"))
        server.tap(TRADER, question, "Stop it now")
        stopped = await server.until(lambda: latest(server, TRADER, "STRATEGY_PAUSED"))
        assert "OFF" in stopped.text
        server.tap(TRADER, stopped, f"▶ Start {name} …")
        question = await server.until(lambda: latest(server, TRADER, "Stopped, it enters nothing"))
        server.tap(TRADER, question, "Start it now")
        await server.until(lambda: latest(server, TRADER, "OBSERVING"))
    found = real.api.query('{ events(where: {types: ["SettingsChanged"]}) { edges { node { actor } } } }')
    actors = [edge["node"]["actor"] for edge in found["data"]["events"]["edges"]]
    assert actors.count(f"telegram:{TRADER}") == 2


async def test_signals_forced_in_the_sandbox_reach_neither_the_real_log_nor_its_account(
    real: Real, tmp_path: Path
) -> None:
    server, venue = BotServer(asyncio.get_running_loop().time), real.venue
    server.chats |= {ADMIN, TRADER}
    before, signed_before = real.api.query(_RECORDED)["data"], len(real.signed)
    async with bot_of(real, server, tmp_path) as settings:
        await typed(server, TRADER, "/debug_start", "Tap a screen")
        assert not settings.debug.folder.exists()
        await typed(server, ADMIN, "/debug_state", "No sandbox runs.")
        await typed(server, ADMIN, "/debug_start", "The sandbox is starting.")
        await server.until(lambda: latest(server, ADMIN, "The sandbox runs, with a new log."), 200)
        await typed(server, ADMIN, "/debug_signal BTCUSDT LONG", "has seen no price of this symbol")
        await state_with(server, venue, "BTCUSDT-LINEAR.BYBIT 50000")
        await typed(server, ADMIN, "/debug_signal BTCUSDT LONG", "LONG BTCUSDT was forced")
        forced = await server.until(lambda: latest(server, ADMIN, "ENTER LONG BTCUSDT-LINEAR.BYBIT"))
        assert "[SANDBOX]" in forced.text
        await state_with(server, venue, "long 0.")
        own = token_of_the_sandbox(settings.debug.folder)
        assert real.api.query("{ viewer { name } }", own)["errors"]
        await typed(server, ADMIN, "/debug_stop", "The sandbox is stopped")
    after = real.api.query(_RECORDED)["data"]
    assert after == before
    assert after["signals"]["totalCount"] == after["orders"]["totalCount"] == 0
    assert signed_before > 0
    assert [one for one in real.signed[signed_before:] if one.startswith(b"{")] == []
    assert (venue.account.orders, venue.account.executed, len(venue.account.ended)) == ({}, 0, 0)
    assert [one for one in server.refused if one[0] != "getUpdates"] == []
