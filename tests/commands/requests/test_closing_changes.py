"""Submitted changes that are tighter and would close open positions at once: they are held, and state how many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from commands.account import SettleBalance
from commands.request import ReviewSettings, SubmitSettings
from commands.requests import closing_changes
from domain.account import BalanceReason
from domain.directions import DIRECTIONS, MAY_CLOSE
from domain.held import Review, id_of
from domain.management.settings import ManagementSettings
from domain.position import PositionClosing
from domain.settings import OnDailyLoss, OnKill, RiskSettings, Settings
from tests.commands.test_managing import Managed
from tests.domain.history import BTC, D

LOOSE = ManagementSettings(largest_loss=D("0.2"), time_limit_seconds=86_400)


def test_each_setting_that_may_close_positions_has_its_count() -> None:
    assert closing_changes.CLOSING.keys() == MAY_CLOSE.keys()
    assert all(DIRECTIONS[name] is not DIRECTIONS["risk.on_kill"] for name in MAY_CLOSE)


def submitted(held: Managed, changes: Mapping[str, str]) -> Sequence[tuple[str, int]]:
    """Submits the changes; returns the names of those that are held, with how many positions they could close."""
    held.asks(SubmitSettings(changes, "tighter"))
    return [(one.name, one.closes) for one in held.desk.world.portfolio.settings.held]


def is_closing(held: Managed) -> bool:
    return any(isinstance(one.event, PositionClosing) for one in held.desk.log.envelopes)


def test_a_shorter_time_limit_is_held_once_a_position_was_held_for_as_long_and_is_in_force_before() -> None:
    held = Managed(LOOSE)
    assert submitted(held, {"management.time_limit_seconds": "3600"}) == []
    held.desk.at += timedelta(minutes=30)
    assert submitted(held, {"management.time_limit_seconds": "1200"}) == [
        ("management.time_limit_seconds", 1)
    ]
    held.trades("100", seconds=0.5)
    assert not is_closing(held)
    held.asks(ReviewSettings(id_of(held.desk.world.portfolio.settings.held), Review.APPLY, "seen"))
    held.trades("100", seconds=0.5)
    assert is_closing(held), "the rule closes the position, so that the change was held for a reason"


@pytest.mark.parametrize(
    ("price", "limit", "expected"),
    [
        ("99", "0.05", []),
        ("99", "0.005", [("management.largest_loss", 1)]),
        ("", "0.05", [("management.largest_loss", 1)]),
    ],
    ids=["the loss is smaller", "the loss has reached it", "no price is known"],
)
def test_a_smaller_largest_loss_is_held_where_the_loss_of_a_position_may_have_reached_it(
    price: str, limit: str, expected: Sequence[tuple[str, int]]
) -> None:
    held = Managed(LOOSE)
    if price:
        held.trades(price)
    assert submitted(held, {"management.largest_loss": limit}) == expected


def lost(held: Managed) -> Managed:
    """A tenth of the balance has gone today, and the position is open."""
    balance = held.desk.world.portfolio.account.balance
    held.desk.ask(SettleBalance(BalanceReason.FUNDING, -balance / 10), cause="exchange:test:fee")
    return held


@pytest.mark.parametrize("on_kill", list(OnKill))
def test_a_limit_of_the_day_that_is_reached_is_held_where_a_trip_would_close_positions(
    on_kill: OnKill,
) -> None:
    risk = RiskSettings(on_daily_loss=OnDailyLoss.TRIP, on_kill=on_kill, max_daily_loss=D("0.5"))
    held = lost(Managed(settings=Settings(risk=risk)))
    expected = [("risk.max_daily_loss", 1)] if on_kill is OnKill.CLOSE else []
    assert submitted(held, {"risk.max_daily_loss": "0.2"}) == []
    assert submitted(held, {"risk.max_daily_loss": "0.05"}) == expected


def test_a_trip_at_the_loss_of_a_day_is_held_where_the_loss_is_reached_and_would_close_positions() -> None:
    risk = RiskSettings(on_kill=OnKill.CLOSE, max_daily_loss=D("0.05"))
    held = lost(Managed(settings=Settings(risk=risk)))
    assert submitted(held, {"risk.on_daily_loss": "TRIP"}) == [("risk.on_daily_loss", 1)]
    assert BTC in held.desk.world.portfolio.positions


def test_the_settings_that_close_nothing_are_in_force_beside_one_that_is_held() -> None:
    held = Managed(LOOSE)
    held.desk.at += timedelta(minutes=30)
    changes = {"management.time_limit_seconds": "60", "risk.max_positions": "1"}
    assert submitted(held, changes) == [("management.time_limit_seconds", 1)]
    assert held.desk.world.portfolio.settings.settings.risk.max_positions == 1


def test_a_tighter_setting_is_held_where_it_closes_positions_without_what_is_held_beside_it() -> None:
    risk = RiskSettings(on_daily_loss=OnDailyLoss.TRIP, on_kill=OnKill.CLOSE, max_daily_loss=D("0.5"))
    held = lost(Managed(settings=Settings(risk=risk)))
    changes = {"risk.max_daily_loss": "0.05", "risk.on_kill": "HOLD", "risk.max_positions": "1"}
    assert submitted(held, changes) == [("risk.max_daily_loss", 1), ("risk.on_kill", 0)]
    in_force = held.desk.world.portfolio.settings.settings.risk
    assert (in_force.max_daily_loss, in_force.on_kill, in_force.max_positions) == (D("0.5"), OnKill.CLOSE, 1)
