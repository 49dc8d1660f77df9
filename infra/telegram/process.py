"""The process of `whence telegram`: updates in, screens and alerts out, until it is stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from itertools import chain, repeat
from typing import Final, cast

import aiohttp
from telegram.request import BaseRequest

from adapters.metrics.telegram import Outcome, TelegramMetrics
from adapters.telegram.alert import Alert
from adapters.telegram.bot import TelegramBot, opened_bot
from adapters.telegram.faults import BotFault, MustWait, OutcomeLost, WrongToken
from adapters.telegram.outbox import Outbox
from adapters.telegram.pace import Pace
from adapters.telegram.polling import POLL_SECONDS, Intake, poll
from adapters.telegram.sender import Sender
from adapters.telegram.settings import Language, Mode, TelegramSettings
from domain.errors import InvalidInput
from infra.alerts import AlertSettings
from infra.telegram.alerting import Alerting
from infra.telegram.api import Api
from infra.telegram.cooldowns import Cooldowns
from infra.telegram.daily import Daily
from infra.telegram.desk import Desk
from infra.telegram.people import People
from infra.telegram.reminders import Reminders
from infra.telegram.sandbox.commands import DebugCommands
from infra.telegram.sandbox.plan import SandboxPlace
from infra.telegram.sandbox.sandbox import opened_sandbox
from infra.telegram.screens.catalogue import SCREENS
from infra.telegram.secrets import TelegramSecrets
from infra.telegram.state import StateFile, owned
from infra.telegram.webhook import listening
from infra.telegram.words import words_of

_log = logging.getLogger(__name__)
_WAITS: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds until the next attempt to reach Telegram at the start; the last one applies to all later attempts."""

Requests = tuple[BaseRequest, BaseRequest]


class Receipts:
    """Passes what became of messages on to the screens, the alerts and the daily reports."""

    def __init__(self, alerting: Alerting, daily: Daily) -> None:
        self.alerting, self.daily, self.desk = alerting, daily, cast("Desk | None", None)

    def arrived(self, chat: int, alerts: tuple[Alert, ...]) -> None:
        self.alerting.arrived(chat, alerts)
        self.daily.arrived(chat, alerts)
        self._desk_arrived(alerts)

    def undeliverable(self, chat: int, alerts: tuple[Alert, ...], why: str) -> None:
        what = f"{len(alerts)} alerts do" if alerts else "a screen does"
        hint = "; send /start to the bot there" if "not found" in why.lower() else ""
        _log.error("%s not arrive in chat %d: %s%s", what, chat, why, hint)
        self.alerting.arrived(chat, alerts, Outcome.UNDELIVERABLE)
        self.daily.arrived(chat, alerts)
        self._desk_arrived(alerts)

    def _desk_arrived(self, alerts: tuple[Alert, ...]) -> None:
        if self.desk is not None:
            self.desk.arrived(alerts)

    def shown(self, chat: int, message: int, number: int) -> None:
        if self.desk is not None:
            self.desk.shown(chat, message, number)

    def moved(self, old: int, new: int) -> None:
        _log.warning("chat %d has the id %d now: change it in [telegram]", old, new)
        self.alerting.moved(old, new)
        self.daily.moved(old, new)
        if self.desk is not None:
            self.desk.moved(old, new)


async def run_bot(
    settings: TelegramSettings,
    secrets: TelegramSecrets,
    metrics: TelegramMetrics,
    stopping: asyncio.Event,
    *,
    partition: int = 0,
    alerts: AlertSettings = AlertSettings(),  # noqa: B008  # frozen
    requests: Requests | None = None,
    poll_seconds: int = POLL_SECONDS,
    sandbox: SandboxPlace | None = None,
) -> None:
    """Runs the bot until `stopping` is set, and ends its sandbox, which administrators have where there is a place.

    Raises InvalidInput for a token that Telegram does not know, and for a state's file that cannot be read or that
    another bot has.
    """
    with owned(settings.state):
        await _run_alone(
            settings,
            secrets,
            metrics,
            stopping,
            partition=partition,
            alerts=alerts,
            requests=requests,
            poll_seconds=poll_seconds,
            sandbox=sandbox,
        )


async def _run_alone(
    settings: TelegramSettings,
    secrets: TelegramSecrets,
    metrics: TelegramMetrics,
    stopping: asyncio.Event,
    *,
    partition: int,
    alerts: AlertSettings,
    requests: Requests | None,
    poll_seconds: int,
    sandbox: SandboxPlace | None,
) -> None:
    file = StateFile(settings.state, settings.api)
    try:
        async with (
            opened_bot(secrets.bot, settings.bot_api, requests) as bot,
            aiohttp.ClientSession() as session,
            opened_sandbox(sandbox) as debugged,
        ):
            api = Api(settings.api, secrets.tokens, session)
            alerting = Alerting(
                api,
                file,
                settings.recipients,
                metrics,
                partition,
                Reminders(file, alerts),
                Cooldowns(file, settings.signal_cooldown_minutes),
            )
            daily = Daily(api, file, settings.recipients, settings.report_hour)
            receipts = Receipts(alerting, daily)
            sender = Sender(bot, Outbox(Pace(), alerting.digest), receipts)
            debug = None if debugged is None else DebugCommands(debugged)
            people = People(settings, file.state.moved, file.state.languages)
            desk = Desk(api, bot, sender, file, people, metrics, debug=debug)
            receipts.desk = desk
            desk.report_left()
            metrics.watch(lambda: sender.waiting)
            await _run(settings, secrets, bot, desk, sender, alerting, daily, stopping, poll_seconds)
            await desk.close()
    except WrongToken as fault:
        raise InvalidInput(f"TELEGRAM_BOT_TOKEN: Telegram does not know this bot's token: {fault}") from None
    except BotFault as fault:
        raise InvalidInput(f"Telegram at {settings.bot_api} cannot be used: {fault}") from None


async def _run(
    settings: TelegramSettings,
    secrets: TelegramSecrets,
    bot: TelegramBot,
    desk: Desk,
    sender: Sender,
    alerting: Alerting,
    daily: Daily,
    stopping: asyncio.Event,
    poll_seconds: int,
) -> None:
    """Ends when `stopping` is set; a part that fails ends all others, and its error is raised."""
    intake = Intake(desk.take)
    parts = [
        asyncio.create_task(part)
        for part in (
            stopping.wait(),
            sender.run(),
            alerting.run(sender),
            daily.run(sender),
            desk.kills.run(),
            _refreshing(desk, settings.refresh_seconds),
            _updates(settings, secrets, bot, intake, poll_seconds),
        )
    ]
    try:
        ended, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
    for part in ended:
        part.result()


async def _updates(
    settings: TelegramSettings, secrets: TelegramSecrets, bot: TelegramBot, intake: Intake, poll_seconds: int
) -> None:
    await _until_reached(bot.use_polling)
    await _offer_commands(bot)
    if settings.mode is Mode.POLL:
        await poll(bot, intake, poll_seconds)
        return
    await poll(bot, intake, poll_seconds, only_waiting=True)
    async with listening(settings.webhook, secrets.webhook, bot, intake):
        await _until_reached(lambda: bot.use_webhook(settings.webhook.url, secrets.webhook))
        await asyncio.Event().wait()


async def _until_reached(call: Callable[[], Awaitable[None]]) -> None:
    """Repeats the call until Telegram responds, so that a kill switch that is kept is carried out meanwhile. Raises
    what Telegram refuses."""
    for wait in chain(_WAITS, repeat(_WAITS[-1])):
        try:
            await call()
        except (MustWait, OutcomeLost) as fault:
            _log.warning("Telegram cannot be used yet: %s", fault)
            await asyncio.sleep(fault.seconds if isinstance(fault, MustWait) else wait)
        else:
            return


async def _refreshing(desk: Desk, seconds: int) -> None:
    while True:
        await asyncio.sleep(seconds)
        await desk.refresh()


async def _offer_commands(bot: TelegramBot) -> None:
    """The menu of commands. Without a response it stays as it was, because updates must not wait for it."""
    for language in Language:
        words = words_of(language)
        commands = [(name, words(f"command-{name}")) for name in SCREENS]
        try:
            await bot.offer(commands, None if language is Language.EN else language.value)
        except (MustWait, OutcomeLost) as fault:
            _log.warning("Telegram's menu of commands is not changed: %s", fault)
