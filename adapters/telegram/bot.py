"""The Bot API by python-telegram-bot, as far as this program uses it."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    MessageEntity,
)
from telegram import Update as BotUpdate
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import BaseRequest, HTTPXRequest

from adapters.secrecy import Credentials, hidden_from
from adapters.telegram.content import Content, File, FileKind
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
from adapters.telegram.text import MOST_ANSWER, Text
from adapters.telegram.update import Tap, Typed, Update

os.environ.setdefault(
    "PTB_TIMEDELTA", "true"
)  # the library warns of times as plain numbers, which it will drop

_log = logging.getLogger(__name__)

LOGGERS = (
    "httpx",
    *(f"httpcore.{one}" for one in ("connection", "http11", "http2", "proxy", "socks")),
    "telegram.Bot",
    "telegram.request.BaseRequest",
    "telegram.request.HTTPXRequest",
)
"""The loggers of the libraries that log addresses of calls, which hold the bot's token."""
KINDS = ("message", "callback_query")
"""The kinds of updates that are wanted."""
_UNCHANGED = "message is not modified"
_GONE = ("message to edit not found", "message can't be edited", "message to delete not found")
_CLOSED = ("chat not found", "user is deactivated", "have no rights to send", "not enough rights")
_OLD_TAP = ("query is too old", "query id is invalid")
_NO_BOT_API = "what answers at Telegram's address is no Bot API"
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
"""Telegram does not open an address that a name or a reason has."""
_DIRECTIONS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\N{REPLACEMENT CHARACTER}")
"""Characters that reverse what follows them, so that a name could change how a figure behind it reads (Unicode Standard
Annex 9, "Directional Formatting Characters")."""
_SECONDS = 10.0
"""The longest wait for the answer to a call, beside the wait of `updates`."""
_UPLOAD_SECONDS = 60.0
"""The same of a call with a file."""


class BotApi(Protocol):
    """The calls of the Bot API. Each may raise any `BotFault`."""

    async def send(self, chat: int, content: Content) -> int:
        """Sends a message; returns its id."""
        ...

    async def edit(self, chat: int, message: int, content: Content) -> None:
        """Changes a message; one that shows this already is no fault. Raises MessageGone."""
        ...

    async def remove(self, chat: int, message: int) -> None:
        """Removes a message; one that is gone, or too old to be removed, is no fault."""
        ...

    async def answer(self, tap: str, text: str, *, as_alert: bool = False) -> bool:
        """Ends the wait of a tapped button. The text is cut to `MOST_ANSWER`. Returns false for a tap that is too old:
        Telegram does not show the text then."""
        ...

    async def updates(self, after: int | None, seconds: int) -> Sequence[Update]:
        """Confirms the updates up to `after`, and returns the next ones; waits `seconds` for the first."""
        ...


class TelegramBot:
    """`BotApi` by python-telegram-bot. Made by `opened_bot`."""

    def __init__(self, bot: Bot, credentials: Credentials) -> None:
        self._bot, self._credentials = bot, credentials

    async def send(self, chat: int, content: Content) -> int:
        """See `BotApi`."""
        with self._faults():
            sent = await (
                self._send_text(chat, content)
                if content.file is None
                else self._send_file(chat, content, content.file)
            )
            return sent.message_id

    async def _send_text(self, chat: int, content: Content) -> Message:
        return await self._bot.send_message(
            chat,
            _shown(content),
            entities=_entities(content),
            reply_markup=_keyboard(content),
            link_preview_options=_NO_PREVIEW,
        )

    async def _send_file(self, chat: int, content: Content, file: File) -> Message:
        send = self._bot.send_photo if file.kind is FileKind.PHOTO else self._bot.send_document
        return await send(
            chat,
            file.body,
            caption=_shown(content),
            caption_entities=_entities(content),
            reply_markup=_keyboard(content),
            filename=file.name,
            write_timeout=_UPLOAD_SECONDS,
            read_timeout=_UPLOAD_SECONDS,
        )

    async def edit(self, chat: int, message: int, content: Content) -> None:
        """See `BotApi`."""
        with self._faults(_UNCHANGED):
            await self._bot.edit_message_text(
                _shown(content),
                chat,
                message,
                entities=_entities(content),
                reply_markup=_keyboard(content),
                link_preview_options=_NO_PREVIEW,
            )

    async def remove(self, chat: int, message: int) -> None:
        """See `BotApi`."""
        try:
            await self._bot.delete_message(chat, message)
        except TelegramError as error:
            if not isinstance(error, BadRequest):
                raise fault_of(error, self._credentials) from None

    async def answer(self, tap: str, text: str, *, as_alert: bool = False) -> bool:
        """See `BotApi`."""
        shown = Text(text).cut(MOST_ANSWER).plain
        with self._faults(*_OLD_TAP):
            return await self._bot.answer_callback_query(tap, shown or None, show_alert=as_alert)
        return False

    async def updates(self, after: int | None, seconds: int) -> Sequence[Update]:
        """See `BotApi`."""
        with self._faults():
            found = await self._bot.get_updates(
                offset=None if after is None else after + 1, timeout=seconds, allowed_updates=list(KINDS)
            )
        return [read_update(one) for one in found]

    async def name(self) -> str:
        """The bot's name (`getMe`), which also shows whether its token is right."""
        with self._faults():
            return (await self._bot.get_me()).username or ""

    async def use_webhook(self, url: str, secret: str) -> None:
        """Has updates sent to the URL, each with the secret in a header."""
        with self._faults():
            await self._bot.set_webhook(url, allowed_updates=list(KINDS), secret_token=secret)

    async def use_polling(self) -> None:
        """Removes a webhook; the updates that wait stay."""
        with self._faults():
            await self._bot.delete_webhook()

    async def offer(self, commands: Sequence[tuple[str, str]], language: str | None) -> None:
        """The commands that Telegram's menu lists, each with its meaning, for users of a language or for all others."""
        with self._faults():
            await self._bot.set_my_commands(list(commands), language_code=language)

    def read(self, body: Mapping[str, object]) -> Update:
        """The update in the body of a webhook's request. Raises CallRefused for a body that is none."""
        try:
            return read_update(BotUpdate.de_json(dict(body), self._bot))
        except (TypeError, KeyError, ValueError, AttributeError):
            raise CallRefused("the body of this request is no update of the Bot API") from None

    @contextmanager
    def _faults(self, *harmless: str) -> Generator[None]:
        """Raises the fault of a call's error, unless the error mentions something harmless.

        The library raises KeyError, TypeError or AttributeError for JSON that is no response of the Bot API.
        """
        try:
            yield
        except TelegramError as error:
            if not _mentions(error, *harmless):
                raise fault_of(error, self._credentials) from None
        except (KeyError, TypeError, AttributeError):
            raise OutcomeLost(_NO_BOT_API) from None


@asynccontextmanager
async def opened_bot(
    token: str, url: str, requests: tuple[BaseRequest, BaseRequest] | None = None
) -> AsyncGenerator[TelegramBot]:
    """The bot with this token at the Bot API's `url`. No library logs the token while it is open.

    `requests` make the calls, and those that wait for updates; by default over HTTP. The first call verifies the token;
    raises BotFault where it is refused. Where Telegram cannot be reached, the bot is open all the same: later calls
    verify the token, too.
    """
    credentials = Credentials(token, token.partition(":")[2])
    calls, polls = requests or (_http(), _http())
    with hidden_from(credentials, LOGGERS):
        bot = Bot(token, base_url=f"{url}/bot", request=calls, get_updates_request=polls)
        try:
            await _verify(bot, credentials)
            yield TelegramBot(bot, credentials)
        finally:
            await bot.shutdown()


async def _verify(bot: Bot, credentials: Credentials) -> None:
    try:
        await bot.initialize()
    except TelegramError as error:
        fault = fault_of(error, credentials)
        if not isinstance(fault, (MustWait, OutcomeLost)):
            raise fault from None
        _log.warning("Telegram cannot be reached yet: %s", fault)
    except (KeyError, TypeError, AttributeError):
        _log.warning("Telegram cannot be reached yet: %s", _NO_BOT_API)


def fault_of(error: TelegramError, credentials: Credentials) -> BotFault:
    """What the sender has to do after an error of the library; its text without the token."""
    if _is_unreadable(error):
        return OutcomeLost(_NO_BOT_API)
    text = credentials.hide(error.message)
    if isinstance(error, RetryAfter):
        return MustWait(float(_seconds(error)))
    if isinstance(error, ChatMigrated):
        return ChatMoved(error.new_chat_id)
    if isinstance(error, BadRequest):  # the library's class of it is a NetworkError, too
        return _refusal(error, text)
    kinds: Sequence[tuple[type[TelegramError] | tuple[type[TelegramError], ...], type[BotFault]]] = (
        (Conflict, OtherPoller),
        ((InvalidToken, EndPointNotFound), WrongToken),
        (Forbidden, ChatClosed),
        (NetworkError, OutcomeLost),
    )
    return next((made(text) for kind, made in kinds if isinstance(error, kind)), CallRefused(text))


def _is_unreadable(error: BaseException | None) -> bool:
    """Whether a response was no JSON, as that of a gateway is. The library's own class of it has no subclass; its error
    for a status other than 200 has it as the cause."""
    return error is not None and (type(error) is TelegramError or _is_unreadable(error.__cause__))


def _refusal(error: BadRequest, text: str) -> BotFault:
    if _mentions(error, *_GONE):
        return MessageGone(text)
    return ChatClosed(text) if _mentions(error, *_CLOSED) else CallRefused(text)


def _mentions(error: TelegramError, *texts: str) -> bool:
    message = error.message.lower()
    return any(text in message for text in texts)


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return after if isinstance(after, int) else after.total_seconds()


def _http() -> BaseRequest:
    return HTTPXRequest(connection_pool_size=16, read_timeout=_SECONDS, connect_timeout=_SECONDS)


def _shown(content: Content) -> str:
    return content.text.plain.translate(_DIRECTIONS)


def _entities(content: Content) -> list[MessageEntity]:
    return [MessageEntity(span.style.value, span.offset, span.length) for span in content.text.spans]


def _keyboard(content: Content) -> InlineKeyboardMarkup | None:
    if not content.buttons:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(button.label, callback_data=button.data) for button in row]
            for row in content.buttons
        ]
    )


def read_update(update: BotUpdate) -> Update:
    """A message's text or a tap, with user and chat; `act` is None for any other update."""
    user, chat = update.effective_user, update.effective_chat
    if user is None or chat is None:
        return Update(update.update_id, 0, 0, None)
    return Update(update.update_id, user.id, chat.id, _act(update))


def _act(update: BotUpdate) -> Tap | Typed | None:
    query, message = update.callback_query, update.message
    if query is not None and query.data is not None and query.message is not None:
        return Tap(query.id, query.data, query.message.message_id)
    if message is not None and message.text is not None:
        return Typed(message.text, message.message_id)
    return None
