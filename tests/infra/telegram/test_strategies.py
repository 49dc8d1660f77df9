"""The buttons of the strategies' screens: who has them, which ones, and for which ids."""

from __future__ import annotations

import pytest

from adapters.telegram.content import MOST_DATA
from commands.roles import Role
from infra.telegram.screens.strategies import STRATEGIES, STRATEGY
from tests.infra.telegram.test_journal import buttons
from tests.infra.telegram.test_screens import ACCOUNT, DATA, STATE, rendered

KEY = "0123456789abcdef"


def of_ids(*ids: str) -> dict[str, object]:
    """The data of an account with these strategies."""
    settings = {"strategies": [{"id": one, "name": "", "strategy": "trend"} for one in ids]}
    return {**DATA, "accounts": [{**ACCOUNT, "settings": settings}]}


def test_a_strategy_is_confirmed_on_a_screen_of_its_own() -> None:
    found = buttons(rendered("strategies"))
    assert found["Pause trend …"] == "open:strategy:main/trend"
    assert found["Resume scan …"] == "open:strategy:main/scan"


def test_a_viewer_has_no_button_of_a_strategy() -> None:
    assert set(buttons(rendered("strategies", role=Role.VIEWER))) == {"↻ Refresh", "☰ Menu"}
    assert STRATEGIES.role is Role.VIEWER
    assert STRATEGY.role is Role.TRADER


@pytest.mark.parametrize(
    ("paused", "label", "verb"), [((), "Pause it now", "pause"), (("trend",), "Resume it now", "resume")]
)
def test_the_second_tap_carries_the_key_and_the_strategy(
    paused: tuple[str, ...], label: str, verb: str
) -> None:
    found = buttons(rendered("strategy", {**DATA, "tradingStates": [{**STATE, "paused": paused}]}))
    assert {one: data for one, data in found.items() if one.endswith("now")} == {
        label: f"{verb}:{KEY}:main/trend"
    }
    assert found["↻ Refresh"] == "open:strategy:trend"


def test_a_strategy_that_is_not_in_force_has_nothing_to_confirm() -> None:
    content = rendered("strategy", of_ids("other"))
    assert "No strategy in force has the id trend." in content.text.plain
    assert set(buttons(content)) == {"Cancel", "↻ Refresh", "☰ Menu"}


def test_an_id_too_long_for_a_button_has_none() -> None:
    found = buttons(rendered("strategies", of_ids("a" * 36, "b" * 35, "c" * 100)))
    assert [label for label in found if label.startswith("Pause")] == [f"Pause {'b' * 35} …"]
    assert all(len(data.encode()) <= MOST_DATA for data in found.values())


def test_more_strategies_than_a_screen_has_room_for_are_counted() -> None:
    shown = rendered("strategies", of_ids(*(f"s{n}" for n in range(14)))).text.plain
    assert "… and 3 more" in shown


def test_a_pause_after_losses_is_shown_with_its_end() -> None:
    pause = {"strategy": "trend", "losses": 3, "until": "2026-03-02T15:00:00+00:00"}
    shown = rendered("strategies", {**DATA, "tradingStates": [{**STATE, "pauses": [pause]}]}).text.plain
    assert "trend is paused after 3 losses until 2026-03-02 15:00:00 UTC" in shown
