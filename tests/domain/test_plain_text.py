"""Plain text: characters that are not seen are refused by their code point."""

from __future__ import annotations

import sys
from unicodedata import category

import pytest

from domain.errors import InvalidInput
from domain.plain_text import REFUSED, check_plain, fault_in, meant, similar

_PLAIN = ("", "a reason", "Ärger über 5 % ist größer", "買い", "price < 10 & > 2", "naïve\u00a0café", "😀")

_NAMED = {
    "tr\u202eend": "U+202E (RIGHT-TO-LEFT OVERRIDE) at character 3",
    "\u2066trend": "U+2066 (LEFT-TO-RIGHT ISOLATE) at character 1",
    "trend\u200b": "U+200B (ZERO WIDTH SPACE) at character 6",
    "tr\u200dend": "U+200D (ZERO WIDTH JOINER) at character 3",
    "\ufefftrend": "U+FEFF (ZERO WIDTH NO-BREAK SPACE) at character 1",
    "tr\u00adend": "U+00AD (SOFT HYPHEN) at character 3",
    "tr\u3164end": "U+3164 (HANGUL FILLER) at character 3",
    "tr\u034fend": "U+034F (COMBINING GRAPHEME JOINER) at character 3",
    "trend\ufe0f": "U+FE0F (VARIATION SELECTOR-16) at character 6",
    "trend\U000e0041": "U+E0041 (TAG LATIN CAPITAL LETTER A) at character 6",
    "tr\u2800end": "U+2800 (BRAILLE PATTERN BLANK) at character 3",
    "a\0": "U+0000 at character 2, a control character",
    "a\nb": "U+000A at character 2, a control character",
    "a\tb": "U+0009 at character 2, a control character",
    "\x1b[2J": "U+001B at character 1, a control character",
    "a\x7f": "U+007F at character 2, a control character",
    "a\x9b": "U+009B at character 2, a control character",
    "a\ud800": "U+D800 at character 2, half of a surrogate pair",
    "a\u2028b": "U+2028 (LINE SEPARATOR) at character 2, a separator of lines",
    "a\u2029b": "U+2029 (PARAGRAPH SEPARATOR) at character 2, a separator of paragraphs",
}


@pytest.mark.parametrize("text", _PLAIN)
def test_a_text_of_visible_characters_is_plain(text: str) -> None:
    assert fault_in(text) is None


@pytest.mark.parametrize(("text", "named"), _NAMED.items(), ids=[ascii(text) for text in _NAMED])
def test_an_invisible_character_is_named_by_its_code_point_and_place(text: str, named: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_plain("reason", text)

    message = str(refused.value)
    assert message.startswith(f"the reason has {named}")
    assert text not in message


def test_every_character_of_a_refused_category_is_refused() -> None:
    every = (chr(point) for point in range(sys.maxunicode + 1))

    assert not [one for one in every if category(one) in REFUSED and fault_in(one) is None]


def test_names_that_begin_with_a_shortened_one_are_meant_although_they_are_much_longer() -> None:
    known = ["BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT", "BTCUSDT-SPOT.BYBIT", "trend"]
    assert similar("BTCUSDT", known) == ["BTCUSDT-LINEAR.BYBIT", "BTCUSDT-SPOT.BYBIT"]
    assert meant("BTCUSDT", known) == "; did you mean BTCUSDT-LINEAR.BYBIT?"
    assert similar("tr", known) == []
    assert meant("trnd", known) == "; did you mean trend?"
