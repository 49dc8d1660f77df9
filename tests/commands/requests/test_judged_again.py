"""A request during whose append another engine records something: it is judged again on the new state."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commands.door import Completed, Declined
from commands.request import PlaceOrder, TripKillSwitch
from domain.direction import Purpose
from domain.log import Envelope
from domain.order import OrderPlaced
from tests.commands.desk import Desk, folded, snapshot
from tests.commands.list_log import InterruptedLog, ListLog
from tests.commands.requests.asking import TERMS, Asking

Rival = Callable[[Asking], object]


def an_interrupted_person(rival_does: Rival) -> Asking:
    """The rival's events are recorded directly before the first append that follows."""
    eve, rival = Asking(), Asking()
    log = InterruptedLog(eve.desk.log.envelopes, lambda: None)
    eve.desk = Desk(log)
    eve.desk.driver.refresh()

    def come_first() -> None:
        log.before = lambda: None
        rival.desk = Desk(ListLog(log.envelopes))
        rival.desk.at = eve.desk.at
        rival.desk.driver.refresh()
        rival_does(rival)
        ListLog.append(log, rival.desk.log.envelopes[log.head() :])

    log.before = come_first
    return eve


def _trips(rival: Asking) -> None:
    rival.accepted(TripKillSwitch("stop"), "rival")


def _enters(rival: Asking) -> None:
    rival.accepted(PlaceOrder(TERMS), "rival")


@pytest.mark.parametrize(
    ("rival_does", "reason", "orders"),
    [
        (_trips, "the kill switch is tripped", 0),
        (_enters, "waits in BTCUSDT-LINEAR.BYBIT", 1),
    ],
    ids=["the kill switch was tripped", "another entry waits"],
)
def test_an_entry_that_is_not_permitted_any_more_is_declined(
    rival_does: Rival, reason: str, orders: int
) -> None:
    eve = an_interrupted_person(rival_does)
    answer = eve.ask(PlaceOrder(TERMS), "in")
    assert isinstance(answer, Declined)
    assert reason in answer.reason
    assert len(_entries(eve)) == orders
    assert eve.desk.exchange.letters == []
    assert folded(eve.desk.log) == snapshot(eve.desk.world)


def test_an_entry_that_another_engine_placed_under_the_same_key_is_answered_as_repeated() -> None:
    eve = an_interrupted_person(lambda rival: rival.accepted(PlaceOrder(TERMS), "in"))
    answer = eve.ask(PlaceOrder(TERMS), "in")
    assert isinstance(answer, Completed)
    assert answer.repeated
    assert len(_entries(eve)) == 1
    assert eve.desk.exchange.letters == []


def _entries(asking: Asking) -> list[Envelope]:
    placed = [one for one in asking.desk.log.envelopes if isinstance(one.event, OrderPlaced)]
    return [
        one for one in placed if isinstance(one.event, OrderPlaced) and one.event.purpose is Purpose.ENTRY
    ]
