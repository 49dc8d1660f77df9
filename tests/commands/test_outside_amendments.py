"""A stop that others move at the exchange is judged by the price that the log itself decided last."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

import pytest

from commands.exchange import Accepted, Amended, AmendRefused
from commands.order import AmendOrder
from domain.order import OrderAmendRequested
from tests.commands.an_order import RULES
from tests.commands.test_processes import a_position, terms
from tests.domain.history import NOW, D


class Stop:
    """The stop of a long position, which the log decided at 98."""

    def __init__(self) -> None:
        self.desk, chain = a_position()
        self.id = f"{chain}-s1"
        self._numbers = count(1)
        self.desk.tell(Accepted(order_id=self.id, at=NOW, fact=self._fact(), venue_order_id="v1"))

    @property
    def price(self) -> Decimal | None:
        return terms(self.desk, self.id).trigger_price

    def is_moved(self, price: str) -> list[Decimal | None]:
        """The exchange states the stop at this price; returns the prices that the log requests thereupon."""
        report = Amended(
            order_id=self.id,
            at=NOW,
            fact=self._fact(),
            quantity=terms(self.desk, self.id).quantity,
            limit_price=None,
            trigger_price=D(price),
        )
        events = [one.event for one in self.desk.tell(report)]
        return [one.trigger_price for one in events if isinstance(one, OrderAmendRequested)]

    def requests(self, price: str | None = None, quantity: str | None = None) -> None:
        """The log requests another price or quantity."""
        command = AmendOrder(
            order_id=self.id,
            quantity=None if quantity is None else D(quantity),
            limit_price=None,
            trigger_price=None if price is None else D(price),
            rules=RULES,
        )
        self.desk.ask(command, cause=self._fact())

    def is_refused(self) -> None:
        report = AmendRefused(order_id=self.id, at=NOW, fact=self._fact(), reason="no change")
        self.desk.tell(report)

    def _fact(self) -> str:
        return f"exchange:test:report-{next(self._numbers)}"


def test_a_stop_moved_to_a_better_price_and_half_way_back_stays_and_beyond_is_moved_to_the_decided_price() -> (
    None
):
    stop = Stop()
    assert stop.is_moved("99") == []
    assert stop.is_moved("98.5") == []
    assert stop.is_moved("98") == []
    assert stop.price == D(98)
    assert stop.is_moved("97") == [D(98)]


def test_a_price_that_the_log_has_requested_and_the_exchange_has_taken_is_the_decided_one() -> None:
    stop = Stop()
    stop.requests("98.6")
    assert stop.is_moved("98.6") == []
    assert stop.is_moved("99") == []
    assert stop.is_moved("98.7") == []
    assert stop.is_moved("98.5") == [D("98.6")]


def test_a_price_that_the_exchange_has_refused_is_not_the_decided_one() -> None:
    stop = Stop()
    stop.requests("98.6")
    stop.is_refused()
    assert stop.is_moved("98.5") == []
    assert stop.is_moved("97") == [D(98)]


def test_an_amendment_of_the_quantity_alone_does_not_make_the_price_of_others_the_decided_one() -> None:
    stop = Stop()
    assert stop.is_moved("99") == []
    stop.requests(quantity="2")
    assert stop.is_moved("99") == []
    assert stop.is_moved("98.5") == []


@pytest.mark.parametrize("times", [1, 2])
def test_a_stop_moved_to_a_worse_price_again_and_again_is_moved_back_each_time(times: int) -> None:
    stop = Stop()
    for _ in range(times):
        assert stop.is_moved("97") == [D(98)]
        assert stop.is_moved("98") == []
