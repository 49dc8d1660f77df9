"""All strategies at once: what the screen showed is paused or resumed, each once, by the second tap and no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.roles import Role
from infra.run.clock import utc_now
from infra.telegram.api import ApiDown, ApiRefused
from infra.telegram.mutations import PAUSE_STRATEGY, RESUME_STRATEGY
from infra.telegram.screen_key import EXPIRES
from tests.infra.telegram.test_desk import TRADER, VIEWER
from tests.infra.telegram.test_journal import buttons
from tests.infra.telegram.test_screens import ACCOUNT, DATA, STATE, rendered
from tests.infra.telegram.test_trading import REFUSED, UNKNOWN, Trader

pytestmark = pytest.mark.anyio


def of_strategies(running: Sequence[str], paused: Sequence[str]) -> Mapping[str, Any]:
    """The data of an account with these strategies."""
    settings = {"strategies": [{"id": one, "strategy": "trend"} for one in (*running, *paused)]}
    return {
        **DATA,
        "accounts": [{**ACCOUNT, "settings": settings}],
        "tradingStates": [{**STATE, "paused": list(paused)}],
    }


@pytest.fixture
def bench(tmp_path: Path) -> Trader:
    made = Trader(tmp_path)
    made.outside.data = of_strategies(["fast", "slow"], ["scan", "held"])
    return made


def names(bench: Trader, document: str) -> list[str]:
    return [one["strategy"] for one in bench.sent(document)]


@pytest.mark.parametrize(
    ("button", "confirm", "document", "wanted", "done"),
    [
        (
            "❚❚ Pause all …",
            "Pause all of these now",
            PAUSE_STRATEGY,
            ["fast", "slow"],
            "2 strategies are paused.",
        ),
        (
            "▶ Resume all …",
            "Resume all of these now",
            RESUME_STRATEGY,
            ["scan", "held"],
            "2 strategies are resumed.",
        ),
    ],
)
async def test_all_that_are_concerned_are_switched_by_the_second_tap_each_with_a_key_of_its_own(
    bench: Trader, button: str, confirm: str, document: str, wanted: Sequence[str], done: str
) -> None:
    await bench.type(TRADER, "/strategies")
    await bench.press(TRADER, button)
    assert bench.outside.mutations == []
    assert [one for one in ("fast", "slow", "scan", "held") if f"\n{one}\n" in bench.shown] == wanted
    await bench.press(TRADER, confirm)
    assert names(bench, document) == wanted
    assert len({one["key"] for one in bench.sent(document)}) == 2
    assert bench.outside.answers[-1] == done


async def test_a_strategy_that_was_paused_after_the_screen_was_shown_is_not_resumed(bench: Trader) -> None:
    await bench.type(TRADER, "/all resume")
    bench.outside.data = of_strategies(["slow"], ["scan", "held", "fast"])
    await bench.press(TRADER, "Resume all of these now")
    assert names(bench, RESUME_STRATEGY) == ["scan", "held"]


async def test_without_a_known_outcome_the_same_button_goes_on_with_the_same_keys(bench: Trader) -> None:
    await bench.type(TRADER, "/all pause")
    bench.outside.responses[PAUSE_STRATEGY] = UNKNOWN
    button = bench.buttons["Pause all of these now"]
    await bench.tap(TRADER, button)
    assert names(bench, PAUSE_STRATEGY) == ["fast"]
    assert "Whether this was carried out is not known." in bench.outside.answers[-1]
    del bench.outside.responses[PAUSE_STRATEGY]
    await bench.tap(TRADER, button)
    assert names(bench, PAUSE_STRATEGY) == ["fast", "fast", "slow"]
    first, again, _ = bench.sent(PAUSE_STRATEGY)
    assert first == again
    assert bench.outside.answers[-1] == "2 strategies are paused."


async def test_a_refusal_of_the_token_after_an_attempt_without_an_outcome_leaves_it_open(
    bench: Trader,
) -> None:
    await bench.type(TRADER, "/all pause")
    button = bench.buttons["Pause all of these now"]
    bench.outside.breaks += [ApiDown("no answer"), ApiRefused("FORBIDDEN", "this token is not in force")]
    await bench.tap(TRADER, button)
    await bench.tap(TRADER, button)
    assert [one.split(".")[0] for one in bench.outside.answers[-2:]] == [
        "Whether this was carried out is not known"
    ] * 2


async def test_a_token_that_is_refused_at_the_first_attempt_changes_nothing(bench: Trader) -> None:
    await bench.type(TRADER, "/all pause")
    bench.outside.breaks.append(ApiRefused("FORBIDDEN", "this token is not in force"))
    await bench.press(TRADER, "Pause all of these now")
    assert bench.outside.answers[-1].startswith("This was not carried out")
    assert names(bench, PAUSE_STRATEGY) == ["fast"]


async def test_strategies_that_are_refused_are_named_with_their_reasons(bench: Trader) -> None:
    await bench.type(TRADER, "/all pause")
    bench.outside.responses[PAUSE_STRATEGY] = REFUSED
    await bench.press(TRADER, "Pause all of these now")
    assert bench.outside.answers[-1] == (
        "2 strategies were not changed: fast: beyond risk.max_positions; slow: beyond risk.max_positions"
    )


async def test_a_late_tap_an_old_button_and_one_of_a_viewer_switch_nothing(bench: Trader) -> None:
    bench.now = utc_now()
    await bench.type(TRADER, "/all resume")
    button = bench.buttons["Resume all of these now"]
    await bench.tap(TRADER, button, is_late=True)
    await bench.tap(VIEWER, button)
    bench.now += EXPIRES + timedelta(seconds=1)
    await bench.tap(TRADER, button)
    assert bench.outside.mutations == []


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("/all", "Send /all pause or /all resume."),
        ("/all stop", "Send /all pause or /all resume."),
        ("/all resume", "No strategy of this account is concerned."),
    ],
)
async def test_a_screen_without_anything_to_confirm_states_why(bench: Trader, words: str, shown: str) -> None:
    bench.outside.data = of_strategies(["fast", "slow"], [])
    await bench.type(TRADER, words)
    assert shown in bench.shown
    assert not any(one.endswith("now") for one in bench.buttons)


def test_the_buttons_are_those_that_have_something_to_do_for_whoever_may() -> None:
    found = buttons(rendered("strategies", of_strategies(["fast", "slow"], [])))
    assert found["❚❚ Pause all …"] == "open:all:pause/main"
    assert "▶ Resume all …" not in found
    assert "❚❚ Pause all …" not in buttons(
        rendered("strategies", of_strategies(["fast", "slow"], []), Role.VIEWER)
    )
    assert "❚❚ Pause all …" not in buttons(rendered("strategies", of_strategies(["one"], [])))
