"""The kill switch is tripped if too few of the last trades were won."""

from __future__ import annotations

from typing import Any

from commands.account import ResetKillSwitch
from commands.settings import ChangeSettings
from domain.account import KillSwitchTripped
from domain.settings import RiskSettings, Settings
from domain.signal import DecisionMade, Verdict
from tests.commands.desk import Desk, a_fill_of, chain_of, folded, long, names, snapshot
from tests.domain.history import D
from tests.replacing import replace

EASY: dict[str, Any] = {
    "cooldown_seconds": 0,
    "max_daily_loss": D(1),
    "win_rate_window": 4,
    "minimum_win_rate": D("0.5"),
}


def a_desk(**limits: Any) -> Desk:
    tiers = replace(Settings().tiers, strict_confidence=0.0, normal_confidence=0.0, relaxed_confidence=0.0)
    return Desk().opened(Settings(tiers=tiers, risk=replace(RiskSettings(), **(EASY | limits))))


def trade(desk: Desk, *, won: bool) -> list[str]:
    """One complete trade; returns the events that followed from its last fill."""
    chain = chain_of(desk.see(long()))
    placed = desk.world.portfolio.entries[f"{chain}-e1"].order.terms
    desk.tell(a_fill_of(f"{chain}-e1", f"in-{chain}", placed.quantity, D(100)))
    leg, price = ("t1", D(106)) if won else ("s1", D(98))
    followed = desk.tell(a_fill_of(f"{chain}-{leg}", f"out-{chain}", placed.quantity, price))
    return names(followed)


def play(desk: Desk, *trades: bool) -> list[bool]:
    """Whether each of these trades tripped the switch."""
    return ["KillSwitchTripped" in trade(desk, won=won) for won in trades]


def verdict(desk: Desk) -> Verdict:
    (decision,) = (one.event for one in desk.see(long()) if isinstance(one.event, DecisionMade))
    return decision.verdict


def test_a_window_below_the_minimum_win_rate_trips_the_switch() -> None:
    desk = a_desk()
    assert play(desk, False, False, True, False) == [False, False, False, True]
    (tripped,) = (one for one in desk.log.envelopes if isinstance(one.event, KillSwitchTripped))
    assert tripped.event == KillSwitchTripped("1 of the last 4 trades were won, less than 0.5 of them")
    assert tripped.meta.actor == "engine"
    cause = next(one for one in desk.log.envelopes if str(one.meta.event_id) == tripped.meta.causation_id)
    assert names([cause]) == ["PositionClosed"]
    assert verdict(desk) is Verdict.SKIP


def test_a_window_at_the_minimum_win_rate_does_not_trip_the_switch() -> None:
    assert play(a_desk(), False, True, False, True) == [False] * 4


def test_only_a_full_sliding_window_is_judged() -> None:
    assert play(a_desk(), True, True, False, False, False) == [False, False, False, False, True]


def test_after_a_reset_the_next_full_window_is_judged() -> None:
    desk = a_desk()
    play(desk, *[False] * 4)
    desk.ask(ResetKillSwitch("looked into it"), cause="command:1")
    assert play(desk, False, False, False, False) == [False, False, False, True]
    assert folded(desk.log) == snapshot(desk.world)


def test_a_minimum_of_zero_is_off_and_the_window_can_be_changed_while_trading() -> None:
    desk = a_desk(minimum_win_rate=D(0))
    assert play(desk, *[False] * 5) == [False] * 5
    settings = desk.world.portfolio.settings.settings
    on = replace(settings, risk=replace(settings.risk, minimum_win_rate=D("0.45"), win_rate_window=6))
    desk.ask(ChangeSettings(on), cause="command:1")
    assert play(desk, False) == [True]
