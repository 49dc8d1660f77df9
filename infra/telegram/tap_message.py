"""The message about a tap: a report, or the sentence that Telegram does not show over the tapped message any more."""

from __future__ import annotations

from typing import Final

from adapters.telegram.alert import Alert
from adapters.telegram.content import Content, Rows
from adapters.telegram.level import Level
from adapters.telegram.text import Text, italic, lines
from infra.telegram.words import Words

_ID: Final = "tap-"


def tap_message(name: str, text: str, words: Words, buttons: Rows = ()) -> Alert:
    """A message of level HIGH, which arrives at least once and marks a possible repeat. `name` is its own among all
    messages about taps."""

    def shown(may_repeat: bool) -> Content:  # noqa: FBT001
        doubt = [italic(words("alert-may-repeat"))] if may_repeat else []
        return Content(lines([Text(text), *doubt]), buttons)

    return Alert(f"{_ID}{name}", Level.HIGH, None, shown, text, alone=True)
