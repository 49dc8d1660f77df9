"""The real engine trades at our venue through the adapter: what it recorded equals what Bybit has, or is made equal.

Reports are lost, too. A missed liquidation is not among that, because only a person settles it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from adapters.simulated.server import VenueServer
from adapters.simulated.server.execution_row import execution_push
from adapters.simulated.venue.requests import LeverageRequest
from commands.order import PlaceOrder
from commands.outgoing import unconfirmed
from commands.reconciling import Reconciler
from commands.statements import our_statement, their_statement
from domain.direction import Purpose
from domain.reconciliation import ReconciliationBegun
from domain.reconciliation.comparing import differences
from domain.reconciliation.differences import Difference, RulesDiffer
from domain.streams import order_stream
from tests.adapters.bybit.bench import SYMBOL, BybitBench
from tests.adapters.bybit.pushed import executions
from tests.adapters.bybit.test_stream import pushed_raw
from tests.commands.an_order import PLACED
from tests.commands.desk import Desk
from tests.commands.test_reconciling import RULES, Trader, Walk
from tests.domain.history import ACCOUNT, BTC, D
from tests.replacing import replace

_ROUNDED = D("1e-8")
"""Bybit states balances with eight decimals."""


class BybitTrader(Trader):
    """A desk that trades on Bybit; the reports of a price may be lost."""

    def __init__(self, bench: BybitBench) -> None:
        self.bench, self.venue = bench, bench.exchange
        self.desk = Desk()
        self.desk.sends_to(self.venue)
        self.desk.opened()
        bench.venue.do(self._set_leverage)
        self.desk.at = self.began = bench.now()

    def _set_leverage(self, server: VenueServer) -> None:
        """The desk's leverage, at which no price of a walk liquidates."""
        request = LeverageRequest(category="linear", symbol=SYMBOL, buy_leverage=D(5), sell_leverage=D(5))
        server.venue.set_leverage(self.bench.account, request, server.clock.market())

    def trades_at(self, price: str, *, lost: bool = False) -> None:
        self.bench.trades_at(price)
        self.desk.at = max(self.desk.at, self.bench.now())
        reports = self.venue.reports()
        if not lost:
            self.desk.tell(*reports)

    def differences(self) -> Sequence[Difference]:
        """Without the rules: the desk's instrument is not the venue's."""
        our = our_statement(self.desk.world)
        under_way = {request.order_id for request in unconfirmed(self.desk.world, {})}
        their = their_statement(self.venue, our, self.began)
        arrived = {order_id for order_id in under_way if self.venue.order(order_id) is not None}
        found = differences(our, their, tolerance=_ROUNDED, under_way=under_way - arrived)
        return [one for one in found if not isinstance(one, RulesDiffer)]


@pytest.mark.parametrize("seed", range(4))
def test_an_engine_that_receives_every_report_has_no_difference(bench: BybitBench, seed: int) -> None:
    walk = Walk(BybitTrader(bench), random.Random(seed))
    for _step in range(20):
        walk.step(lost=False)
        assert walk.trader.differences() == []


@pytest.mark.parametrize("seed", [0, 2, 3, 15])
def test_after_missed_reports_the_remedies_remove_every_difference(bench: BybitBench, seed: int) -> None:
    chance = random.Random(seed)
    walk = Walk(BybitTrader(bench), chance)
    seen = 0
    for _step in range(20):
        walk.step(lost=chance.random() < 0.4)
        found = walk.trader.differences()
        seen += len(found)
        known = set(walk.trader.desk.world.versions)
        walk.trader.remedy_all(found)
        left = walk.trader.differences()  # a remedy may place a stop again, whose report has not arrived
        assert not known & {order_stream(ACCOUNT, one.subject) for one in left}
        walk.trader.remedy_all(left)
        assert walk.trader.differences() == []
    assert seen


def test_an_execution_that_bybit_states_again_under_another_id_is_a_discrepancy_and_no_fill(
    bench: BybitBench,
) -> None:
    trader = BybitTrader(bench)
    desk, world = trader.desk, trader.desk.world
    terms = replace(PLACED, purpose=Purpose.MANUAL, fresh_until=desk.at + timedelta(hours=1))
    desk.ask(PlaceOrder("bought", terms, RULES), cause="command:bought")
    trader.trades_at("100")
    held, balance = world.portfolio.positions[BTC].state, world.portfolio.account.balance
    repeated = replace(bench.account.executions[-1], id="stated-again")

    def state_again(server: VenueServer) -> None:
        bench.account.executions.append(repeated)
        pushed_raw(json.dumps(executions(execution_push(repeated))).encode(), server)

    pushes = bench.exchange.pushes
    bench.venue.do(state_again)
    bench.until(lambda: bench.exchange.pushes > pushes)
    (begun,) = desk.tell(*bench.exchange.reports())
    assert isinstance(begun.event, ReconciliationBegun)
    reconciler = Reconciler(world, bench.exchange, desk.driver.handle, lambda: desk.at)
    for _ in range(2):
        reconciler.run(trader.began, ())
    assert world.portfolio.discrepancies.unresolved == {"difference:ExecutionBeyondOrder:bought:stated-again"}
    after = world.portfolio
    assert (after.positions[BTC].state, after.account.balance) == (held, balance)
    assert not after.account.tripped
