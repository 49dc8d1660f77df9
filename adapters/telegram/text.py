"""Text of a message with its styles, as Telegram counts it: offsets and lengths are UTF-16 code units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

MOST_TEXT = 4096
"""The most UTF-16 code units of a message's text (Bot API, `sendMessage`)."""
MOST_CAPTION = 1024
"""The most UTF-16 code units of the text beside a picture or a document (Bot API, `sendPhoto`, `sendDocument`)."""
MOST_ANSWER = 200
"""The most characters of the text over a tapped message (Bot API, `answerCallbackQuery`)."""
_MORE = "…"


class Style(StrEnum):
    """The styles that this program uses; the values are those of the Bot API's `MessageEntity.type`."""

    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text with a style."""

    style: Style
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its spans."""

    plain: str = ""
    spans: tuple[Span, ...] = ()

    def __add__(self, other: Text | str) -> Text:
        added = other if isinstance(other, Text) else Text(other)
        begin = units(self.plain)
        moved = (Span(one.style, begin + one.offset, one.length) for one in added.spans)
        return Text(self.plain + added.plain, (*self.spans, *moved))

    def __radd__(self, other: str) -> Text:
        return Text(other) + self

    @property
    def length(self) -> int:
        """Its length in UTF-16 code units."""
        return units(self.plain)

    def cut(self, most: int = MOST_TEXT) -> Text:
        """The text with `most` units at most; one that is too long ends with an ellipsis."""
        if self.length <= most:
            return self
        kept = self.plain.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore").rstrip()
        end = units(kept)
        spans = (
            Span(one.style, one.offset, min(one.length, end - one.offset))
            for one in self.spans
            if one.offset < end
        )
        return Text(kept + _MORE, tuple(spans))


def units(text: str) -> int:
    """The length of a text in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def styled(style: Style, text: str) -> Text:
    """The whole text in one style; an empty one has no span, which Telegram would refuse."""
    return Text(text, (Span(style, 0, units(text)),) if text else ())


def bold(text: str) -> Text:
    return styled(Style.BOLD, text)


def code(text: str) -> Text:
    return styled(Style.CODE, text)


def italic(text: str) -> Text:
    return styled(Style.ITALIC, text)


def lines(given: Iterable[Text | str]) -> Text:
    """The texts, one a line."""
    found = Text()
    for n, line in enumerate(given):
        found = (found + "\n" if n else found) + line
    return found
