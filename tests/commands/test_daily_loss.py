"""A day's loss that reaches its limit trips the kill switch, with `risk.on_daily_loss = TRIP`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from commands.account import ResetKillSwitch
from commands.order import PlaceOrder
from commands.settings import ChangeSettings
from domain.account import KillSwitchTripped
from domain.daily_loss import DailyLoss, loss_of_day
from domain.order import OrderType
from domain.settings import OnDailyLoss, OnKill, RiskSettings, Settings
from domain.sizing.settings import SizingRule, SizingSettings
from domain.streams import account_stream
from tests.commands.an_order import RULES
from tests.commands.desk import Desk, a_fill_of, chain_of, folded, funding, long, names, snapshot
from tests.domain.history import ACCOUNT, BTC, ETH, D, an_order
from tests.replacing import replace

NO_FEE = D(0)
LIMIT = D("0.001")
"""Of a balance of 10,000 that the day begins with: 10."""


def a_desk(**limits: Any) -> Desk:
    risk = replace(
        RiskSettings(minimum_win_rate=D(0), max_daily_loss=LIMIT, on_daily_loss=OnDailyLoss.TRIP), **limits
    )
    sizing = SizingSettings(rule=SizingRule.FIXED, quantity=D(5))
    return Desk().opened(Settings(risk=risk, sizing=sizing))


def held(desk: Desk, instrument: str = BTC, fee: Decimal = NO_FEE) -> str:
    """The chain of a position of 5 that was opened at 100."""
    chain = chain_of(desk.see(long(instrument=instrument)))
    desk.tell(a_fill_of(f"{chain}-e1", f"in-{chain}", D(5), D(100), fee))
    return chain


def lose(desk: Desk, chain: str, price: Decimal, fee: Decimal = NO_FEE) -> list[str]:
    return names(desk.tell(a_fill_of(f"{chain}-s1", f"out-{chain}", D(5), price, fee)))


@pytest.mark.parametrize(
    ("price", "fee", "trips"),
    [
        ("98.002", "0", False),
        ("98", "0", True),
        ("98.5", "2.4", False),
        ("98.5", "2.5", True),
        ("90", "0", True),
    ],
    ids=["loss below", "loss at the limit", "loss and fee below", "loss and fee at the limit", "loss above"],
)
def test_a_realised_loss_at_the_limit_trips_the_switch(price: str, fee: str, trips: bool) -> None:
    desk = a_desk()
    followed = lose(desk, held(desk), D(price), D(fee))
    assert ("KillSwitchTripped" in followed) is trips
    assert folded(desk.log) == snapshot(desk.world)


def test_the_trip_is_caused_by_the_change_of_the_balance_and_states_the_loss() -> None:
    desk = a_desk()
    lose(desk, held(desk), D(90))
    (tripped,) = (one for one in desk.log.envelopes if isinstance(one.event, KillSwitchTripped))
    assert tripped.event == KillSwitchTripped("the day's loss of 50 has reached its limit of 10.000")
    assert tripped.meta.actor == "engine"
    cause = next(one for one in desk.log.envelopes if str(one.meta.event_id) == tripped.meta.causation_id)
    assert names([cause]) == ["BalanceChanged"]


def test_the_trip_withdraws_a_waiting_entry_and_names_it_with_the_other_position() -> None:
    desk = a_desk()
    first = held(desk)
    held(desk, ETH)
    resting = an_order(type=OrderType.LIMIT, limit_price=D(90))
    desk.ask(PlaceOrder("mine", resting, RULES), cause="command:1")
    followed = lose(desk, first, D(90))
    assert followed[-2:] == ["KillSwitchTripped", "OrderCancelRequested"]
    (tripped,) = (one.event for one in desk.log.envelopes if isinstance(one.event, KillSwitchTripped))
    assert "mine" in tripped.entries
    assert tripped.positions == (f"position-{ACCOUNT}-{ETH}-LONG-1",)


@pytest.mark.parametrize(("on_kill", "closes"), [(OnKill.HOLD, 0), (OnKill.CLOSE, 1)])
def test_the_trip_does_with_other_positions_what_on_kill_says(on_kill: OnKill, closes: int) -> None:
    desk = a_desk(on_kill=on_kill)
    first = held(desk)
    held(desk, ETH)
    assert lose(desk, first, D(90)).count("PositionClosing") == closes


@pytest.mark.parametrize(("on_kill", "closes"), [(OnKill.HOLD, 0), (OnKill.CLOSE, 1)])
def test_the_fee_of_an_entry_at_the_limit_trips_and_its_position_is_one_of_the_moment_of_the_trip(
    on_kill: OnKill, closes: int
) -> None:
    desk = a_desk(on_kill=on_kill)
    chain = chain_of(desk.see(long()))
    followed = names(desk.tell(a_fill_of(f"{chain}-e1", "in", D(5), D(100), D(10))))
    assert (followed.count("KillSwitchTripped"), followed.count("PositionClosing")) == (1, closes)


def test_funding_at_the_limit_trips_the_switch() -> None:
    desk = a_desk()
    held(desk)
    assert "KillSwitchTripped" in names(desk.tell(funding("f1", D(-10))))


def test_with_refuse_a_loss_above_the_limit_trips_nothing() -> None:
    desk = a_desk(on_daily_loss=OnDailyLoss.REFUSE)
    assert "KillSwitchTripped" not in lose(desk, held(desk), D(90))


def test_after_a_reset_a_gain_trips_nothing_and_the_next_loss_trips_again() -> None:
    desk = a_desk()
    first = held(desk)
    held(desk, ETH)
    lose(desk, first, D(90))
    desk.ask(ResetKillSwitch("looked into it"), cause="command:1")
    assert "KillSwitchTripped" not in names(desk.tell(funding("f1", D(1), ETH)))
    assert "KillSwitchTripped" in names(desk.tell(funding("f2", D("-0.1"), ETH)))


def test_an_account_before_its_first_day_has_lost_nothing() -> None:
    desk = a_desk()
    unbegun = replace(desk.world.state(account_stream(ACCOUNT)), day="", day_balance=D(0))
    assert loss_of_day(unbegun, LIMIT) == DailyLoss(D(-10_000), D("0.000"))
    assert not loss_of_day(unbegun, LIMIT).is_reached


def test_a_log_whose_loss_is_above_the_limit_already_trips_at_its_next_loss() -> None:
    """Such as the log of an earlier version, or one whose limit was lowered."""
    desk = a_desk(on_daily_loss=OnDailyLoss.REFUSE)
    first = held(desk)
    held(desk, ETH)
    assert "KillSwitchTripped" not in lose(desk, first, D(90))
    settings = desk.world.portfolio.settings.settings
    trips = replace(settings, risk=replace(settings.risk, on_daily_loss=OnDailyLoss.TRIP))
    assert "KillSwitchTripped" not in names(desk.ask(ChangeSettings(trips), cause="command:trip"))
    assert "KillSwitchTripped" in names(desk.tell(funding("f1", D("-0.1"), ETH)))
