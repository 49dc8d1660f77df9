"""A request during whose append another engine records something: it is judged again on the new state."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commands.door import Completed, Declined
from commands.request import PlaceOrder, TripKillSwitch
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


def test_an_entry_is_declined_after_another_engine_has_tripped_the_kill_switch() -> None:
    eve = an_interrupted_person(lambda rival: rival.accepted(TripKillSwitch("stop"), "rival"))
    answer = eve.ask(PlaceOrder(TERMS), "in")
    assert isinstance(answer, Declined)
    assert "the kill switch is tripped" in answer.reason
    assert not [one for one in eve.desk.log.envelopes if isinstance(one.event, OrderPlaced)]
    assert eve.desk.exchange.letters == []
    assert folded(eve.desk.log) == snapshot(eve.desk.world)


@pytest.mark.parametrize(
    ("key", "orders", "repeated"), [("in", 3, True), ("rival", 6, False)], ids=["the same", "another"]
)
def test_entries_of_two_engines_are_carried_out_once_for_each_key(
    key: str, orders: int, repeated: bool
) -> None:
    """Under the same key it is the same request, which is carried out once."""
    eve = an_interrupted_person(lambda rival: rival.accepted(PlaceOrder(TERMS), key))
    answer = eve.ask(PlaceOrder(TERMS), "in")
    assert isinstance(answer, Completed)
    assert answer.repeated is repeated
    placed = [one for one in eve.desk.log.envelopes if isinstance(one.event, OrderPlaced)]
    assert len(placed) == orders
    assert len({one.meta.stream for one in placed}) == orders
