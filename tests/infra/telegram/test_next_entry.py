"""The size of a strategy's next entry, as the API's draft of it states it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.telegram.settings import Language
from commands.roles import Role
from infra.telegram.screens.next_entry import (
    DRAFT_ENTRY,
    MOST,
    SIGNALS,
    latest_of,
    next_entry_content,
    variables_of,
)
from infra.telegram.screens.screen import Scene
from infra.telegram.words import words_of
from tests.infra.telegram.test_desk import TRADER, VIEWER, Bench
from tests.infra.telegram.test_journal import buttons
from tests.infra.telegram.test_screens import NOW, rendered

pytestmark = pytest.mark.anyio
ENTRY: Mapping[str, Any] = {
    "account": "main",
    "strategy": "trend",
    "instrument": "BTCUSDT-LINEAR.BYBIT",
    "direction": "SHORT",
    "price": "50000",
}
DRAFT: Mapping[str, Any] = {
    "price": "54000.0",
    "quantity": "0.0200",
    "stop": "54540.0",
    "target": "52920",
    "notional": "1080",
    "margin": "217.188",
    "risk": "10.8",
    "reasons": ["COOLDOWN"],
}


def shown(answer: Mapping[str, Any]) -> list[str]:
    scene = Scene(words_of(Language.EN), Role.TRADER, NOW)
    return next_entry_content("trend", [(ENTRY, answer)], scene).text.plain.splitlines()


def signals(*instruments: str) -> Mapping[str, Any]:
    return {
        "signals": {
            "edges": [{"node": {**ENTRY, "instrument": one, "n": n}} for n, one in enumerate(instruments)]
        }
    }


def test_only_the_latest_signal_of_each_instrument_is_drafted() -> None:
    assert [one["n"] for one in latest_of(signals("a", "b", "a", "c"))] == [0, 1, 3]
    assert len(latest_of(signals(*"abcdefgh"))) == MOST


def test_a_draft_names_the_account_beside_the_signal() -> None:
    variables = variables_of(ENTRY, "k")
    assert (variables["account"], variables["key"]) == ("main", "k")
    assert "account" not in variables["signal"]


def test_a_draft_shows_size_margin_levels_and_what_would_keep_it_out() -> None:
    for line in (
        "Next entry  trend",
        "main BTCUSDT-LINEAR.BYBIT  short",
        "0.02 @ 54000 = 1 080.00",
        "Margin: 217.188, loss at the stop: 10.80",
        "stop 54540, target 52920",
        "It would be skipped or cut: COOLDOWN",
    ):
        assert line in shown(DRAFT)
    assert not [line for line in shown({**DRAFT, "reasons": []}) if "skipped" in line]


@pytest.mark.parametrize("answer", [{"code": "Refused", "reason": "no price"}, {"known": "no price"}])
def test_a_draft_without_a_size_shows_why(answer: Mapping[str, Any]) -> None:
    assert "No size is known: no price" in shown(answer)


def test_the_button_is_on_the_screen_of_start_and_stop() -> None:
    assert buttons(rendered("switch"))["≈ Size of the next entry"] == "next:trend"


async def test_a_tap_of_a_trader_drafts_the_entry_and_shows_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.outside.data = {**signals("BTCUSDT-LINEAR.BYBIT"), "draftEntry": DRAFT}
    await bench.tap(TRADER, "next:trend")
    assert "0.02 @ 54000" in bench.shown
    assert [(document, role) for document, _, role, _ in bench.outside.sent] == [
        (SIGNALS, Role.TRADER),
        (DRAFT_ENTRY, Role.TRADER),
    ]
    await bench.tap(VIEWER, "next:trend")
    assert len(bench.outside.sent) == 2
