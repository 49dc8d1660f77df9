"""Every screen on the data of a real engine, in both languages: no text of one language stands in the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.telegram.content import Content
from adapters.telegram.settings import Language
from adapters.telegram.text import Style
from commands.roles import Role
from domain.settings import Settings
from infra.telegram.alert_content import alert_of
from infra.telegram.alerts import QUERY, TYPES, look_at
from infra.telegram.screens.catalogue import SCREENS
from infra.telegram.screens.journal import KINDS
from infra.telegram.screens.screen import Scene
from infra.telegram.sentences import sentence_of, title_of
from infra.telegram.words import words_of
from tests.infra.telegram.test_money import api, events, folder
from tests.journeys.serving import Started

__all__ = ["api", "events", "folder"]
pytestmark = pytest.mark.timeout(1_200)
KEY = "0123456789abcdef"
CYRILLIC, LATIN = re.compile("[\u0400-\u04ff]+"), re.compile("[A-Za-z]{2,}")
NO_WORDS = re.compile(
    r"/all (?:pause|resume)|/[a-z_]+(?: [A-Z]+)*"  # commands
    r"|\[[A-Z]+\]"  # the kind of run
    r"|\S*\w[._:-]\w\S*"  # instruments, ids, settings
    r"|\b\S*\d\S*\b"  # ids and amounts
    r"|(?:исполнение|номером|биржи) \S+"  # ids of the exchange
    r"|`[^`]*`"
)
NAMES = frozenset(
    [
        *(
            "UTC",
            "USDT",
            "BTC",
            "BTCUSDT",
            "ETH",
            "API",
            "CSV",
            "ADX",
            "ATR",
            "EMA",
            "RSI",
            "SAR",
            "SuperTrend",
        ),
        *("Whence", "BYBIT", "Bybit", "English", "paper", "supertrend", "trend", "telegram", "fill"),
    ]
)
"""Latin words that stand in Russian text on purpose: names, units and abbreviations."""
CODES = re.compile("[A-Z_]{3,}|true|false")
"""The values of settings, which are entered as they are shown."""
OF_SETTINGS = frozenset({"settings", "limits", "risk", "kill"})
GROUPS = frozenset({*Settings.__dataclass_fields__, "general"})
"""The groups of settings, which a command names."""


def arguments(api: Started, name: str) -> Sequence[str]:
    """The arguments with which a screen is opened, of the ids that the log has."""
    found = api.query(
        """{ events(where: {types: ["OrderFilled"]}, first: 1) { edges { node { id } } }
        decided: events(where: {types: ["DecisionMade"]}, first: 1) { edges { node { id } } }
        positions(where: {status: OPEN}) { edges { node { id } } }
        orders(where: {status: [ACCEPTED]}) { edges { node { id } } } }"""
    )["data"]

    def ids(kind: str) -> list[str]:
        return [edge["node"]["id"] for edge in found[kind]["edges"]]

    given: Mapping[str, Sequence[str]] = {
        "all": ["", f"{KEY}:pause", f"{KEY}:resume/paper"],
        "explain": [*ids("events"), *ids("decided"), "unknown"],
        "journal": ["", *KINDS, "no-1 has-1"],
        "kill": [KEY],
        "limits": ["", f"name=risk.max_positions&given=1&value=9z9&key={KEY}"],
        "position": [f"{KEY}:{ids('positions')[0]}", f"{KEY}:gone-1"],
        "order": [f"{KEY}:{ids('orders')[0]}", f"{KEY}:gone-1"],
        "settings": ["", "risk"],
        "strategy": [f"{KEY}:trend", f"{KEY}:gone-1"],
        "switch": [f"{KEY}:trend", f"{KEY}:gone-1"],
        "trade": ["", "sell btcusdt-linear.bybit stop 50000 0.01"],
    }
    return given.get(name, [""])


def rendered(api: Started, name: str, argument: str) -> Mapping[Language, Content]:
    """The screen of an admin, in each language."""
    screen = SCREENS[name]
    answer = api.query(screen.query, None, **screen.variables(argument))
    assert "errors" not in answer, answer
    now = datetime.now(UTC)
    return {
        one: screen.render(answer["data"], Scene(words_of(one), Role.ADMIN, now, argument))
        for one in Language
    }


def lines_of(content: Content) -> Iterator[str]:
    """The text without its code spans, which are ids, and the labels of the buttons."""
    text = content.text.plain.encode("utf-16-le")
    for span in content.text.spans:
        if span.style is Style.CODE:
            begin, end = span.offset * 2, (span.offset + span.length) * 2
            text = text[:begin] + " ".encode("utf-16-le") * span.length + text[end:]
    yield from text.decode("utf-16-le").splitlines()
    yield from (button.label for row in content.buttons for button in row)


def english_in(line: str, allowed: re.Pattern[str] | None = None) -> list[str]:
    words = LATIN.findall(NO_WORDS.sub(" ", line))
    known = NAMES if allowed is None else NAMES | GROUPS
    return [one for one in words if one not in known and not (allowed and allowed.fullmatch(one))]


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_has_no_text_of_the_other_language(api: Started, name: str) -> None:
    allowed = CODES if name in OF_SETTINGS else None
    for argument in arguments(api, name):
        shown = rendered(api, name, argument)
        russian = [
            (line, found) for line in lines_of(shown[Language.RU]) if (found := english_in(line, allowed))
        ]
        english = [line for line in lines_of(shown[Language.EN]) if CYRILLIC.search(line)]
        assert (argument, russian) == (argument, [])
        assert (argument, [one for one in english if "Русский" not in one]) == (argument, [])
        assert shown[Language.RU].text.plain != shown[Language.EN].text.plain


def test_every_event_of_the_log_has_a_russian_sentence(api: Started) -> None:
    words, after = words_of(Language.RU), 0
    while True:
        query = (
            "query ($after: Ordinal!) { events(where: {afterOrdinal: $after}, direction: ASC, first: 200) "
        )
        found = api.query(query + "{ edges { node { ordinal type line json } } } }", None, after=after)
        nodes: list[Mapping[str, Any]] = [edge["node"] for edge in found["data"]["events"]["edges"]]
        for node in nodes:
            line = f"{title_of(node['type'], words)}: {sentence_of(node, words)}"
            assert (node["type"], english_in(line)) == (node["type"], [])
        if len(nodes) < 200:
            return
        after = nodes[-1]["ordinal"]


def test_the_alerts_of_the_log_are_in_the_language_of_their_chat(api: Started) -> None:
    given = {"after": 0, "types": list(TYPES), "witness": 0, "before": 0}
    look = look_at(api.query(QUERY, None, **given)["data"], 0)
    assert len({one.kind for one in look.alerts}) > 3
    for one in look.alerts:
        russian = alert_of(one, words_of(Language.RU), may_acknowledge=True)
        english = alert_of(one, words_of(Language.EN), may_acknowledge=True)
        assert [(line, english_in(line)) for line in lines_of(russian.shown(True)) if english_in(line)] == []
        assert [line for line in lines_of(english.shown(True)) if CYRILLIC.search(line)] == []
        assert english_in(russian.line) == []


def test_in_english_a_chain_has_the_lines_of_the_api(api: Started) -> None:
    event = arguments(api, "explain")[0]
    lines = api.query("query ($id: ID!) { chain(id: $id) { lines } }", None, id=event)["data"]["chain"][
        "lines"
    ]
    shown = rendered(api, "explain", event)[Language.EN].text.plain.splitlines()
    begin = shown.index(lines[0])
    body = [line for line in shown[begin:] if not line.startswith("… and ")]
    assert len(body) > 5
    assert body == lines[: len(body)]
