"""The screen Auto: states, proposals with their age, what blocks entries, and the buttons of start and stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from adapters.telegram.settings import Language
from commands.roles import Role
from infra.telegram.screens.auto import AUTO, SWITCH
from infra.telegram.screens.catalogue import SCREENS
from infra.telegram.screens.screen import Scene
from infra.telegram.screens.watched import AutoState, Proposed, Watched, watched_of
from infra.telegram.words import words_of
from tests.infra.telegram.test_journal import buttons
from tests.infra.telegram.test_screens import ACCOUNT, AT, DATA, NOW, POSITION, SIGNAL, STATE, rendered

BTC, ETH = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"
KEY = "0123456789abcdef"
ENTRY: Mapping[str, Any] = {
    "account": "main",
    "instrument": BTC,
    "side": "BUY",
    "quantity": "0.02",
    "limitPrice": "54000.0",
    "placedAt": AT,
    "signal": {"strategy": "trend"},
}
RUNS: Mapping[str, Any] = {**STATE, "paused": []}


def nodes(*rows: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"edges": [{"node": row} for row in rows]}


def data(
    positions: Sequence[Mapping[str, Any]] = (),
    waiting: Sequence[Mapping[str, Any]] = (),
    signals: Sequence[Mapping[str, Any]] = (),
    **more: object,
) -> Mapping[str, Any]:
    return {
        **DATA,
        "tradingStates": [RUNS],
        "positions": nodes(*positions),
        "waiting": nodes(*waiting),
        "signals": nodes(*signals),
        **more,
    }


def only(given: Mapping[str, Any]) -> Watched:
    (found,) = watched_of(given)
    return found


def closed(minutes: int, **more: object) -> Mapping[str, Any]:
    """A signal of a candle that closed so many minutes ago."""
    return {**SIGNAL, "candleClosedAt": (NOW - timedelta(minutes=minutes)).isoformat(), **more}


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (data(), AutoState.OBSERVING),
        (data(signals=[SIGNAL]), AutoState.OBSERVING),
        (data(waiting=[ENTRY]), AutoState.READY),
        (data(positions=[POSITION]), AutoState.RUNNING),
        (data(positions=[POSITION], waiting=[ENTRY]), AutoState.RUNNING),
        (data(positions=[POSITION], tradingStates=[{**RUNS, "paused": ["trend"]}]), AutoState.OFF),
        (data(waiting=[ENTRY], tradingStates=[{**RUNS, "killSwitch": "news"}]), AutoState.OFF),
        (data(positions=[{**POSITION, "owner": "scan"}]), AutoState.OBSERVING),
        (data(waiting=[{**ENTRY, "signal": None}]), AutoState.OBSERVING),
    ],
)
def test_the_state_is_the_first_that_holds(given: Mapping[str, Any], state: AutoState) -> None:
    assert only(given).state is state


def test_a_strategy_without_any_signal_holds_since_an_unknown_time() -> None:
    assert only(data()).proposed(NOW) == (Proposed.HOLD, None)


def test_a_proposal_is_as_old_as_the_first_of_the_consecutive_candles_with_it() -> None:
    given = data(signals=[closed(5), closed(20), closed(35), closed(65)])
    assert only(given).proposed(NOW) == (Proposed.SELL, NOW - timedelta(minutes=35))


def test_a_proposal_ends_an_earlier_one_of_the_other_side() -> None:
    given = data(signals=[closed(5, direction="LONG"), closed(20)])
    assert only(given).proposed(NOW) == (Proposed.BUY, NOW - timedelta(minutes=5))


def test_a_proposal_is_over_when_the_next_candle_closes_without_one() -> None:
    assert only(data(signals=[closed(14)])).proposed(NOW)[0] is Proposed.SELL
    assert only(data(signals=[closed(15)])).proposed(NOW) == (Proposed.HOLD, NOW)
    assert only(data(signals=[closed(45)])).proposed(NOW) == (Proposed.HOLD, NOW - timedelta(minutes=30))


def test_a_strategy_without_named_instruments_has_those_that_are_known() -> None:
    settings: Mapping[str, Any] = {"strategies": [{"name": "trend", "instruments": ()}]}
    account: Mapping[str, Any] = {**ACCOUNT, "settings": settings}
    given = data(accounts=[account], positions=[{**POSITION, "instrument": ETH}])
    assert [one.instrument for one in watched_of(given)] == [ETH, BTC]
    assert [one.instrument for one in watched_of(data(accounts=[account], prices=None))] == [""]


def test_only_its_own_pauses_and_its_latest_skip_keep_a_strategy_out() -> None:
    pauses = [{"strategy": one, "losses": 3, "until": AT} for one in (None, "trend", "scan")]
    reasons = ["KILL_SWITCH", "RECONCILING"]
    state = {**RUNS, "pauses": pauses, "reasons": reasons, "isHalted": True}
    shown = rendered("auto", data(signals=[closed(5, verdict="ENTER")], tradingStates=[state])).text.plain
    assert "Entries are blocked: KILL_SWITCH, RECONCILING" in shown
    assert "main is paused after 3 losses" in shown
    assert "trend is paused after 3 losses" in shown
    assert "scan is paused" not in shown
    assert "skipped" not in shown


def test_a_short_gains_when_the_price_falls_and_without_a_price_nothing_is_known() -> None:
    short = {**POSITION, "direction": "SHORT", "averagePrice": "54696.80"}
    assert "Unrealised: +1.00 USDT" in rendered("auto", data(positions=[short])).text.plain
    assert "Unrealised: -" in rendered("auto", data(positions=[short], prices=None)).text.plain


def test_a_working_entry_is_shown_with_price_quantity_and_age() -> None:
    shown = rendered("auto", data(waiting=[ENTRY])).text.plain
    assert "trend BTCUSDT-LINEAR.BYBIT  READY" in shown
    assert "entry of 0.02 at 54000 waits, placed 5 min ago" in shown


@pytest.mark.parametrize(("words", "found"), [("", True), ("TREND btc", True), ("btc scan", False)])
def test_words_after_the_command_choose_strategies_and_instruments(words: str, found: bool) -> None:
    scene = Scene(words_of(Language.EN), Role.VIEWER, NOW, words)
    assert ("trend BTCUSDT" in SCREENS["auto"].render(data(), scene).text.plain) is found


def test_a_strategy_is_started_and_stopped_on_a_screen_of_its_own() -> None:
    found = buttons(rendered("auto"))
    assert found["■ Stop trend …"] == "open:switch:main/trend"
    assert found["▶ Start scan …"] == "open:switch:main/scan"
    assert set(buttons(rendered("auto", role=Role.VIEWER))) == {"↻ Refresh", "☰ Menu"}
    assert (AUTO.role, SWITCH.role) == (Role.VIEWER, Role.TRADER)


@pytest.mark.parametrize(
    ("paused", "label", "verb"), [((), "Stop it now", "stop"), (("trend",), "Start it now", "start")]
)
def test_the_second_tap_carries_the_key_and_the_strategy(
    paused: tuple[str, ...], label: str, verb: str
) -> None:
    found = buttons(rendered("switch", {**DATA, "tradingStates": [{**STATE, "paused": paused}]}))
    assert {one: tapped for one, tapped in found.items() if one.endswith("now")} == {
        label: f"{verb}:{KEY}:main/trend"
    }
