"""The events, codes, alerts and reasons of the engine in the languages of the bot."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from fluent.syntax import FluentParser
from fluent.syntax.ast import Message
from hypothesis import given, settings

from adapters.avro import to_json
from adapters.telegram.settings import Language
from domain.breaker import Mode, Service
from domain.committees.margins import RULES
from domain.events import FULL_NAMES
from domain.order import OrderStatus, OrderType
from domain.signal import Chamber
from infra.cli.wording import PLAIN_WORDS
from infra.run import faults, letter_notices, strangers
from infra.telegram.sentences import alert_sentence, sentence_of, title_of, values_of
from infra.telegram.words import FOLDER, words_of
from infra.telegram.words.phrases import english_phrases
from projections.alerts import RAISED
from projections.bookkeeping import BuildKind, BuildStatus
from projections.condition import FaultKind
from projections.sentences import sentence
from tests.adapters.avro.events import instances
from tests.schemas.samples import SAMPLES

ROOT = Path(__file__).parents[3]
RU = words_of(Language.RU)
CYRILLIC, LATIN = re.compile("[\u0400-\u04ff]"), re.compile("[A-Za-z]{2,}")
NAMES = frozenset({"ADX", "ATR", "UTC", "seed"})
"""Latin words that Russian sentences have on purpose."""
SHOWN: tuple[type[StrEnum], ...] = (Mode, Service, OrderStatus, OrderType, Chamber, BuildKind, BuildStatus)
"""The enumerations that screens show beside those of events."""
OF_A_DIRECTION = "it belongs"
"""The engine joins this with the side, so that no text of its source has it whole."""
EVENTS = {type(one.event).__name__: one.event for one in SAMPLES.values()}


def as_read(event: Any) -> dict[str, Any]:
    """The event as the API returns it."""
    return {"type": type(event).__name__, "line": sentence(event), "json": to_json(event)}


def names_of(file: str) -> set[str]:
    resource = FluentParser().parse((FOLDER / file).read_text(encoding="utf-8"))
    return {entry.id.name for entry in resource.body if isinstance(entry, Message)}


def enums_in(shape: Any) -> Iterator[type[StrEnum]]:
    """The enumerations of a field's type, also of one that may be None."""
    if isinstance(shape, type) and issubclass(shape, StrEnum):
        yield shape
    elif get_origin(shape) in (UnionType, Union):
        for one in get_args(shape):
            yield from enums_in(one)


def enumerations() -> set[type[StrEnum]]:
    fields = (shape for event in FULL_NAMES for shape in get_type_hints(event).values())
    return {found for shape in fields for found in enums_in(shape)} | set(SHOWN)


def reasons() -> set[str]:
    """Every reason of the page on explanations, every rule of the committees, and every code of a cancellation."""
    page = (ROOT / "docs" / "explain.md").read_text(encoding="utf-8")
    table = page.partition("## Reasons")[2].partition("## Why a grid ended")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ") and "_" in line]
    listed = {one.strip() for cell in cells for one in cell.split(",")}
    return (listed | RULES.keys() | PLAIN_WORDS.keys() | cancellations()) - {"reason", ""}


def cancellations() -> set[str]:
    """The codes that the engine cancels or denies orders with: constants of `commands`."""
    found = set[str]()
    for file in (ROOT / "commands").rglob("*.py"):
        found |= set(
            re.findall(r'^_?[A-Z_]+ = "([A-Z]+(?:_[A-Z]+)+)"', file.read_text(encoding="utf-8"), re.MULTILINE)
        )
    return found


def alert_kinds() -> set[str]:
    read_models = {
        f"READ_MODEL_{kind}"
        for kind in FaultKind
        if kind in (FaultKind.PARKED, FaultKind.LATE, FaultKind.ENDED)
    }
    others = {faults.UNPROTECTED, letter_notices.KIND, strangers.KIND, "LOG_RESTORED"}
    return {kind for _, _, kind in RAISED} | read_models | others


def test_every_event_has_a_title_and_a_sentence_in_russian_and_no_other_has() -> None:
    named = {event.__name__ for event in FULL_NAMES}
    found = names_of("events.ru.ftl")
    assert {f"{kind}-{name}" for name in named for kind in ("type", "event")} - found == set()
    assert {name for name in found if re.match("type-|event-", name)} == {
        f"{kind}-{name}" for name in named for kind in ("type", "event")
    }


def test_every_code_that_is_shown_has_words_in_russian_and_no_other_has() -> None:
    codes = {f"{kind.__name__}-{one.value}" for kind in enumerations() for one in kind}
    named = {f"reason-{one}" for one in reasons()} | {f"kind-{one}" for one in alert_kinds()}
    others = {"none", "yes", "no", "line-DAILY_LOSS", "line-ENTRIES_NOT_SCORED"}
    found = names_of("codes.ru.ftl")
    assert (codes | named | others) - found == set()
    assert [one for one in found - codes - named - others if one.partition("-")[2] not in constants()] == []


def test_every_part_of_a_sentence_is_used() -> None:
    source = (ROOT / "infra" / "telegram" / "sentences.py").read_text(encoding="utf-8")
    parts = {name for name in names_of("events.ru.ftl") if not re.match("type-|event-", name)}
    made = re.compile("(part|managed|routed|tripped|prices|figure)-")
    assert {name for name in parts if f'"{name}"' not in source and not made.match(name)} == set()


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_the_sentence_of_an_event_has_no_english_beside_what_the_event_has(event: Any) -> None:
    shown = sentence_of(as_read(event), RU)
    own = NAMES.union(LATIN.findall(str(to_json(event))))
    assert [word for word in LATIN.findall(shown) if word not in own] == []
    assert CYRILLIC.search(title_of(type(event).__name__, RU))
    assert not re.search(
        r"\b[A-Z]{3,}_[A-Z]+|\b(?:LONG|SHORT|BUY|SELL|ENTER|EXIT|STOP|LIMIT)\b",
        shown.replace("ALL_APPROVE", "").replace("-SHORT-", "").replace("-LONG-", ""),
    )


@pytest.mark.parametrize("event", FULL_NAMES)
def test_any_values_of_an_event_make_one_printable_line_in_russian(event: type) -> None:
    @settings(max_examples=20)
    @given(instances(event))
    def has_a_line(one: Any) -> None:
        shown = sentence_of(as_read(one), RU)
        assert len(shown.splitlines()) <= 1
        assert values_of(one, RU)

    has_a_line()


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_in_english_the_sentence_is_that_of_the_api(event: Any) -> None:
    words = words_of(Language.EN)
    read = as_read(event)
    assert (title_of(read["type"], words), sentence_of(read, words)) == (read["type"], read["line"])


@pytest.mark.parametrize(
    ("type_", "json"),
    [("PositionMoved", {"far": "1"}), ("PositionReduced", {"order_id": "x", "quantity": "many"})],
    ids=["a type of a later version", "fields of another version"],
)
def test_an_event_that_this_version_cannot_read_has_the_line_of_the_api(
    type_: str, json: dict[str, str]
) -> None:
    assert sentence_of({"type": type_, "line": "far away", "json": json}, RU) == "far away"


def test_a_fill_names_the_side_and_the_instrument_of_its_order() -> None:
    read = as_read(EVENTS["OrderFilled"])
    line = f"SELL BTCUSDT-LINEAR.BYBIT {read['line']}"
    assert sentence_of({**read, "line": line}, RU).startswith(
        "продажа BTCUSDT-LINEAR.BYBIT 0.125 по 43210.55, комиссия "
    )
    assert sentence_of(read, RU).startswith("0.125 по 43210.55, комиссия ")


def test_the_alert_of_a_daily_loss_has_its_figures() -> None:
    figures = {"limit": "500.123456", "day_balance": "10000", "balance": "9499.9999"}
    read = as_read(EVENTS["DecisionMade"])
    reasons: Sequence[str] = ()
    vote = {
        "member": "daily_loss",
        "chamber": "RISK",
        "approves": False,
        "reasons": reasons,
        "figures": figures,
    }
    event = {**read, "json": {**read["json"], "votes": [vote]}}
    assert alert_sentence("DAILY_LOSS", "English", event, RU) == (
        "дневной убыток достиг предела 500.12: баланс был 10000, стал 9500; до конца дня входы пропускаются"
    )
    assert alert_sentence("DAILY_LOSS", "English", event, words_of(Language.EN)) == "English"


def test_a_notice_without_an_event_is_translated_where_its_sentence_is_listed() -> None:
    line = "orders has been behind the log for 75 s"
    assert alert_sentence("READ_MODEL_LATE", line, None, RU) == "orders отстаёт от журнала уже 75 сек"
    assert alert_sentence("READ_MODEL_LATE", "else", None, RU) == "else"


@pytest.mark.parametrize(
    ("english", "russian"),
    [
        ("COOLDOWN", "пауза после убытка"),
        ("CancelByUser", "отменена по запросу"),
        (
            "a stop of 9 does not protect a LONG position at 8: it belongs below that; XYZ is not listed here",
            "стоп 9 не защищает: позиция лонг по 8, уровень должен быть ниже; правил XYZ здесь нет",
        ),
        (
            "BTC-LONG-1 is open LONG: a SELL order would turn it; close it first, or make the order reduce-only",
            (
                "BTC-LONG-1 открыта (лонг): заявка (продажа) развернула бы её; сначала закройте её или выберите "
                "«Только уменьшить позицию»"
            ),
        ),
        (
            "the kill switch is tripped (by Telegram): reset it first",
            "аварийная остановка включена (из Telegram): сначала снимите её",
        ),
        ("a person's own words; also these", "a person's own words; also these"),
        ("news", "news"),
        ("", ""),
    ],
)
def test_a_reason_of_the_engine_is_russian_and_other_text_stays(english: str, russian: str) -> None:
    assert RU.reason(english) == russian
    assert words_of(Language.EN).reason(english) == english


def test_both_forms_of_the_phrases_have_the_same_names() -> None:
    assert names_of("phrases.en.ftl") == names_of("phrases.ru.ftl")


def engine_texts() -> str:
    """All texts of the engine's source, one behind the other."""
    return "\n".join(constants())


@cache
def constants() -> frozenset[str]:
    """The texts of the engine's source, those of f-strings with one sign for each value."""
    found = set[str]()
    for folder in ("domain", "commands", "projections", "adapters", "infra"):
        for file in (ROOT / folder).rglob("*.py"):
            if "node_modules" not in file.parts:
                found.update(_texts(ast.parse(file.read_text(encoding="utf-8"))))
    return frozenset(found)


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(one.value if isinstance(one, ast.Constant) else "\x00" for one in node.values)  # type: ignore[misc]  # a constant of an f-string is text
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("phrase", english_phrases(), ids=lambda one: one.name)
def test_the_engine_still_has_the_words_of_each_phrase(phrase: Any) -> None:
    """A sentence that is reworded in the engine needs its new form here, or Russian users read English."""
    parts = [part.strip() for text in phrase.texts for part in re.split("[;:()]", text)]
    longest = max((part for part in parts if not part.startswith(OF_A_DIRECTION)), key=len)
    assert longest in engine_texts()
    shown = RU(phrase.name, **dict.fromkeys(phrase.pattern.groupindex, "7"))
    assert CYRILLIC.search(shown)
