"""Sends what the outbox has, within the limits, and reports what became of it."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from adapters.telegram.alert import Alert
from adapters.telegram.bot import BotApi
from adapters.telegram.faults import (
    BotFault,
    ChatClosed,
    ChatMoved,
    MessageGone,
    MustWait,
    OutcomeLost,
    WrongToken,
)
from adapters.telegram.outbox import Outbox, ScreenUpdate, Sending

_log = logging.getLogger(__name__)


class Receipts(Protocol):
    """What becomes of messages."""

    def arrived(self, chat: int, alerts: tuple[Alert, ...]) -> None:
        """The alerts arrived in the chat."""
        ...

    def undeliverable(self, chat: int, alerts: tuple[Alert, ...], why: str) -> None:
        """The alerts will never arrive: the chat accepts no messages, or Telegram refuses these."""
        ...

    def shown(self, chat: int, message: int, number: int) -> None:
        """The chat's screen is this message now, which has the screen of this number."""
        ...

    def moved(self, old: int, new: int) -> None:
        """The chat has another id."""
        ...


class Sender:
    """Use it in one event loop, whose clock is that of the limits."""

    def __init__(self, api: BotApi, outbox: Outbox, receipts: Receipts) -> None:
        self._api, self._outbox, self._receipts = api, outbox, receipts
        self._changed = asyncio.Event()
        self._calls: set[asyncio.Task[None]] = set()
        self._failures: list[asyncio.Task[None]] = []

    def add(self, chat: int, alert: Alert) -> None:
        """An alert for a chat."""
        self._outbox.add(chat, alert)
        self._changed.set()

    def show(self, chat: int, screen: ScreenUpdate) -> None:
        """The chat's screen."""
        self._outbox.show(chat, screen)
        self._changed.set()

    @property
    def waiting(self) -> int:
        """How many alerts wait."""
        return self._outbox.waiting

    async def run(self) -> None:
        """Sends until it is cancelled; calls in flight are then awaited, so that what arrived is known. Raises an error
        of a call that is no refusal of Telegram, and WrongToken."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._changed.clear()
                for failure in self._failures:
                    failure.result()
                while (sending := self._outbox.next(loop.time())) is not None:
                    self._begin(sending)
                opens = self._outbox.opens()
                await self._wait(None if opens is None else opens - loop.time())
        finally:
            await asyncio.gather(*self._calls)

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def _begin(self, sending: Sending) -> None:
        task = asyncio.create_task(self._send(sending))
        self._calls.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failures.append(task)
        self._changed.set()

    async def _send(self, sending: Sending) -> None:
        now = asyncio.get_running_loop().time
        try:
            await self._call(sending)
        except MustWait as fault:
            self._outbox.again(sending, now(), seconds=fault.seconds)
        except WrongToken:  # no chat's fault: what waits is sent once the bot has its token
            self._outbox.again(sending, now(), seconds=0.0)
            raise
        except OutcomeLost as fault:
            _log.warning("a message to chat %d is sent again: %s", sending.chat, fault)
            self._outbox.again(sending, now())
        except ChatMoved as fault:
            self._outbox.move(sending.chat, fault.chat)
            self._receipts.moved(sending.chat, fault.chat)
        except ChatClosed as fault:
            gone = tuple(self._outbox.drop(sending.chat))
            self._receipts.undeliverable(sending.chat, gone, str(fault))
        except BotFault as fault:
            self._outbox.done(sending, now())
            self._receipts.undeliverable(sending.chat, sending.alerts, str(fault))
        else:
            self._outbox.done(sending, now())
            self._receipts.arrived(sending.chat, sending.alerts)

    async def _call(self, sending: Sending) -> None:
        screen = sending.screen
        if screen is None:
            await self._api.send(sending.chat, sending.content)
        elif screen.message is None:
            await self._open(sending.chat, screen)
        else:
            await self._edit(sending.chat, screen, screen.message)

    async def _edit(self, chat: int, screen: ScreenUpdate, message: int) -> None:
        try:
            await self._api.edit(chat, message, screen.content)
        except MessageGone:
            await self._open(chat, screen)
        else:
            self._receipts.shown(chat, message, screen.number)

    async def _open(self, chat: int, screen: ScreenUpdate) -> None:
        self._receipts.shown(chat, await self._api.send(chat, screen.content), screen.number)
        if screen.replaces is not None:
            await self._remove(chat, screen.replaces)

    async def _remove(self, chat: int, message: int) -> None:
        """A screen that cannot be removed stays above the new one; the desk refuses its taps."""
        try:
            await self._api.remove(chat, message)
        except BotFault as fault:
            _log.warning("the former screen of chat %d is not removed: %s", chat, fault)
