"""Texts from outside: which characters every log and every store can hold, and which characters people can see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast
from unicodedata import category

from domain.errors import InvalidInput

_DEPTH = 64
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode's control and format characters (which change the direction of a text or have no width), unassigned and
private ones, surrogates, and separators of lines and paragraphs."""
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that are drawn as nothing: fillers, inherent vowels, the joiner of graphemes, an empty braille cell."""
_VARIATIONS = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Variation selectors, which only change how the character before them is drawn."""


def is_storable(text: str) -> bool:
    """Whether the text has neither NUL, which PostgreSQL refuses, nor a lone surrogate, which UTF-8 cannot encode."""
    return _UNSTORABLE.search(text) is None


def unseen(text: str) -> str | None:
    """The first character that a person cannot see, or that changes how others are shown; None where there is none.

    Names and reasons are recorded for people, so two that look alike must be equal.
    """
    return next((one for one in text if _is_unseen(one)), None)


def check_seen(name: str, text: str) -> None:
    """Raises InvalidInput where `text` has an unseen character; the message names the text by `name`."""
    if (hidden := unseen(text)) is not None:
        raise InvalidInput(
            f"the {name} has an invisible character in it: U+{ord(hidden):04X} (such as NUL, a zero-width space or a "
            "change of direction)"
        )


def _is_unseen(character: str) -> bool:
    return not (" " <= character <= "~") and (
        category(character) in _UNSEEN_CATEGORIES
        or character in _BLANK
        or _VARIATIONS.match(character) is not None
    )


def texts_in(value: object) -> Iterator[str]:
    """Every text in a JSON value, the names in its objects included.

    Raises ValueError where objects and lists are nested more than 64 levels deep.
    """
    level = [value]
    for _ in range(_DEPTH):
        yield from (one for one in level if isinstance(one, str))
        level = [below for one in level for below in _below(one)]
        if not level:
            return
    raise ValueError(f"it is nested too deeply: {_DEPTH} levels are allowed")


def _below(value: object) -> Sequence[object]:
    if isinstance(value, dict):
        named = cast("dict[str, object]", value)
        return [*named.keys(), *named.values()]
    return cast("list[object]", value) if isinstance(value, list) else ()
