"""The journal's filters, pages and search, as its buttons and a typed text name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from adapters.telegram.content import MOST_DATA, Content
from adapters.telegram.settings import Language
from commands.roles import Role
from infra.telegram.screens.journal import JOURNAL
from infra.telegram.screens.screen import Scene
from infra.telegram.words import words_of
from tests.infra.telegram.test_screens import DATA, EVENT, NOW


def shown(argument: str, has_more: bool = True, data: Mapping[str, Any] = DATA) -> Content:
    journal = {**data["journal"], "pageInfo": {"hasNextPage": has_more}}
    scene = Scene(words_of(Language.EN), Role.VIEWER, NOW, argument)
    return JOURNAL.render({**data, "journal": journal}, scene)


def buttons(content: Content) -> Mapping[str, str]:
    return {button.label: button.data for row in content.buttons for button in row}


@pytest.mark.parametrize(
    ("argument", "where", "direction"),
    [
        ("", {}, "DESC"),
        ("order", {"noun": "order"}, "DESC"),
        ("Fill btc", {"types": ["OrderFilled"], "search": "btc"}, "DESC"),
        ("stop  hit <40", {"search": "stop hit", "uptoOrdinal": 39}, "DESC"),
        ("signal >40", {"noun": "signal", "afterOrdinal": 40}, "ASC"),
        ("all order", {"search": "order"}, "DESC"),
        ("<0", {"search": "<0"}, "DESC"),
    ],
)
def test_an_argument_names_kind_words_and_page(
    argument: str, where: Mapping[str, object], direction: str
) -> None:
    assert JOURNAL.variables(argument) == {"where": where, "direction": direction}


def test_pages_continue_at_the_events_at_the_ends_of_this_one() -> None:
    assert buttons(shown("order"))["Older →"] == "open:journal:order <33"
    middle = buttons(shown("order <41"))
    assert (middle["← Newer"], middle["Older →"]) == ("open:journal:order >40", "open:journal:order <33")
    assert middle["Newest"] == "open:journal:order"


def test_the_ends_of_the_list_have_no_button_beyond_them() -> None:
    assert {"← Newer", "Older →", "Newest"} & buttons(shown("", has_more=False)).keys() == set()
    assert "Older →" not in buttons(shown("<41", has_more=False))
    assert "← Newer" not in buttons(shown(">40", has_more=False))


def test_a_page_of_newer_events_has_the_newest_first() -> None:
    edges = [{"node": {**EVENT, "ordinal": n, "line": f"event {n}"}} for n in (41, 42)]
    content = shown(">40", data={**DATA, "journal": {"edges": edges}})
    assert content.text.plain.index("event 42") < content.text.plain.index("event 41")
    assert buttons(content)["Older →"] == "open:journal:<41"


def test_a_kind_keeps_the_words_and_an_instrument_the_kind() -> None:
    found = buttons(shown("fill stop <41"))
    assert found["Orders"] == "open:journal:order stop"
    assert found["ETHUSDT-LINEAR"] == "open:journal:fill ETHUSDT-LINEAR.BYBIT"
    assert found["BTCUSDT-LINEAR"] == "open:journal:fill BTCUSDT-LINEAR.BYBIT"
    assert "BTCUSDT-LINEAR" not in buttons(shown("fill BTCUSDT-LINEAR.BYBIT"))


def test_words_that_no_button_has_room_for_are_shown_without_pages_and_with_the_reason() -> None:
    content = shown("word" * 8)
    assert "Older →" not in buttons(content)
    assert "Search for fewer words" in content.text.plain
    assert all(len(data.encode()) <= MOST_DATA for data in buttons(content).values())


@pytest.mark.parametrize(
    ("argument", "text", "searched"),
    [
        ("order stop <41", "btc", "order btc"),
        ("order stop", "fill btc", "fill btc"),
        ("order stop", "all", ""),
        ("", "btc 54000", "btc 54000"),
    ],
)
def test_a_typed_text_replaces_the_words_and_keeps_the_kind_unless_it_names_one(
    argument: str, text: str, searched: str
) -> None:
    assert JOURNAL.typed is not None
    assert JOURNAL.typed(argument, text) == searched
