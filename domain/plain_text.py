"""Plain text: the characters that reasons, names and keys from outside may have.

A refused character changes what a reader sees without being seen: it reverses the direction of the text, ends its line,
moves the cursor of a terminal, or makes two names differ that look the same. The rule is that of Unicode's general
categories and of its property Default_Ignorable_Code_Point (DerivedCoreProperties.txt, Unicode 15).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from unicodedata import category, name

from domain.errors import InvalidInput

REFUSED: Mapping[str, str] = {
    "Cc": "a control character",
    "Cf": "an invisible character that changes the order or the width of a text",
    "Cs": "half of a surrogate pair",
    "Zl": "a separator of lines",
    "Zp": "a separator of paragraphs",
}
"""What a character of each refused category is called in messages, by Unicode's short name of the category."""

_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2060-\u206f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters of other categories that are displayed as nothing: fillers, joiners and variation selectors."""

_ASCII = re.compile("[ -~]*")
_BLANK = "\u2800"
"""The Braille pattern without dots is a blank of another category than spaces."""


def check_plain(subject: str, text: str) -> None:
    """Raises InvalidInput, which names the subject, the code point and its place, where the text is not plain."""
    fault = fault_in(text)
    if fault is not None:
        raise InvalidInput(f"the {subject} {fault}")


def fault_in(text: str) -> str | None:
    """The fault of the first refused character as the end of a sentence, such as "has U+202E (RIGHT-TO-LEFT OVERRIDE)
    at character 3, …"; None for a plain text.
    """
    if _ASCII.fullmatch(text):
        return None
    for place, character in enumerate(text, 1):
        kind = _kind(character)
        if kind is not None:
            return f"has {_spelled(character)} at character {place}, {kind}: remove it"
    return None


def _kind(character: str) -> str | None:
    if character == _BLANK or _IGNORABLE.match(character):
        return "an invisible character"
    return REFUSED.get(category(character))


def _spelled(character: str) -> str:
    point = f"U+{ord(character):04X}"
    called = name(character, "")
    return f"{point} ({called})" if called else point


_MOST = 20_000
"""The largest number of names that are compared with a misspelled one."""
_BEGINNING = 3


def meant(name: str, known: Iterable[str]) -> str:
    """`; did you mean trend?` with the most similar known name; empty where none is similar."""
    near = similar(name, known, 1)
    return f"; did you mean {near[0]}?" if near else ""


def similar(name: str, known: Iterable[str], most: int = 3) -> Sequence[str]:
    """At most `most` of the known names: those that begin with `name`, and else the most similar ones.

    Of very many names, only those with the same first letters are compared.
    """
    names = sorted(one for one in known if one)
    if len(name) >= _BEGINNING and (longer := [one for one in names if one.startswith(name) and one != name]):
        return longer[:most]
    compared = names if len(names) <= _MOST else [one for one in names if one[:3] == name[:3]][:_MOST]
    return get_close_matches(name, compared, most)


def counted(number: int, noun: str) -> str:
    """The number with its noun, as in `1 difference` and `1,200 differences`; for nouns whose plural ends in s."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


def is_or_are(number: int) -> str:
    """The verb after `counted`."""
    return "is" if number == 1 else "are"
