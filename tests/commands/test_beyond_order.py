"""Executions beyond their order: the report begins a comparison, and the exchange's other statements decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from commands.exchange import Amended, AnyReport
from commands.inputs import MarketMoved
from domain.direction import Side
from domain.market import Trade
from domain.order import OrderFilled, OrderOverfilled
from domain.reconciliation import ReconciliationBegun
from domain.streams import order_stream
from domain.venue import Execution, VenueOrder, VenuePosition
from tests.commands.an_order import PLACE, PLACED
from tests.commands.desk import Desk, a_fill_of, chain_of, long, names
from tests.commands.test_reconciler import Looking
from tests.domain.history import ACCOUNT, BTC, ETH, NOW, D
from tests.replacing import replace


def a_desk() -> tuple[Desk, str, Decimal]:
    """A desk with a sent entry, the id of the entry, and its quantity."""
    desk = Desk().opened()
    entry = f"{chain_of(desk.see(long()))}-e1"
    return desk, entry, desk.world.state(order_stream(ACCOUNT, entry)).terms.quantity


def an_amendment(order_id: str, quantity: Decimal) -> Amended:
    fact = f"exchange:test:amended-{quantity}"
    return Amended(
        order_id=order_id, at=NOW, fact=fact, quantity=quantity, limit_price=None, trigger_price=None
    )


def test_a_report_beyond_its_order_begins_a_comparison_that_names_it_and_books_nothing() -> None:
    desk, entry, quantity = a_desk()
    (begun,) = desk.tell(a_fill_of(entry, "x1", quantity + 100_000, D(100)))
    assert begun.event == ReconciliationBegun(
        f"execution x1 of {quantity + 100_000} at 100 is {D('100000.000')} beyond the order {entry} as the log knows it"
    )
    assert not desk.world.portfolio.positions
    assert not desk.world.portfolio.account.tripped


def test_the_execution_of_an_ended_order_that_is_reported_again_under_another_id_books_nothing() -> None:
    desk, entry, quantity = a_desk()
    desk.tell(a_fill_of(entry, "x1", quantity, D(100)))
    assert names(desk.tell(a_fill_of(entry, "x2", quantity, D(100)))) == ["ReconciliationBegun"]
    assert desk.world.portfolio.positions[BTC].state.quantity == quantity


def a_moved_market(desk: Desk, price: Decimal) -> None:
    traded = Trade(instrument=BTC, at=desk.at, trade_id="t", side=Side.BUY, price=price, quantity=D(1))
    desk.handle(MarketMoved(desk.at, (traded,)))


@pytest.mark.parametrize("price", ["500.1", "19.9", "1000000000000"])
def test_a_report_at_a_price_far_from_the_market_begins_a_comparison_and_books_nothing(price: str) -> None:
    desk, entry, quantity = a_desk()
    a_moved_market(desk, D(100))
    assert names(desk.tell(a_fill_of(entry, "x1", quantity, D(price)))) == ["ReconciliationBegun"]
    assert not desk.world.portfolio.positions


def test_a_report_worse_than_the_limit_begins_a_comparison_and_one_after_the_amendment_is_booked() -> None:
    desk = Desk().opened()
    desk.ask(PLACE, cause="command:in")
    worse = a_fill_of("abc-e1", "x1", PLACED.quantity, D("100.1"))
    assert names(desk.tell(worse)) == ["ReconciliationBegun"]
    amended = replace(an_amendment("abc-e1", PLACED.quantity), limit_price=D(101))
    desk.tell(amended)
    assert "OrderFilled" in names(desk.tell(worse))


@pytest.mark.parametrize(
    ("side", "instrument"), [(Side.SELL, BTC), (Side.BUY, ETH)], ids=["side", "instrument"]
)
def test_a_report_of_another_side_or_instrument_than_its_order_begins_a_comparison_and_books_nothing(
    side: Side, instrument: str
) -> None:
    desk, entry, quantity = a_desk()
    true = replace(a_fill_of(entry, "x1", quantity, D(100)), side=Side.BUY, instrument=BTC)
    (begun,) = desk.tell(replace(true, side=side, instrument=instrument))
    assert begun.event == ReconciliationBegun(
        f"execution x1 is {side} {instrument}, and its order {entry} is BUY {BTC}"
    )
    assert not desk.world.portfolio.positions
    desk.tell(true)
    assert desk.world.portfolio.positions[BTC].state.quantity == quantity


def test_an_execution_of_a_full_order_that_is_repeated_begins_nothing() -> None:
    desk, entry, quantity = a_desk()
    fill = a_fill_of(entry, "x1", quantity, D(100))
    assert "ReconciliationBegun" not in names(desk.tell(fill, fill))
    assert desk.tell(fill) == []


def test_executions_in_one_batch_are_judged_after_those_before_them() -> None:
    desk, entry, quantity = a_desk()
    recorded = desk.tell(*(a_fill_of(entry, name, quantity * D("0.75"), D(100)) for name in ("x1", "x2")))
    assert names(recorded).count("OrderFilled") == 1
    assert names(recorded)[-1] == "ReconciliationBegun"


@pytest.mark.parametrize("together", [True, False])
def test_an_execution_that_fits_the_amended_order_is_booked(together: bool) -> None:
    desk, entry, quantity = a_desk()
    reports: Sequence[AnyReport] = [
        an_amendment(entry, quantity * 2),
        a_fill_of(entry, "x1", quantity * 2, D(100)),
    ]
    for batch in [reports] if together else [[one] for one in reports]:
        desk.tell(*batch)
    assert desk.world.portfolio.positions[BTC].state.quantity == quantity * 2
    assert not desk.world.portfolio.account.tripped


class Overstating:
    """An exchange that lists one more execution of the order, where `more` is above 0; with `is_true` its statements of
    the order and the position contain it, too; with `is_larger` the order was enlarged by as much. `side` is that of
    the execution.
    """

    def __init__(self, exchange: Any, order_id: str) -> None:
        self._exchange, self._order_id = exchange, order_id
        self.more, self.is_true, self.is_larger = D(0), False, False
        self.side = Side.BUY

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def executions(self, since: datetime) -> Sequence[Execution]:
        listed: Sequence[Execution] = self._exchange.executions(since)
        own = [one for one in listed if one.order_id == self._order_id]
        return (
            [*listed, replace(own[0], execution_id="again", quantity=self.more, side=self.side)]
            if self.more
            else listed
        )

    def order(self, order_id: str) -> VenueOrder | None:
        found: VenueOrder | None = self._exchange.order(order_id)
        if found is None or order_id != self._order_id or not self.is_true:
            return found
        larger = self.more if self.is_larger else D(0)
        return replace(found, filled=found.filled + self.more, quantity=found.quantity + larger)

    def positions(self) -> Sequence[VenuePosition]:
        held: Sequence[VenuePosition] = self._exchange.positions()
        more = self.more if self.is_true else D(0)
        return [replace(one, quantity=one.quantity + more) for one in held]


class Overfilled(Looking):
    """A trader with a position, and an exchange that may overstate the executions of its entry."""

    def __init__(self, *, lost: bool = False) -> None:
        """With `lost` the reports of the entry's fill are lost."""
        super().__init__()
        self.entry = f"{chain_of(self.desk.see(long()))}-e1"
        self.held: Decimal = self.desk.world.state(order_stream(ACCOUNT, self.entry)).terms.quantity
        self.trader.trades_at("100", lost=lost)
        self.exchange = Overstating(self.venue, self.entry)
        self.comparing = self.over(self.exchange)

    def fills(self) -> int:
        return sum(isinstance(one.event, OrderFilled) for one in self.desk.log.envelopes)

    def compare_twice(self) -> None:
        for _ in range(2):
            self.comparing.run(NOW, ())


@pytest.mark.parametrize("more", ["100000", "5"], ids=["a false number", "listed again"])
def test_an_execution_that_only_the_list_contains_is_a_discrepancy_and_not_booked(more: str) -> None:
    over = Overfilled()
    fills, balance = over.fills(), over.desk.world.portfolio.account.balance
    over.exchange.more = D(more)
    over.compare_twice()
    portfolio = over.desk.world.portfolio
    assert portfolio.discrepancies.unresolved == {f"difference:ExecutionBeyondOrder:{over.entry}:again"}
    (found,) = over.found()
    assert f"execution again of {more} at " in found
    assert (over.fills(), portfolio.account.balance, portfolio.account.tripped) == (fills, balance, "")
    assert portfolio.positions[BTC].state.quantity == over.held
    over.exchange.more = D(0)
    over.compare_twice()
    assert over.desk.world.portfolio.discrepancies.unresolved, "a person has not looked yet"


def test_an_execution_that_the_exchange_states_everywhere_later_is_booked_and_its_discrepancy_resolved() -> (
    None
):
    over = Overfilled()
    fills = over.fills()
    over.exchange.more = D("0.5")
    over.compare_twice()
    assert (over.fills(), len(over.desk.world.portfolio.discrepancies.unresolved)) == (fills, 1)
    over.exchange.is_true = True
    over.comparing.run(NOW, ())
    assert (over.fills(), over.desk.world.portfolio.discrepancies.unresolved) == (fills + 1, frozenset())


def test_an_overfill_that_the_exchange_states_everywhere_is_booked_once_and_trips_the_kill_switch() -> None:
    over = Overfilled()
    fills = over.fills()
    over.exchange.more, over.exchange.is_true = D("0.5"), True
    over.compare_twice()
    assert over.fills() == fills + 1
    events = [one.event for one in over.desk.log.envelopes]
    assert OrderOverfilled(D("0.5")) in events
    assert (
        over.desk.world.portfolio.account.tripped
        == f"order {over.entry} was filled 0.500 beyond its quantity"
    )
    assert over.desk.world.portfolio.positions[BTC].state.quantity == over.held + D("0.5")


def test_the_executions_of_an_order_that_somebody_has_enlarged_are_booked_after_its_terms() -> None:
    over = Overfilled(lost=True)
    over.exchange.more, over.exchange.is_true, over.exchange.is_larger = D("0.5"), True, True
    over.comparing.run(NOW, ())
    portfolio = over.desk.world.portfolio
    assert portfolio.positions[BTC].state.quantity == over.held + D("0.5")
    assert not portfolio.account.tripped
    assert not any(isinstance(one.event, OrderOverfilled) for one in over.desk.log.envelopes)


def test_an_execution_of_the_other_side_is_a_discrepancy_until_the_list_states_the_side_of_its_order() -> (
    None
):
    over = Overfilled(lost=True)
    over.exchange.more, over.exchange.is_true, over.exchange.is_larger = D("0.5"), True, True
    over.exchange.side = Side.SELL
    over.compare_twice()
    mistaken = f"difference:ExecutionMistaken:{over.entry}:again"
    assert mistaken in over.desk.world.portfolio.discrepancies.unresolved
    assert f"execution again is SELL 0.5 {BTC} at " in "".join(over.found())
    assert over.desk.world.portfolio.positions[BTC].state.quantity == over.held
    over.exchange.side = Side.BUY
    over.comparing.run(NOW, ())
    portfolio = over.desk.world.portfolio
    assert portfolio.positions[BTC].state.quantity == over.held + D("0.5")
    assert mistaken not in portfolio.discrepancies.unresolved
