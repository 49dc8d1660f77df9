"""The engine's sentences that have no code, as patterns: each message of `phrases.en.ftl` with its values left open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fluent.syntax import FluentParser
from fluent.syntax.ast import Message, Placeable, TextElement, VariableReference

FILE = Path(__file__).parent / "phrases.en.ftl"

_CODES: Final = {"direction": "[A-Z]+", "side": "[A-Z]+"}
"""The values that are one code, and no text."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence by the name of its messages. The pattern matches it whole and has its values as named groups."""

    name: str
    pattern: re.Pattern[str]
    texts: tuple[str, ...]
    """What stands between the values."""


@cache
def english_phrases() -> tuple[Phrase, ...]:
    """All phrases, those with more text of their own first, so that none is hidden by a more general one."""
    resource = FluentParser().parse(FILE.read_text(encoding="utf-8"))
    found = [_phrase(entry) for entry in resource.body if isinstance(entry, Message)]
    return tuple(sorted(found, key=lambda one: -sum(map(len, one.texts))))


def _phrase(message: Message) -> Phrase:
    parts = list(_parts(message))
    texts = tuple(text for text, name in parts if not name)
    pattern = "".join(
        f"(?P<{name}>{_CODES.get(name, '.+?')})" if name else re.escape(text) for text, name in parts
    )
    return Phrase(message.id.name, re.compile(pattern, re.DOTALL), texts)


def _parts(message: Message) -> Iterator[tuple[str, str]]:
    """The texts of a message and the names of its values, in order; one of both is empty. Raises ValueError for
    anything else, such as a selection."""
    for element in message.value.elements if message.value is not None else ():
        match element:
            case TextElement(value=text):
                yield text, ""
            case Placeable(expression=VariableReference(id=name)):
                yield "", name.name
            case _:
                raise ValueError(f"{FILE.name}: {message.id.name} is no sentence with values alone")
