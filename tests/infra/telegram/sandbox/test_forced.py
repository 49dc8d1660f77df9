"""The terms of a forced signal, and the screen of the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from adapters.telegram.settings import Language
from adapters.telegram.text import MOST_TEXT
from commands.roles import Role
from domain.direction import Direction
from domain.errors import InvalidInput
from infra.telegram.sandbox.forced import NoPrice, read, request_of, signal_of
from infra.telegram.screens.sandbox import sandbox_content
from infra.telegram.screens.screen import Scene
from infra.telegram.words import words_of
from tests.infra.telegram.test_screens import ACCOUNT, AT, NOW, POSITION

BTC = "BTCUSDT-LINEAR.BYBIT"
PRICE: Mapping[str, Any] = {"instrument": BTC, "price": "50000.1", "at": AT}
SIGNAL: Mapping[str, Any] = {
    "id": "4d8bnjj9dt473",
    "instrument": BTC,
    "direction": "LONG",
    "verdict": "SKIP",
    "reasons": ["MAX_POSITIONS"],
    "detectedAt": AT,
}
DATA: Mapping[str, Any] = {
    "accounts": [{**ACCOUNT, "account": "sandbox"}],
    "prices": [PRICE],
    "positions": {"edges": [{"node": POSITION}]},
    "orders": {"totalCount": 2},
    "signals": {"edges": [{"node": SIGNAL}]},
}


def scene(language: Language = Language.EN) -> Scene:
    return Scene(words_of(language), Role.ADMIN, NOW)


@pytest.mark.parametrize("argument", ["", "BTCUSDT", "BTCUSDT UP", "BTCUSDT LONG 1"])
def test_a_signal_that_is_no_symbol_and_direction_is_refused(argument: str) -> None:
    with pytest.raises(InvalidInput, match="a symbol and LONG or SHORT"):
        read(argument)


@pytest.mark.parametrize(
    ("word", "direction", "stop", "target", "trend"),
    [
        ("long", Direction.LONG, "49500.1", "51000.1", 1.0),
        ("Short", Direction.SHORT, "50500.1", "49000.1", -1.0),
    ],
)
def test_a_forced_signal_has_its_levels_around_the_last_price(
    word: str, direction: Direction, stop: str, target: str, trend: float
) -> None:
    assert read(f"btcusdt {word}") == ("BTCUSDT", direction)
    signal = signal_of("BTCUSDT", direction, [PRICE])
    assert (signal["instrument"], signal["price"], signal["candleClosedAt"]) == (BTC, "50000.1", AT)
    assert (signal["stop"], signal["target"], signal["trend"]) == (stop, target, trend)
    assert (signal["confidence"], signal["intervalSeconds"], signal["strategy"]) == (1.0, 60, "debug")
    assert request_of("k", signal)["account"] == "sandbox"


def test_a_symbol_without_a_price_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(NoPrice, match="BTCUSDT"):
        signal_of("ETHUSDT", Direction.LONG, [PRICE])


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("data", [DATA, None], ids=["running", "off"])
def test_every_screen_of_the_sandbox_is_marked(language: Language, data: Mapping[str, Any] | None) -> None:
    content = sandbox_content(data, scene(language), "a note")
    assert content.text.plain.splitlines()[0].endswith("[SANDBOX]")
    assert "a note" in content.text.plain
    assert content.text.length <= MOST_TEXT


def test_the_screen_shows_account_price_position_and_the_verdict_of_the_latest_signal() -> None:
    shown = sandbox_content(DATA, scene()).text.plain.splitlines()
    for line in (
        "sandbox",
        "Balance: 12 345.68 USDT",
        "Working orders: 2",
        "BTCUSDT-LINEAR.BYBIT 50000.1 (5 min ago)",
        "BTCUSDT-LINEAR.BYBIT  long 0.01 @ 54596.8",
        "SKIP LONG BTCUSDT-LINEAR.BYBIT MAX_POSITIONS, 5 min ago  4d8bnjj9dt473",
    ):
        assert line in shown
