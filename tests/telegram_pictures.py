"""Makes the pictures of docs/telegram.md anew: `python -m tests.telegram_pictures`, or those of all screens in another
folder, in English or Russian: `python -m tests.telegram_pictures FOLDER [ru]`.

They show the log of `make demo`: the program serves it, the bot sends its messages to the Bot API server of the tests,
and Chromium draws what arrived there.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from copy import copy
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import aiohttp
from playwright.sync_api import Browser

from adapters.telegram.alert import Alert
from adapters.telegram.bot import opened_bot
from adapters.telegram.sender import Sender
from adapters.telegram.settings import Language, UserSettings
from commands.roles import Role
from infra.telegram.api import Api
from infra.telegram.daily import Daily
from infra.telegram.screens.catalogue import SCREENS
from infra.telegram.state import StateFile
from infra.telegram.words import words_of
from tests.browser import chromium
from tests.dashboard_pictures import FOLDER, written
from tests.infra.telegram.test_journey import TRADER, bot_of, created_tokens, latest
from tests.journeys.program import patient_whence
from tests.journeys.serving import Started, drained, started
from tests.telegram_server.direct import DirectRequest
from tests.telegram_server.page import page_of
from tests.telegram_server.server import TOKEN, BotServer, Message

SHOWN = ("report", "journal", "strategies", "kill")
"""The messages whose pictures stand in docs/telegram.md."""
_BEFORE, _REPORTED = datetime(2025, 1, 2, 7, tzinfo=UTC), datetime(2025, 1, 3, 9, tzinfo=UTC)
_PATIENCE = 300.0
_FILL = '{ events(where: {types: ["OrderFilled"]}, first: 1) { edges { node { id } } } }'


def main(folder: Path | None = None, language: Language = Language.EN) -> None:
    """Writes a PNG file of each message."""
    (folder or FOLDER).mkdir(exist_ok=True)
    with TemporaryDirectory() as name:
        place = Path(name)
        (place / "whence.toml").write_text("[alerts]\ntelegram = true\n", encoding="utf-8")
        done = patient_whence(place, _PATIENCE, "paper")
        assert done.returncode == 0, done.stderr
        tokens = created_tokens(place)
        with started(place) as api, drained(api.program, place / "api.log"):
            messages = asyncio.run(_walked(api, tokens, language))
    with chromium() as browser:
        for one, message in messages.items():
            if folder is not None or one in SHOWN:
                written((folder or FOLDER) / f"telegram-{one}.png", _drawn(browser, message))


def _drawn(browser: Browser, message: Message) -> bytes:
    page = browser.new_page(device_scale_factor=1.5)
    page.set_content(page_of(message))
    shot = page.locator("main").screenshot()
    page.close()
    return shot


async def _walked(api: Started, tokens: Mapping[Role, str], language: Language) -> Mapping[str, Message]:
    """Each screen, an alert, an export and the daily report, by name."""
    server = BotServer(asyncio.get_running_loop().time)
    server.chats.add(TRADER)
    (fill,) = api.query(_FILL)["data"]["events"]["edges"]
    arguments = {"explain": fill["node"]["id"], "strategy": "trend", "journal": "fill"}
    words, found = words_of(language), dict[str, Message]()
    async with bot_of(server, api, tokens):
        if language is Language.RU:
            server.type(TRADER, "/language")
            server.tap(TRADER, await server.until(partial(latest, server, TRADER, "Language")), "Русский")
        for name in [*_opened(arguments), "kill"]:
            server.type(TRADER, f"/{name} {arguments.get(name, '')}".rstrip())
            found[name] = copy(await server.until(partial(_titled, server, words(f"screen-{name}")), 20))
        server.tap(TRADER, _standing(server, words("kill-question")), words("kill-confirm"))
        kind = words.code("kind", "KILL_SWITCH_TRIPPED")
        found["alert"] = copy(
            await server.until(lambda: latest(server, TRADER, f"{words('alert-HIGH')} {kind}"))
        )
        server.type(TRADER, "/journal")
        journal = await server.until(lambda: _titled(server, words("screen-journal")))
        server.tap(TRADER, journal, words("export"))
        found["export"] = await server.until(lambda: next((one for one in server.sent if one.file), None))
    found["report"] = await _report(api, tokens, language)
    return found


def _opened(arguments: Mapping[str, str]) -> Sequence[str]:
    """The screens that a trader opens, without those of an id of which the demo has none."""
    return [
        name
        for name, one in SCREENS.items()
        if one.role <= Role.TRADER and name != "kill" and (name in arguments or not one.needs_argument)
    ]


def _titled(server: BotServer, title: str) -> Message | None:
    return next(
        (one for one in server.shown(TRADER) if one.text.splitlines()[0].startswith(f"{title}  ")), None
    )


def _standing(server: BotServer, text: str) -> Message:
    found = latest(server, TRADER, text)
    assert found is not None
    return found


class _Collected:
    """Takes the alerts that a sender would take."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def add(self, chat: int, alert: Alert) -> None:
        """See `Sender`."""
        self.alerts.append(alert)


async def _report(api: Started, tokens: Mapping[Role, str], language: Language) -> Message:
    """The report of the demo's second day."""
    server, collected, times = BotServer(lambda: 0.0), _Collected(), [_REPORTED, _BEFORE]
    server.chats.add(TRADER)
    request = DirectRequest(server)
    file = StateFile(api.folder / "report.json", api.url)
    async with aiohttp.ClientSession() as session, opened_bot(TOKEN, "http://bot", (request, request)) as bot:
        recipients = [UserSettings(id=TRADER, role=Role.TRADER, language=language)]
        daily = Daily(Api(api.url, tokens, session), file, recipients, 8, times.pop)
        for _ in range(2):
            await daily.step(cast(Sender, cast(Any, collected)))
        await bot.send(TRADER, collected.alerts[0].shown(False))
    return server.sent[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None, Language(sys.argv[2] if sys.argv[2:] else "en"))
