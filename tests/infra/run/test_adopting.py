"""A log is resumed with other settings: refused, or adopted from its end on, and played the same ever after."""

from __future__ import annotations

from dataclasses import replace as changed
from decimal import Decimal

import pytest

from adapters.tapes import Tape, synthetic_tape
from domain.errors import TapeMismatch
from domain.filters.settings import FilterSettings
from domain.regimes.settings import RegimeSettings
from domain.settings import RiskSettings, Settings, SettingsChanged, SimulationSettings, StrategySettings
from infra.run.plan import Plan, plan_of
from tests.commands.list_log import ListLog
from tests.journeys.runs import play

D = Decimal
(TAPE,) = synthetic_tape(4, ["BTCUSDT"], candles=600)
BEFORE = Settings()
AFTER = Settings(risk=RiskSettings(max_positions=1, allowed=("BTCUSDT-LINEAR.BYBIT",)), reverse_others=True)


def plan(
    settings: Settings, *, adopt: bool = False, tape: Tape = TAPE, older: Settings | None = None
) -> Plan:
    return changed(plan_of([tape], "paper", D(10_000), D(1), settings, older), adopt=adopt)


def shorter(candles: int) -> Tape:
    return changed(TAPE, candles=TAPE.candles[:candles])


def in_force(log: ListLog) -> list[SettingsChanged]:
    events = (one.envelope.event for one in log.read())
    return [event for event in events if isinstance(event, SettingsChanged)]


def test_changed_settings_are_in_force_from_the_end_of_the_log_on() -> None:
    log = ListLog()
    first = play(plan(BEFORE, tape=shorter(300)), log)
    whole = play(plan(AFTER, adopt=True), log)
    assert whole[: len(first)] == first
    assert [one.settings for one in in_force(log)] == [BEFORE, AFTER]
    (adopted,) = [one for one in whole if isinstance(one.event, SettingsChanged) and one.event.version == 2]
    assert adopted.meta.actor == "settings"
    assert adopted.meta.occurred_at >= first[-1].meta.occurred_at


def test_a_log_with_adopted_settings_is_played_again_to_the_same_events() -> None:
    log = ListLog()
    play(plan(BEFORE, tape=shorter(300)), log)
    whole = play(plan(AFTER, adopt=True), log)
    assert play(plan(AFTER), log) == whole
    assert play(plan(AFTER, adopt=True), log) == whole


def test_settings_that_were_set_back_after_an_adoption_are_refused() -> None:
    log = ListLog()
    play(plan(BEFORE, tape=shorter(300)), log)
    play(plan(AFTER, adopt=True, tape=shorter(500)), log)
    with pytest.raises(
        TapeMismatch, match=r"has adopted settings with another risk\.allowed, .* \(version 2\)"
    ):
        play(plan(BEFORE), log)


def test_settings_of_a_tape_that_was_played_to_its_end_are_adopted_there() -> None:
    log = ListLog()
    first = play(plan(BEFORE), log)
    whole = play(plan(AFTER, adopt=True), log)
    assert len(whole) == len(first) + 1
    assert isinstance(whole[-1].event, SettingsChanged)


def test_adopted_settings_can_be_changed_back() -> None:
    log = ListLog()
    play(plan(BEFORE), log)
    play(plan(AFTER, adopt=True), log)
    play(plan(BEFORE, adopt=True), log)
    assert [one.settings for one in in_force(log)] == [BEFORE, AFTER, BEFORE]


def test_unchanged_settings_leave_no_event() -> None:
    log = ListLog()
    first = play(plan(BEFORE), log)
    assert play(plan(BEFORE, adopt=True), log) == first


def test_without_being_asked_for_changed_settings_are_refused_with_the_way_out() -> None:
    log = ListLog()
    play(plan(BEFORE), log)
    with pytest.raises(TapeMismatch, match=r"max_positions is 5 in the log and 1 here.*--adopt-settings"):
        play(plan(AFTER), log)


@pytest.mark.parametrize(
    "fixed",
    [
        Settings(simulation=SimulationSettings(seed=8)),
        Settings(strategies=(StrategySettings("trend", {"fast": "7"}),)),
        Settings(filters=FilterSettings(minimum_adx=20.0)),
        Settings(regimes=RegimeSettings(confirmations=1)),
        Settings(groups={"memes": ("DOGE", "SHIB")}),
    ],
)
@pytest.mark.parametrize("adopt", [True, False])
def test_settings_that_are_fixed_when_a_log_is_opened_are_never_adopted(
    fixed: Settings, *, adopt: bool
) -> None:
    log = ListLog()
    first = play(plan(BEFORE), log)
    with pytest.raises(TapeMismatch, match=r"in the log and .* here; choose another log with --log"):
        play(plan(fixed, adopt=adopt), log)
    assert [one.envelope for one in log.read()] == first


def test_a_log_of_a_version_with_another_default_keeps_what_it_recorded() -> None:
    """Its minimum win rate was a default; the default on tapes is 0 now."""
    now = changed(BEFORE, risk=changed(BEFORE.risk, minimum_win_rate=D(0)))
    log = ListLog()
    first = play(plan(BEFORE), log)
    assert play(plan(now, older=BEFORE), log) == first
    assert play(plan(now, older=BEFORE, adopt=True), log) == first
    with pytest.raises(TapeMismatch, match="minimum_win_rate"):
        play(plan(now), log)
