"""A target that has grown at Bybit with its entry, and fills before the log knows its quantity, is no overfill."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta

import pytest

from adapters.bybit import BybitExchange
from adapters.simulated.server import VenueServer, VirtualClock
from commands.exchange import AnyReport, Filled
from commands.order import PlaceOrder
from commands.reconciling import Reconciler
from domain.direction import Purpose, Side
from domain.order import Closed, OrderOverfilled, OrderPlaced, OrderStatus, OrderType, Working
from domain.streams import order_stream
from projections.orders import ORDERS
from tests.adapters.bybit.bench import SYMBOL, BybitBench
from tests.adapters.bybit.test_reconciling import BybitTrader
from tests.adapters.simulated.still_market import PRINTED, show_and_trade
from tests.commands.an_order import PLACED
from tests.commands.desk import folded, snapshot
from tests.commands.test_reconciling import RULES
from tests.domain.history import ACCOUNT, D
from tests.projections.folded import folded as rows
from tests.projections.folded import table
from tests.replacing import replace

FIRST, REST = "0.4", "0.6"


class Growing(BybitTrader):
    """A trader whose entry for 1.0 at 99, with stop and target, has filled 0.4, which the log knows."""

    def __init__(self, bench: BybitBench) -> None:
        super().__init__(bench)
        until = self.desk.at + timedelta(hours=1)
        entry = replace(PLACED, quantity=D(1), limit_price=D(99), purpose=Purpose.MANUAL, fresh_until=until)
        leg = replace(entry, side=Side.SELL, reduce_only=True, parent="entry", limit_price=None)
        placed: Sequence[tuple[str, OrderPlaced]] = [
            ("entry", entry),
            ("stop", replace(leg, type=OrderType.STOP, trigger_price=D(95), purpose=Purpose.STOP)),
            ("target", replace(leg, type=OrderType.LIMIT, limit_price=D(103), purpose=Purpose.TARGET)),
        ]
        self.desk.ask(*(PlaceOrder(name, terms, RULES) for name, terms in placed), cause="command:bought")
        self.hears(self.at("99", FIRST))
        assert self.of("target").terms.quantity == D(FIRST)

    def at(self, price: str, volume: str) -> Sequence[AnyReport]:
        """The reports of so much volume at the price."""
        self.bench.trades_at(price, volume=volume)
        return self._reports()

    def target_fills_in_parts(self) -> Sequence[AnyReport]:
        """The reports of the target's executions at two levels of the book; those of its terms are lost."""
        self.bench.venue.do(_thin)
        self.bench.hear()
        return [one for one in self._reports() if isinstance(one, Filled) and one.order_id == "target"]

    def _reports(self) -> Sequence[AnyReport]:
        self.desk.at = max(self.desk.at, self.bench.now())
        return self.venue.reports()

    def compares_with(self, exchange: BybitExchange) -> None:
        world, handle = self.desk.world, self.desk.driver.handle
        Reconciler(world, exchange, handle, lambda: self.desk.at).run(self.began, ())

    def hears(self, reports: Sequence[AnyReport]) -> None:
        self.desk.tell(*reports)

    def of(self, order_id: str) -> Working | Closed:
        state = self.desk.world.state(order_stream(ACCOUNT, order_id))
        assert isinstance(state, Working | Closed)
        return state


def _thin(server: VenueServer) -> None:
    """103 trades, for which the book buys 0.4; it buys the rest for 102."""
    assert isinstance(server.clock, VirtualClock)
    server.clock.advance(1_000)
    show_and_trade(server.venue, SYMBOL, D(101), D(10), server.clock.market())
    book = server.venue.markets[SYMBOL].book
    book.set_foreign(Side.SELL, D(101), D(0))
    for price, quantity in ((103, FIRST), (102, "10")):
        book.set_foreign(Side.BUY, D(price), D(quantity))
    server.venue.trade(SYMBOL, Side.BUY, D(103), PRINTED, server.clock.market())


@pytest.mark.parametrize("reported", [1, 2], ids=["the second part is lost", "both parts are reported"])
def test_a_target_that_grew_unseen_and_fills_in_parts_is_booked_and_trips_nothing(
    bench: BybitBench, reported: int
) -> None:
    trader = Growing(bench)
    trader.at("99", REST)
    executions = trader.target_fills_in_parts()
    assert len(executions) == 2
    for one in executions[:reported]:
        trader.hears([one])
    assert trader.of("target").status is OrderStatus.FILLED
    trader.compares_with(bench.exchange)
    assert_all_is_booked(trader)


def test_a_target_that_grew_unseen_and_filled_while_no_engine_ran_is_booked_after_the_restart(
    bench: BybitBench,
) -> None:
    trader = Growing(bench)
    trader.at("99", REST)
    first, _ = trader.target_fills_in_parts()
    trader.hears([first])
    placed = {name: trader.of(name).terms for name in ("entry", "stop", "target")}
    with closing(BybitBench(bench.venue, placed, key=bench.key)) as again:
        trader.compares_with(again.exchange)
    assert_all_is_booked(trader)


def assert_all_is_booked(trader: Growing) -> None:
    portfolio = trader.desk.world.portfolio
    assert not any(isinstance(one.event, OrderOverfilled) for one in trader.desk.log.envelopes)
    assert not portfolio.account.tripped
    assert (trader.of("target").filled, dict(portfolio.positions)) == (D(1), {})
    assert trader.differences() == []
    events = trader.desk.log.envelopes
    assert folded(trader.desk.log) == snapshot(trader.desk.world)
    last = next(one for one in reversed(events) if one.meta.stream == order_stream(ACCOUNT, "target"))
    row = table(rows(ORDERS, events), "orders")[ACCOUNT, "target"]
    assert row["closed_at"] == last.meta.occurred_at
