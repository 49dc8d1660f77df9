"""A trader misses reports of a venue; the differences are found, and the remedies remove all of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from adapters.simulated import SimulatedExchange
from commands.exchange import Amended, Exchange, OrderReport
from commands.instrument import ListInstrument
from commands.order import CancelOrder, PlaceOrder
from commands.outgoing import unconfirmed
from commands.reconciliation import recorded
from commands.remedies import remedy
from commands.statements import our_statement, statements, their_statement
from domain.candle import Candle
from domain.direction import Direction, Purpose, Side
from domain.errors import Refused
from domain.order import OrderStatus, OrderType
from domain.reconciliation import DiscrepancyFound
from domain.reconciliation.comparing import differences
from domain.reconciliation.differences import (
    Difference,
    ExecutionMissing,
    OrderUnknownToThem,
    ProtectiveStopMissing,
    RulesDiffer,
    StatusDiffers,
)
from domain.streams import order_stream
from tests.adapters.simulated.scene import FIVE, SMOOTH
from tests.commands.an_order import PLACED
from tests.commands.desk import Desk, chain_of, long
from tests.domain.history import ACCOUNT, BTC, ETH, NOW, D, an_instrument
from tests.domain.test_differences import an_order
from tests.replacing import replace

SHORT = long(direction=Direction.SHORT, stop=D(102), target=D(94), trend=-0.5)
RULES = an_instrument(BTC)


class Trader:
    """A desk that trades on a simulated venue; the reports of a candle may be lost."""

    def __init__(self) -> None:
        self.desk = Desk()
        rules = {name: an_instrument(name) for name in (BTC, ETH)}
        wide = replace(SMOOTH, price_band=D("0.3"))
        self._market = SimulatedExchange(rules, "USDT", D(10_000), D(5), wide, 1)
        self.venue: Exchange = self._market
        self.desk.sends_to(self.venue)
        self.desk.opened()

    def trades_at(self, price: str, *, lost: bool = False) -> None:
        """Sends a candle at this price to the venue, which then processes all earlier requests."""
        opened = max(self.desk.at, self.venue.server_time())
        self._market.on_candles([_flat(BTC, opened, price), _flat(ETH, opened, price)])
        self.desk.at = opened + FIVE
        reports = self.venue.reports()
        if not lost:
            self.desk.tell(*reports)

    def differences(self) -> Sequence[Difference]:
        our = our_statement(self.desk.world)
        under_way = {request.order_id for request in unconfirmed(self.desk.world, {})}
        their = their_statement(self.venue, our, NOW)
        arrived = {order_id for order_id in under_way if self.venue.order(order_id) is not None}
        found = differences(our, their, tolerance=D("1e-9"), under_way=under_way - arrived)
        named = statements(self.desk.world, self.venue, NOW)
        assert differences(*named, tolerance=D("1e-9"), under_way=under_way - arrived) == found
        return found

    def remedy_all(self, found: Sequence[Difference]) -> None:
        for one in found:
            answer = remedy(one, self.venue.venue, self.desk.at)
            if isinstance(answer, OrderReport):
                self.desk.tell(answer)


def _flat(instrument: str, opened: datetime, price: str) -> Candle:
    figure = D(price)
    return Candle(
        instrument=instrument,
        interval=FIVE,
        open_time=opened,
        open=figure,
        high=figure,
        low=figure,
        close=figure,
        volume=D(100_000),
    )


class Walk:
    """A random trader in a random market."""

    def __init__(self, trader: Trader, chance: random.Random) -> None:
        self.trader, self._chance, self._price, self._count = trader, chance, 100, 0

    def step(self, *, lost: bool) -> None:
        self._chance.choice((self._signal, self._order, self._cancel, lambda: None))()
        self._price = min(max(self._price + self._chance.randint(-3, 3), 90), 110)
        self.trader.trades_at(str(self._price), lost=lost)

    def _signal(self) -> None:
        signal = self._chance.choice((long(), SHORT))
        scale = D(self._price) / 100
        instrument = self._chance.choice((BTC, ETH))
        self.trader.desk.see(
            replace(
                signal,
                instrument=instrument,
                price=D(self._price),
                stop=(signal.stop * scale).quantize(D("0.1")),
                target=(signal.target * scale).quantize(D("0.1")),
            )
        )

    def _order(self) -> None:
        self._count += 1
        side = self._chance.choice(tuple(Side))
        kind = self._chance.choice((OrderType.MARKET, OrderType.LIMIT))
        limit = D(self._price + self._chance.randint(-2, 2)) if kind is OrderType.LIMIT else None
        terms = replace(
            PLACED,
            side=side,
            type=kind,
            limit_price=limit,
            purpose=Purpose.MANUAL,
            reduce_only=self._chance.random() < 0.4,
            fresh_until=self.trader.desk.at + timedelta(hours=1),
        )
        self.trader.desk.ask(PlaceOrder(f"w{self._count}", terms, RULES), cause=f"command:{self._count}")

    def _cancel(self) -> None:
        portfolio = self.trader.desk.world.portfolio
        working = [*portfolio.entries, *portfolio.exits]
        if working:
            self._count += 1
            try:
                order_id = self._chance.choice(working)
                self.trader.desk.ask(CancelOrder(order_id, "enough"), cause=f"command:{self._count}")
            except Refused:
                return


@pytest.mark.parametrize("seed", range(12))
def test_a_trader_that_receives_every_report_has_no_difference(seed: int) -> None:
    walk = Walk(Trader(), random.Random(seed))
    for _step in range(30):
        walk.step(lost=False)
        assert walk.trader.differences() == []


@pytest.mark.parametrize("seed", range(25))
def test_after_missed_reports_the_remedies_remove_every_difference(seed: int) -> None:
    chance = random.Random(seed)
    walk = Walk(Trader(), chance)
    seen = 0
    for _step in range(30):
        walk.step(lost=chance.random() < 0.4)
        found = walk.trader.differences()
        seen += len(found)
        walk.trader.remedy_all(found)
        assert walk.trader.differences() == []
    assert seen


def entered() -> tuple[Trader, str]:
    trader = Trader()
    chain = chain_of(trader.desk.see(long()))
    trader.trades_at("100")
    assert trader.desk.world.portfolio.positions
    return trader, chain


def test_a_missed_fill_is_recorded_once_however_often_it_is_found() -> None:
    trader = Trader()
    trader.desk.see(long())
    trader.trades_at("100", lost=True)
    found = trader.differences()
    assert ExecutionMissing in {type(one) for one in found}
    trader.remedy_all(found)
    head = trader.desk.log.head()
    trader.remedy_all(found)
    assert trader.desk.log.head() == head
    held, (there, *_) = trader.desk.world.portfolio.positions[BTC], trader.venue.positions()
    assert (held.state.quantity, held.state.average_price) == (there.quantity, there.average_price)


def test_a_stop_cancelled_at_the_venue_is_found_as_a_missing_protective_stop() -> None:
    trader, chain = entered()
    trader.venue.cancel(f"{chain}-s1", trader.desk.at)
    trader.trades_at("100", lost=True)
    (found,) = trader.differences()
    assert isinstance(found, ProtectiveStopMissing)
    assert found.found == f"the stop at 98.0 protects {BTC} here, and the exchange has cancelled it"
    trader.remedy_all([found])
    state = trader.desk.world.state(order_stream(ACCOUNT, f"{chain}-s1"))
    assert state.status is OrderStatus.CANCELLED
    assert trader.differences() == []


def test_an_order_that_the_venue_does_not_have_is_rejected() -> None:
    trader = Trader()
    trader.desk.sends_to(SimulatedExchange({}, "USDT", D(1), D(1), SMOOTH, 1))
    trader.desk.ask(PlaceOrder("abc-e1", PLACED, RULES), cause="command:1")
    our = our_statement(trader.desk.world)
    found = differences(our, their_statement(trader.venue, our, NOW))
    assert [type(one) for one in found] == [OrderUnknownToThem]
    trader.remedy_all(found)
    assert trader.desk.world.state(order_stream(ACCOUNT, "abc-e1")).status is OrderStatus.REJECTED


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (OrderStatus.CANCELLED, OrderStatus.ACCEPTED),
        (OrderStatus.EXPIRED, OrderStatus.TRIGGERED),
    ],
)
def test_an_order_ended_here_has_no_remedy_of_its_status(ours: OrderStatus, theirs: OrderStatus) -> None:
    assert (
        remedy(StatusDiffers(subject="o", ours=ours, theirs=an_order("o", status=theirs)), "test", NOW)
        is None
    )


@pytest.mark.parametrize("status", [OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED])
def test_an_order_that_the_venue_cut_and_filled_gets_the_quantity_of_the_venue(status: OrderStatus) -> None:
    """A reduce-only order is cut with its position. Where that report is missed, no execution fills the rest."""
    theirs = replace(an_order("o", status=OrderStatus.FILLED), quantity=D(4), filled=D(4))
    answer = remedy(StatusDiffers(subject="o", ours=status, theirs=theirs), "test", NOW)
    assert isinstance(answer, Amended)
    assert (answer.quantity, answer.limit_price, answer.trigger_price) == (D(4), D(100), None)


def test_rules_changed_at_the_venue_are_listed_again() -> None:
    trader, _ = entered()
    our = our_statement(trader.desk.world)
    their = their_statement(trader.venue, our, NOW)
    dearer = replace(RULES, taker_fee=D("0.001"))
    (found,) = differences(our, replace(their, instruments={**their.instruments, BTC: dearer}))
    assert isinstance(found, RulesDiffer)
    command = remedy(found, "test", NOW)
    assert isinstance(command, ListInstrument)
    trader.desk.ask(command, cause="exchange:test:rules")
    assert trader.desk.world.portfolio.instruments[BTC] == dearer


def test_a_difference_without_a_remedy_is_recorded_once() -> None:
    trader, _ = entered()
    our = our_statement(trader.desk.world)
    their = their_statement(trader.venue, our, NOW)
    found = differences(our, replace(their, balances={"USDT": our.balances["USDT"] - 5}))
    commands = [recorded(one) for one in found if remedy(one, "test", NOW) is None]
    for _twice in range(2):
        trader.desk.ask(*commands, cause="clock:reconciled")
    recorded_events = [
        one.event for one in trader.desk.log.envelopes if isinstance(one.event, DiscrepancyFound)
    ]
    assert [one.discrepancy_id for one in recorded_events] == ["difference:BalanceDiffers:USDT:-5"]
    assert trader.desk.world.portfolio.discrepancies.unresolved == {"difference:BalanceDiffers:USDT:-5"}
