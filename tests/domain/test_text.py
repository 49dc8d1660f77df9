"""Texts with characters that nobody sees, or that turn the text around, are found; visible ones are not."""

from __future__ import annotations

import pytest

from domain.errors import InvalidInput
from domain.text import check_seen, unseen

HIDDEN = (
    "\0", "\x1b", "\x7f", "\x85", "\xad", "\u034f", "\u061c", "\u115f", "\u180e", "\u200b", "\u200d", "\u200f",
    "\u2028", "\u202e", "\u2060", "\u2066", "\u2069", "\u2800", "\u3164", "\ud800", "\ufe0f", "\ufeff", "\uffa0",
    "\ufff9", "\U000e0041", "\U000e0100", "\ue000", "\uffff",
)  # fmt: skip


@pytest.mark.parametrize("character", HIDDEN, ids=lambda one: f"U+{ord(one):04X}")
def test_a_text_with_an_unseen_character_is_refused_with_the_characters_number(character: str) -> None:
    assert unseen(f"trend{character}") == character
    with pytest.raises(
        InvalidInput, match=rf"the reason has an invisible character in it: U\+{ord(character):04X}"
    ):
        check_seen("reason", f"a {character} b")


@pytest.mark.parametrize(
    "text", ["", "plain ~", "Störung", "отказ", "中断", "עצירה", "é", "e\u0301", "🛑", "a\u00a0b"]
)
def test_a_text_that_people_see_is_accepted(text: str) -> None:
    assert unseen(text) is None
