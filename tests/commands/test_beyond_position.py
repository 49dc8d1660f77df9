"""Reduce-only executions that arrive before that of their entry: a comparison takes both in, by their time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from commands.exchange import AnyReport
from domain.direction import Purpose, Side
from domain.order import OrderFilled
from domain.reconciliation import DiscrepancyFound, ReconciliationBegun
from domain.streams import order_stream
from domain.venue import Execution
from tests.commands.desk import Desk, a_fill_of, chain_of, long, names
from tests.commands.test_reconciler import Looking
from tests.commands.test_reconciling import Trader
from tests.domain.history import ACCOUNT, BTC, NOW, D


class Entered:
    """A desk with a sent entry, and the reports of its execution and of its stop's."""

    def __init__(self) -> None:
        self.desk = Desk().opened()
        chain = chain_of(self.desk.see(long()))
        self.entry, self.stop = f"{chain}-e1", f"{chain}-s1"
        self.quantity: Decimal = self.desk.world.state(order_stream(ACCOUNT, self.entry)).terms.quantity
        self.in_, self.out = self.of_entry("x1", self.quantity), self.of_stop("x2", self.quantity)

    def of_entry(self, execution_id: str, quantity: Decimal) -> AnyReport:
        return a_fill_of(self.entry, execution_id, quantity, D(100))

    def of_stop(self, execution_id: str, quantity: Decimal) -> AnyReport:
        return a_fill_of(self.stop, execution_id, quantity, D(98))

    def fills(self) -> Sequence[str]:
        events = (one.event for one in self.desk.log.envelopes)
        return [one.execution_id for one in events if isinstance(one, OrderFilled)]


def test_the_execution_of_a_stop_before_that_of_its_entry_begins_a_comparison_and_books_nothing() -> None:
    entered = Entered()
    (begun,) = entered.desk.tell(entered.out)
    assert begun.event == ReconciliationBegun(
        f"execution x2 of the reduce-only order {entered.stop} is {entered.quantity.normalize():f}, and the log has 0 "
        f"{BTC} to reduce"
    )
    assert not entered.desk.world.portfolio.positions
    assert not any(isinstance(one.event, DiscrepancyFound) for one in entered.desk.log.envelopes)


@pytest.mark.parametrize("together", [True, False])
def test_the_execution_of_a_stop_after_that_of_its_entry_is_booked(together: bool) -> None:
    entered = Entered()
    for batch in [[entered.in_, entered.out]] if together else [[entered.in_], [entered.out]]:
        entered.desk.tell(*batch)
    assert entered.fills() == ["x1", "x2"]
    assert not entered.desk.world.portfolio.positions


def test_executions_that_are_repeated_before_it_count_once() -> None:
    entered = Entered()
    half = entered.of_entry("x1", entered.quantity / 2)
    entered.desk.tell(half)
    recorded = entered.desk.tell(half, half, entered.out)
    assert names(recorded) == ["ReconciliationBegun"]
    assert entered.fills() == ["x1"]


def test_a_part_of_a_stop_that_is_larger_than_the_rest_of_the_position_is_not_booked() -> None:
    entered = Entered()
    entered.desk.tell(entered.of_entry("x1", entered.quantity / 2))
    assert names(entered.desk.tell(entered.out)) == ["ReconciliationBegun"]
    assert entered.desk.world.portfolio.positions[BTC].state.quantity == entered.quantity / 2


class Late:
    """An exchange whose list of executions lacks those that open, as long as `is_late`."""

    def __init__(self, exchange: Any) -> None:
        self._exchange, self.is_late = exchange, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def executions(self, since: datetime) -> Sequence[Execution]:
        listed: Sequence[Execution] = self._exchange.executions(since)
        return [one for one in listed if not self.is_late or one.side is Side.SELL]


def a_stopped_out_trader() -> Looking:
    """Its entry has filled and its stop has closed the position, and both reports were lost."""
    looking = Looking(Trader())
    looking.desk.see(long())
    for price in ("100", "90"):
        looking.trader.trades_at(price, lost=True)
    return looking


def purposes(looking: Looking) -> Sequence[Purpose]:
    orders = looking.desk.world.states
    return [
        orders[one.meta.stream].terms.purpose
        for one in looking.desk.log.envelopes
        if isinstance(one.event, OrderFilled)
    ]


def test_a_comparison_takes_the_executions_of_entry_and_stop_in_by_their_time() -> None:
    looking = a_stopped_out_trader()
    looking.reconciler.run(NOW, ())
    assert purposes(looking) == [Purpose.ENTRY, Purpose.STOP]
    assert not looking.desk.world.portfolio.positions
    assert looking.reconciler.run(NOW, ()).left == 0


def test_a_list_without_the_entry_leaves_the_stop_unbooked_until_the_entry_is_in_it() -> None:
    looking = a_stopped_out_trader()
    late = Late(looking.venue)
    reconciler = looking.over(late)
    for _ in range(2):
        reconciler.run(NOW, ())
    assert purposes(looking) == []
    assert looking.desk.world.portfolio.discrepancies.unresolved
    late.is_late = False
    for _ in range(3):
        reconciler.run(NOW, ())
    assert purposes(looking) == [Purpose.ENTRY, Purpose.STOP]
    assert not looking.desk.world.portfolio.positions
