"""A message of the Bot API server as an HTML page, about as a client of Telegram shows it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from tests.telegram_server.server import Message

_TAGS = {"bold": "b", "italic": "i", "code": "code"}
_STYLE = """
body { margin: 0; background: #d5e3ec; font: 15px/1.38 "DejaVu Sans", sans-serif; color: #10161c; }
main { width: 440px; padding: 14px; }
article { background: #fff; border-radius: 12px; padding: 10px 13px; white-space: pre-wrap; overflow-wrap: anywhere; }
article img { display: block; width: calc(100% + 26px); margin: -10px -13px 8px; border-radius: 12px 12px 0 0; }
code { font: 13px "DejaVu Sans Mono", monospace; color: #1b5e9c; }
.file { color: #1b5e9c; font-weight: 600; margin-bottom: 6px; }
nav { display: flex; gap: 4px; margin-top: 4px; }
nav span { flex: 1; padding: 8px 4px; border-radius: 8px; background: #7d9bb0; color: #fff; text-align: center;
  font-size: 14px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
"""


def page_of(message: Message) -> str:
    """The page; its element `main` is the message with its buttons."""
    rows: list[list[Mapping[str, str]]] = message.markup["inline_keyboard"] if message.markup else []
    buttons = "".join(f"<nav>{''.join(map(_button, row))}</nav>" for row in rows)
    article = f"<article>{_file(message)}{_styled(message.text, message.entities)}</article>"
    return f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style><main>{article}{buttons}</main>"


def _button(button: Mapping[str, str]) -> str:
    return f"<span>{escape(button['text'])}</span>"


def _file(message: Message) -> str:
    file = message.file
    if file is None:
        return ""
    if not file.name.endswith(".png"):
        return f'<div class="file">{escape(file.name)}, {len(file.body):,} bytes</div>'
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(file.body).decode()}">'


def _styled(text: str, entities: Any) -> str:
    """The text with its entities, whose offsets and lengths are UTF-16 code units, and which do not overlap."""
    whole = text.encode("utf-16-le")
    return "".join(_parts(whole, sorted(entities, key=lambda one: one["offset"])))


def _parts(whole: bytes, entities: list[Mapping[str, Any]]) -> Iterator[str]:
    at = 0
    for one in entities:
        begin, end = 2 * one["offset"], 2 * (one["offset"] + one["length"])
        tag = _TAGS[one["type"]]
        yield escape(whole[at:begin].decode("utf-16-le"))
        yield f"<{tag}>{escape(whole[begin:end].decode('utf-16-le'))}</{tag}>"
        at = end
    yield escape(whole[at:].decode("utf-16-le"))
