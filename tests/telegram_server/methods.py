"""The methods of the Bot API that bots of this project call, with their parameters, types and limits.

From the published reference (Bot API 9.x, "Available methods"). A parameter that a method does not have is refused,
which Telegram itself would ignore: a misspelled one must not pass a test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, cast

from PIL import Image

from tests.telegram_server.refused import Refused, bad

Params = Mapping[str, str]
_ENTITIES = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "blockquote", "text_link"}
)
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _integer(name: str, value: str) -> int:
    if not re.fullmatch(r"-?[0-9]+", value):
        raise bad(f"{name} must be an integer")
    return int(value)


def _boolean(name: str, value: str) -> bool:
    if value not in ("true", "false"):
        raise bad(f"{name} must be a Boolean")
    return value == "true"


def _text(name: str, value: str) -> str:
    return value


def _json(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise bad(f"can't parse {name}") from None


def _words(most: int, empty: str) -> Callable[[str, str], str]:
    def check(name: str, value: str) -> str:
        if not value.strip() and empty:
            raise bad(empty)
        if units(value) > most:
            raise bad(f"{'message is' if name == 'text' else f'{name} is'} too long")
        return value

    return check


def _keyboard(name: str, value: str) -> Any:
    markup: Any = _json(name, value)
    rows: Any = cast("dict[str, Any]", markup).get("inline_keyboard") if isinstance(markup, dict) else None
    if not isinstance(rows, list):
        raise bad("can't parse reply keyboard markup JSON object")
    buttons = [button for row in cast("list[list[dict[str, Any]]]", rows) for button in row]
    if len(buttons) > 100:
        raise bad("reply markup is too long")
    for button in buttons:
        _check_button(button)
    return cast(Any, markup)


def _check_button(button: dict[str, Any]) -> None:
    if not str(button.get("text", "")).strip():
        raise bad("text buttons are unallowed in the inline keyboard")
    if set(button) != {"text", "callback_data"}:
        raise bad("a button of this project has text and callback_data")
    if not 1 <= len(str(button["callback_data"]).encode()) <= 64:
        raise bad("BUTTON_DATA_INVALID")


def _entities(name: str, value: str) -> Any:
    found = _json(name, value)
    for one in found:
        if one.get("type") not in _ENTITIES or one["length"] < 1 or one["offset"] < 0:
            raise bad(f"invalid entity {one}")
    return found


def _commands(name: str, value: str) -> Any:
    found = _json(name, value)
    if len(found) > 100:
        raise bad("too many commands")
    for one in found:
        if not _COMMAND.fullmatch(one["command"]) or not 1 <= len(one["description"]) <= 256:
            raise bad("BOT_COMMAND_INVALID")
    return found


def _secret(name: str, value: str) -> str:
    if not _SECRET.fullmatch(value):
        raise bad("secret token contains unallowed characters")
    return value


@dataclass(frozen=True)
class Uploaded:
    """A file of a request."""

    name: str
    body: bytes


Files = Mapping[str, Uploaded]


def _check_file(name: str, file: Uploaded, most: int) -> None:
    if not file.body:
        raise bad("file must be non-empty")
    if len(file.body) > most:
        raise Refused(413, "Request Entity Too Large")
    if name == "photo":
        _check_photo(file.body)


def _check_photo(body: bytes) -> None:
    """Width and height of at most 10,000 together, the longer at most 20 times the shorter (`sendPhoto`)."""
    try:
        width, height = Image.open(BytesIO(body)).size
    except OSError:
        raise bad("IMAGE_PROCESS_FAILED") from None
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad("PHOTO_INVALID_DIMENSIONS")


@dataclass(frozen=True)
class Method:
    """`needed` and `more` are the parameters with their checks; `files` those that are uploaded, with the most
    bytes of each."""

    needed: Mapping[str, Callable[[str, str], Any]]
    more: Mapping[str, Callable[[str, str], Any]]
    files: Mapping[str, int] = field(default_factory=dict[str, int])

    def read(self, params: Params, files: Files) -> dict[str, Any]:
        """The parameters by their types. Raises Refused."""
        known = {**self.needed, **self.more}
        missing = (set(self.needed) | set(self.files)) - set(params) - set(files)
        unknown = (set(params) - set(known)) | (set(files) - set(self.files))
        if missing or unknown:
            raise bad(f"parameters missing {sorted(missing)}, unknown {sorted(unknown)}")
        found = {name: known[name](name, value) for name, value in params.items()}
        for name, file in files.items():
            _check_file(name, file, self.files[name])
        text = found.get("text", found.get("caption", ""))
        for one in [*found.get("entities", ()), *found.get("caption_entities", ())]:
            if one["offset"] + one["length"] > units(text):
                raise bad("entity beyond the end of the text")
        return found


_MESSAGE = {"chat_id": _integer, "message_id": _integer}
_LOOKS = {"reply_markup": _keyboard, "disable_notification": _boolean}
_CAPTION = {"caption": _words(1024, ""), "caption_entities": _entities, **_LOOKS}
_BODY = {"text": _words(4096, "message text is empty")}
_TEXT_LOOKS = {"entities": _entities, "link_preview_options": _json}

METHODS: Mapping[str, Method] = {
    "getMe": Method({}, {}),
    "getUpdates": Method(
        {}, {"offset": _integer, "limit": _integer, "timeout": _integer, "allowed_updates": _json}
    ),
    "setWebhook": Method(
        {"url": _text}, {"secret_token": _secret, "allowed_updates": _json, "drop_pending_updates": _boolean}
    ),
    "deleteWebhook": Method({}, {"drop_pending_updates": _boolean}),
    "sendMessage": Method({"chat_id": _integer, **_BODY}, {**_TEXT_LOOKS, **_LOOKS}),
    "editMessageText": Method({**_MESSAGE, **_BODY}, {**_TEXT_LOOKS, "reply_markup": _keyboard}),
    "editMessageReplyMarkup": Method(_MESSAGE, {"reply_markup": _keyboard}),
    "deleteMessage": Method(_MESSAGE, {}),
    "answerCallbackQuery": Method(
        {"callback_query_id": _text}, {"text": _words(200, ""), "show_alert": _boolean}
    ),
    "sendPhoto": Method({"chat_id": _integer}, _CAPTION, {"photo": 10_000_000}),
    "sendDocument": Method({"chat_id": _integer}, _CAPTION, {"document": 50_000_000}),
    "setMyCommands": Method({"commands": _commands}, {"language_code": _text}),
}
