"""A tripped kill switch withdraws every order that could add exposure, and no order that protects a position."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.account import TripKillSwitch
from commands.exchange import Accepted, NotSent
from commands.order import PlaceOrder
from domain.account import KillSwitchTripped
from domain.order import OrderStatus, OrderType
from domain.streams import order_stream
from tests.commands.an_order import RULES
from tests.commands.desk import Desk, a_fill_of, chain_of, long, names
from tests.commands.test_sender import Stopped, about
from tests.domain.history import ACCOUNT, NOW, D, an_order
from tests.replacing import replace

TRIP = TripKillSwitch("enough for today")


def status(desk: Desk, order_id: str) -> OrderStatus:
    return desk.world.state(order_stream(ACCOUNT, order_id)).status  # type: ignore[no-any-return]


def test_an_entry_that_waits_is_cancelled_in_the_unit_of_the_trip() -> None:
    desk = Desk().opened()
    chain = chain_of(desk.see(long()))
    followed = desk.ask(TRIP, cause="command:1")
    assert names(followed) == ["KillSwitchTripped", "OrderCancelRequested"]
    tripped, cancelled = followed
    assert isinstance(tripped.event, KillSwitchTripped)
    assert cancelled.meta.causation_id == str(tripped.meta.event_id)
    assert cancelled.meta.stream == order_stream(ACCOUNT, f"{chain}-e1")
    assert (desk.exchange.letters[-1].kind, desk.exchange.letters[-1].about[0]) == ("cancel", f"{chain}-e1")


def test_a_resting_entry_of_a_person_is_cancelled() -> None:
    desk = Desk().opened()
    resting = an_order(type=OrderType.LIMIT, limit_price=D(90))
    desk.ask(PlaceOrder("mine", resting, RULES), cause="command:1")
    desk.tell(Accepted(order_id="mine", at=NOW, fact="exchange:test:1", venue_order_id="v"))
    desk.ask(TRIP, cause="command:2")
    assert status(desk, "mine") is OrderStatus.CANCEL_REQUESTED


def test_a_partially_filled_entry_is_cancelled_and_its_protection_stays() -> None:
    desk = Desk().opened()
    chain = chain_of(desk.see(long()))
    desk.tell(a_fill_of(f"{chain}-e1", "x1", D(1), D(100)))
    followed = desk.ask(TRIP, cause="command:1")
    assert names(followed) == ["KillSwitchTripped", "OrderCancelRequested"]
    assert {status(desk, f"{chain}-{leg}") for leg in ("s1", "t1")} == {OrderStatus.PLACED}


def test_an_entry_that_is_being_cancelled_is_cancelled_once() -> None:
    desk = Desk().opened()
    desk.see(long())
    desk.ask(TRIP, cause="command:1")
    assert desk.ask(TRIP, cause="command:2") == []


def test_an_entry_placed_in_the_unit_of_the_trip_is_denied_with_its_protection_and_never_sent() -> None:
    desk = Desk().opened()
    entry = an_order(type=OrderType.LIMIT, limit_price=D(90))
    stop = replace(
        entry, type=OrderType.STOP, limit_price=None, trigger_price=D(80), reduce_only=True, parent="mine"
    )
    commands = (PlaceOrder("mine", entry, RULES), PlaceOrder("mine-s", stop, RULES), TRIP)
    followed = desk.ask(*commands, cause="command:1")
    assert names(followed) == [
        "OrderPlaced",
        "OrderPlaced",
        "KillSwitchTripped",
        "OrderDenied",
        "OrderDenied",
    ]
    assert desk.exchange.letters == []


@pytest.mark.parametrize(("arrived", "never"), [(0, ("e1", "s1", "t1")), (1, ()), (3, ())])
def test_after_a_crash_a_withdrawn_entry_that_never_arrived_is_not_sent(
    arrived: int, never: tuple[str, ...]
) -> None:
    stopped = Stopped()
    if arrived:
        stopped.arrive(arrived)
    stopped.desk.ask(TRIP, cause="command:1")
    reports = stopped.resume(timedelta(seconds=1))
    assert about(reports) == [(NotSent, f"{stopped.chain}-{leg}") for leg in never]
    assert [order is None for order in stopped.there()] == [bool(never)] * 3
