"""A Bot API server: its state, its limits and, on demand, its refusals. `http.py` serves it, `direct.py` calls it.

It checks each call against the published methods, so a test fails on a call that Telegram would refuse.
"""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from tests.telegram_server.methods import METHODS, Files, Params, Uploaded
from tests.telegram_server.refused import (
    BLOCKED,
    CONFLICT,
    UNAUTHORIZED,
    WEBHOOK,
    Refused,
    bad,
    migrated,
    too_many,
)

_T = TypeVar("_T")
TOKEN = "123456789:AAHkV-tests-only-0123456789abcdefghi"  # noqa: S105  # of this server alone
BOT = {"id": 123456789, "is_bot": True, "first_name": "Whence", "username": "whence_test_bot"}
_POSTS = frozenset({"sendMessage", "editMessageText", "editMessageReplyMarkup", "sendPhoto", "sendDocument"})

NO_FILES: Files = {}


class ReplyLost(Exception):
    """The call was carried out, and its reply does not arrive."""


class CallLost(ReplyLost):
    """The call does not arrive, and no reply either."""


@dataclass
class Message:
    """A message in a chat; `history` has every text that it had."""

    id: int
    chat: int
    text: str
    markup: Any
    at: float
    history: list[str] = field(default_factory=list[str])
    entities: Any = ()
    file: Uploaded | None = None
    preview: Any = None

    @property
    def buttons(self) -> dict[str, str]:
        """The data of its buttons, by label."""
        rows: list[list[dict[str, str]]] = self.markup["inline_keyboard"] if self.markup else []
        return {button["text"]: button["callback_data"] for row in rows for button in row}


class BotServer:
    """One bot. `clock` returns seconds; the limits of messages are counted by it."""

    def __init__(self, clock: Callable[[], float], *, limits: bool = True) -> None:
        self._clock, self._limits = clock, limits
        self._ids, self._update_ids = count(1), count(1000)
        self.chats: set[int] = set()
        self.blocked: set[int] = set()
        self.migrated: dict[int, int] = {}
        self.messages: dict[tuple[int, int], Message] = {}
        self.sent: list[Message] = []
        self.calls: list[str] = []
        self.refused: list[tuple[str, str]] = []
        self.answers: dict[str, str] = {}
        self.commands: dict[str | None, Any] = {}
        self.webhook: dict[str, Any] = {}
        self._taps: set[str] = set()
        self._updates: list[dict[str, Any]] = []
        self._arrival = asyncio.Event()
        self._called = asyncio.Event()
        self._polls = 0
        self._plans: defaultdict[str, deque[Exception]] = defaultdict(deque)
        self._times: defaultdict[int, deque[float]] = defaultdict(deque)
        self._all: deque[float] = deque()
        self._methods: Mapping[str, Callable[[dict[str, Any]], Any]] = {
            "getMe": self._get_me,
            "sendMessage": self._send,
            "sendPhoto": self._send,
            "sendDocument": self._send,
            "editMessageText": self._edit,
            "editMessageReplyMarkup": self._edit,
            "deleteMessage": self._delete,
            "answerCallbackQuery": self._answer,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "setMyCommands": self._set_commands,
        }

    # What tests do.

    def fail(self, method: str, *faults: Exception) -> None:
        """The next calls of the method meet these faults: `Refused` and `CallLost` before they are carried out,
        `ReplyLost` after."""
        self._plans[method].extend(faults)

    def type(self, user: int, text: str, chat: int | None = None) -> None:
        """The user sends a text."""
        where = user if chat is None else chat
        message = {**self._chat(where), "message_id": next(self._ids), "date": 0, "text": text}
        self._add({"message": message | {"from": _user(user)}})

    def tap(self, user: int, message: Message, label: str, **more: int) -> str:
        """The user taps the button with this label; returns the id of the tap."""
        tap = f"tap{next(self._ids)}"
        self._taps.add(tap)
        inside = {**self._chat(message.chat), "message_id": message.id, "date": 0, "text": message.text}
        query = {"id": tap, "from": _user(user), "message": inside, "chat_instance": "1"}
        self._add({"callback_query": query | {"data": message.buttons[label]}})
        return tap

    def repeat_updates(self) -> None:
        """Updates that wait arrive twice, the latest first."""
        self._updates = [*reversed(self._updates), *self._updates]

    def shown(self, chat: int) -> list[Message]:
        """The messages of the chat that are not deleted."""
        return [one for one in self.messages.values() if one.chat == chat]

    async def until(self, found: Callable[[], _T | None], seconds: float = 120.0) -> _T:
        """What `found` returns once it is neither None nor empty; looked at after each call of the bot."""
        try:
            async with asyncio.timeout(seconds):
                while not (result := found()):
                    called = self._called
                    await called.wait()
        except TimeoutError:
            texts = [one.text for one in self.messages.values()]
            raise AssertionError(f"not found after {seconds:g} s in {texts}") from None
        return result

    # What a bot does.

    async def call(
        self, token: str, method: str, params: Params, files: Files = NO_FILES
    ) -> tuple[int, dict[str, Any]]:
        """Status and body. Raises ReplyLost."""
        self.calls.append(method)
        try:
            given = _read(token, method, params, files)
            fault = self._plans[method].popleft() if self._plans[method] else None
            _before(fault)
            result = await self._carried_out(method, given)
        except Refused as refused:
            self.refused.append((method, refused.description))
            return refused.status, refused.body
        finally:
            self._called.set()
            self._called = asyncio.Event()
        if fault is not None:
            raise fault
        return 200, {"ok": True, "result": result}

    async def _carried_out(self, method: str, given: dict[str, Any]) -> Any:
        if method == "getUpdates":
            return await self._get_updates(given)
        if "chat_id" in given:
            self._check_chat(given["chat_id"])
        if method in _POSTS:
            self._check_pace(given["chat_id"])
        return self._methods[method](given)

    async def _get_updates(self, given: dict[str, Any]) -> Any:
        if self.webhook:
            raise WEBHOOK
        self._polls += 1
        own = self._polls
        self._arrival.set()
        self._arrival = asyncio.Event()
        offset = given.get("offset")
        if offset is not None:
            self._updates = [one for one in self._updates if one["update_id"] >= offset]
        deadline = asyncio.get_running_loop().time() + given.get("timeout", 0)
        while not self._updates:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return []
            arrival = self._arrival
            try:
                async with asyncio.timeout(left):
                    await arrival.wait()
            except TimeoutError:
                return []
            if self._polls != own:
                raise CONFLICT
        return self._updates[: given.get("limit", 100)]

    def _check_chat(self, chat: int) -> None:
        if chat in self.migrated:
            raise migrated(self.migrated[chat])
        if chat in self.blocked:
            raise BLOCKED
        if chat not in self.chats:
            raise bad("chat not found")

    def _check_pace(self, chat: int) -> None:
        if not self._limits:
            return
        now = self._clock()
        windows = [(self._all, 30, 1.0), (self._times[chat], 1, 1.0)]
        if chat < 0:
            windows[1] = (self._times[chat], 20, 60.0)
            recent = [at for at in self._times[chat] if now - at < 1.0]
            if recent:
                raise too_many(max(1, math.ceil(recent[-1] + 1.0 - now)))
        for times, most, seconds in windows:
            while times and now - times[0] >= seconds:
                times.popleft()
            if len(times) >= most:
                raise too_many(max(1, math.ceil(times[0] + seconds - now)))
        for times, _, _ in windows:
            times.append(now)

    def _send(self, given: dict[str, Any]) -> Any:
        text = given.get("text", given.get("caption", ""))
        message = Message(
            next(self._ids), given["chat_id"], text, given.get("reply_markup"), self._clock(), [text]
        )
        message.entities = given.get("entities", given.get("caption_entities", ()))
        message.file = given.get("photo", given.get("document"))
        message.preview = given.get("link_preview_options")
        self.messages[message.chat, message.id] = message
        self.sent.append(message)
        return self._body(message)

    def _edit(self, given: dict[str, Any]) -> Any:
        message = self.messages.get((given["chat_id"], given["message_id"]))
        if message is None:
            raise bad("message to edit not found")
        text = given.get("text", message.text)
        changed = (text, given.get("reply_markup"), given.get("entities", ()))
        if changed == (message.text, message.markup, message.entities):
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the same"
            )
        message.text, message.markup, message.entities = changed
        message.history.append(text)
        return self._body(message)

    def _delete(self, given: dict[str, Any]) -> Any:
        if self.messages.pop((given["chat_id"], given["message_id"]), None) is None:
            raise bad("message to delete not found")
        return True

    def _answer(self, given: dict[str, Any]) -> Any:
        if given["callback_query_id"] not in self._taps:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        self._taps.remove(given["callback_query_id"])
        self.answers[given["callback_query_id"]] = given.get("text", "")
        return True

    def _set_webhook(self, given: dict[str, Any]) -> Any:
        self.webhook = given
        return True

    def _delete_webhook(self, given: dict[str, Any]) -> Any:
        self.webhook = {}
        return True

    def _set_commands(self, given: dict[str, Any]) -> Any:
        self.commands[given.get("language_code")] = given["commands"]
        return True

    def _get_me(self, given: dict[str, Any]) -> Any:
        return BOT

    def _body(self, message: Message) -> dict[str, Any]:
        return {"message_id": message.id, "date": 0, "text": message.text or "x", **self._chat(message.chat)}

    @staticmethod
    def _chat(chat: int) -> dict[str, Any]:
        kind = {"type": "group", "title": "Desk"} if chat < 0 else {"type": "private", "first_name": "U"}
        return {"chat": {"id": chat, **kind}}

    def _add(self, update: dict[str, Any]) -> None:
        self._updates.append({"update_id": next(self._update_ids), **update})
        self._arrival.set()


def _user(user: int) -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": "U"}


def _read(token: str, method: str, params: Params, files: Files) -> dict[str, Any]:
    if token != TOKEN:
        raise UNAUTHORIZED
    if method not in METHODS:
        raise Refused(404, "Not Found")
    return {**METHODS[method].read(params, files), **files}


def _before(fault: Exception | None) -> None:
    if isinstance(fault, Refused | CallLost):
        raise fault
