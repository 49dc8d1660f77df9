"""An exchange restored from the log gives the same reports as the exchange that ran without interruption."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from adapters.simulated import SimulatedExchange
from adapters.tapes import merge
from commands.exchange import AnyReport, NotSent, OrderEntry
from commands.guarding import Guard
from commands.outgoing import Amendment, unconfirmed
from commands.sender import Sender, SentReport
from domain.candle import Candle
from domain.market import MarketView
from domain.order import OrderAmendRequested, OrderStatus
from domain.streams import parse
from domain.venue import VenueOrder
from infra.run.paper import PaperRun
from infra.run.simulation import rules_of
from tests.adapters.simulated.scene import START, after_candles
from tests.commands.list_log import ListLog
from tests.infra.run.asking import ask
from tests.infra.run.test_by_hand import PLAN, SCRIPT, TAPES
from tests.replacing import replace

AHEAD = 60
INSTANTS: Sequence[tuple[datetime, Sequence[Candle]]] = list(merge(TAPES))


class Uninterrupted:
    """A run with the requests of SCRIPT on an exchange that is never restored."""

    def __init__(self) -> None:
        self.exchanges: list[SimulatedExchange] = []
        self.log = ListLog()
        self.run = PaperRun(PLAN, self.log, lambda _envelope: None, self._plugged)

    def _plugged(self, exchange: OrderEntry) -> OrderEntry:
        assert isinstance(exchange, SimulatedExchange)
        self.exchanges.append(exchange)
        return exchange

    def to(self, upto: int) -> SimulatedExchange:
        """Plays the tapes up to this instant with the requests of SCRIPT; returns the exchange."""
        for number, _instant in enumerate(self.run.instants()):
            for key, make in SCRIPT.get(number, ()):
                ask(self.run, key, make(self.run))
            if number == upto:
                break
        return self.exchanges[0]


def restored(uninterrupted: Uninterrupted, at: datetime) -> tuple[SimulatedExchange, Sequence[SentReport]]:
    """The restored exchange, and the reports after the requests that had not arrived were sent again."""
    amendments = {
        parse(envelope.meta.stream).id: Amendment(envelope.event, envelope.meta.recorded_at)
        for envelope in uninterrupted.log.envelopes
        if isinstance(envelope.event, OrderAmendRequested)
    }
    settings, world = PLAN.settings.simulation, uninterrupted.run.world
    exchange = SimulatedExchange.restored(world, rules_of(settings), settings.seed, at)
    return exchange, Sender(exchange, lambda: at, Guard(world, MarketView())).resume(
        unconfirmed(world, amendments), exchange
    )


def after(exchange: SimulatedExchange, number: int) -> list[AnyReport]:
    reports: list[AnyReport] = []
    for _at, candles in INSTANTS[number + 1 : number + 1 + AHEAD]:
        reports.extend(after_candles(exchange, candles))
    return reports


@pytest.mark.parametrize("number", [0, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 30, *range(40, 300, 40)])
def test_a_restored_exchange_gives_the_same_later_reports_and_balances(number: int) -> None:
    uninterrupted = Uninterrupted()
    exchange = uninterrupted.to(number)
    again, not_sent = restored(uninterrupted, INSTANTS[number][0])
    assert not_sent == []
    assert (again.balance, again.available) == (exchange.balance, exchange.available)
    assert after(again, number) == after(exchange, number)
    assert (again.balance, again.available) == (exchange.balance, exchange.available)


@pytest.mark.parametrize("number", [5, 10, 40, 120])
def test_a_restored_exchange_returns_the_same_positions_balances_and_orders(number: int) -> None:
    uninterrupted = Uninterrupted()
    exchange = uninterrupted.to(number)
    again, _ = restored(uninterrupted, INSTANTS[number][0])
    assert (again.positions(), again.balances()) == (exchange.positions(), exchange.balances())
    assert [_timeless(one) for one in again.open_orders()] == [
        _timeless(one) for one in exchange.open_orders()
    ]


def _timeless(found: VenueOrder) -> VenueOrder:
    return replace(found, created_at=START, updated_at=START)


def test_an_entry_that_expired_before_its_arrival_is_not_sent_again_nor_is_its_protection() -> None:
    uninterrupted = Uninterrupted()
    uninterrupted.to(4)
    world = uninterrupted.run.world
    in_transit = {
        order_id
        for order_id, entry in world.portfolio.entries.items()
        if entry.order.status is OrderStatus.PLACED
    }
    assert len(in_transit) == 2
    later = INSTANTS[5][1][0].open_time + timedelta(hours=1)
    number = next(n for n, (_at, candles) in enumerate(INSTANTS) if candles[0].open_time > later)
    exchange, reports = restored(uninterrupted, later)
    unsent = [report.order_id for report in reports if isinstance(report, NotSent)]
    assert len(unsent) == len(reports) == 4
    assert in_transit < set(unsent)
    assert after(exchange, number - 1) == []
    assert all(exchange.order(order_id) is None for order_id in unsent)
