"""The venue behind HTTP, with the real pybit, and the venue in this process do the same with the same orders."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal

import pytest

from adapters.simulated.matched import MatchedExchange, MatchedRules
from adapters.simulated.matched_market import in_ms
from adapters.simulated.server import VenueServer, VirtualClock
from adapters.simulated.venue.played import (
    Event,
    PlayedMarket,
    Printed,
    Quoted,
    Snapshot,
    emptied_first,
)
from commands.exchange import Exchange, Ticket
from domain.direction import Side
from domain.errors import ExchangeRefused
from domain.market import BookUpdate, MarketEvent, Trade
from domain.venue import Execution
from tests.adapters.bybit.bench import SYMBOL, WIDE, BybitBench, bybit_venue
from tests.adapters.simulated.book_walk import TICK, BookWalk
from tests.adapters.simulated.scene import NO_LATENCY
from tests.adapters.simulated.still_market import PRINTED
from tests.commands.exchange_contract import LONG_AGO, Session

D = Decimal
STEPS, COMPARED_EVERY = 100, 20


class Doors:
    """Both doors, at one time of the market, with accounts of the same money."""

    def __init__(self, bench: BybitBench, chance: random.Random) -> None:
        self._bench, self._walk = bench, BookWalk(bench.instrument.id, chance)
        rules = MatchedRules(latency=NO_LATENCY, price_band=WIDE)
        listed = {bench.instrument.id: bench.instrument}
        self.matched = MatchedExchange(listed, "USDT", D(10_000), D(10), rules, bench.now())
        self.served: Exchange = bench.exchange
        self.matched.on_market([_first_trade(bench)], bench.now())
        self.move()

    @property
    def middle(self) -> Decimal:
        return self._walk.middle

    def now(self) -> datetime:
        return self._bench.now()

    def move(self) -> None:
        """Plays the next moment of the market through both doors."""
        self._bench.venue.do(_advance)
        now = self.now()
        events = self._walk.events(now)
        self._bench.venue.do(lambda server: _play(server, events, in_ms(now)))
        self.matched.on_market(events, now)
        self.hear()

    def submit(self, tickets: Sequence[Ticket]) -> None:
        for door in (self.served, self.matched):
            with suppress(ExchangeRefused):
                door.submit(tickets)
        self.hear()

    def cancel(self, order_id: str) -> None:
        for door in (self.served, self.matched):
            with suppress(ExchangeRefused):
                door.cancel(order_id, self.now())
        self.hear()

    def amend(self, order_id: str, quantity: Decimal | None, limit: Decimal | None) -> None:
        for door in (self.served, self.matched):
            with suppress(ExchangeRefused):
                door.amend(order_id, self.now(), quantity=quantity, limit_price=limit, trigger_price=None)
        self.hear()

    def hear(self) -> None:
        """Lets what was sent arrive, and reads the reports."""
        self.matched.on_market([], self.now())
        self._bench.hear()
        for door in (self.served, self.matched):
            door.reports()


def _first_trade(bench: BybitBench) -> Trade:
    """The trade with which the bench began."""
    return Trade(
        instrument=bench.instrument.id,
        at=bench.now(),
        trade_id="first",
        side=Side.BUY,
        price=D(100),
        quantity=PRINTED,
    )


def _advance(server: VenueServer) -> None:
    assert isinstance(server.clock, VirtualClock)
    server.clock.advance(1_000)


def _play(server: VenueServer, events: Sequence[MarketEvent], now: int) -> None:
    player = PlayedMarket(server.venue, server.venue.markets[SYMBOL])
    for event in events:
        for one in _recorded(event, now):
            player.play(one, now)
        if isinstance(event, BookUpdate):
            player.follow(now)
    server.venue.advance(now)


def _recorded(event: MarketEvent, now: int) -> Sequence[Event]:
    """The event as a recording has it."""
    if isinstance(event, Trade):
        return [Printed(now, event.side, event.price, event.quantity)]
    assert isinstance(event, BookUpdate)
    levels = [
        Quoted(now, side, level.price, level.size)
        for side, shown in ((Side.BUY, event.bids), (Side.SELL, event.asks))
        for level in shown
    ]
    return [Snapshot(now, levels)] if event.snapshot else emptied_first(levels)


class Orders:
    """A seeded flow of orders of every kind."""

    def __init__(self, doors: Doors, session: Session, chance: random.Random) -> None:
        self._doors, self._session, self._chance = doors, session, chance
        self.sent: list[str] = []

    def step(self) -> None:
        kinds = (self._single, self._single, self._bracket, self._bracket, self._cancel, self._amend)
        self._chance.choice(kinds)()

    def _single(self) -> None:
        kind, price = self._chance.choice(("market", "limit", "limit", "trigger")), str(self._near())
        ticket = self._session.order(
            self._name(),
            self._chance.choice((Side.BUY, Side.SELL)),
            self._chance.choice(("0.5", "1.2", "2.5", "7")),
            limit=price if kind == "limit" else None,
            trigger=price if kind == "trigger" else None,
            reduce_only=self._chance.random() < 0.3,
        )
        self._doors.submit([ticket])

    def _bracket(self) -> None:
        side = self._chance.choice((Side.BUY, Side.SELL))
        limit = self._chance.choice((None, str(self._near())))
        entry = self._session.order(self._name(), side, "1.4", limit=limit)
        around = [str(self._doors.middle + TICK * away) for away in (-12, 12)]
        stop, target = around if side is Side.BUY else reversed(around)
        tickets = self._session.bracket(entry, stop, target)
        self.sent.extend(ticket.order_id for ticket in tickets[1:])
        self._doors.submit(tickets)

    def _cancel(self) -> None:
        if self.sent:
            self._doors.cancel(self._chance.choice(self.sent))

    def _amend(self) -> None:
        if self.sent:
            quantity = self._chance.choice((None, D("0.9"), D(3)))
            limit = self._chance.choice((None, self._near())) if quantity else self._near()
            self._doors.amend(self._chance.choice(self.sent[-8:]), quantity, limit)

    def _near(self) -> Decimal:
        return self._doors.middle + TICK * self._chance.randint(-6, 6)

    def _name(self) -> str:
        self.sent.append(f"o{len(self.sent)}")
        return self.sent[-1]


def trade(one: Execution) -> tuple[object, ...]:
    return (
        one.at,
        one.order_id,
        one.instrument,
        one.side,
        one.price,
        one.quantity,
        one.fee,
        one.fee_currency,
        one.liquidity,
    )


def trades(door: Exchange) -> list[tuple[object, ...]]:
    return sorted(map(trade, door.executions(LONG_AGO)), key=repr)


def held(door: Exchange, tick: Decimal) -> list[tuple[object, ...]]:
    """The positions, with the decimals that Bybit's API shows: eight of an entry price, a tick of a liquidation's."""
    return [
        (
            one.instrument,
            one.direction,
            one.quantity,
            one.average_price.quantize(D("1e-8")),
            one.liquidation_price and one.liquidation_price.quantize(tick),
        )
        for one in door.positions()
    ]


@pytest.fixture
def bench() -> Iterator[BybitBench]:
    with bybit_venue() as venue:
        bench = BybitBench(venue)
        yield bench
        bench.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_doors_give_the_same_fills_fees_positions_and_balances(bench: BybitBench, seed: int) -> None:
    chance = random.Random(seed)
    doors = Doors(bench, chance)
    orders = Orders(doors, Session(bench), chance)
    for step in range(STEPS):
        orders.step()
        doors.move()
        if step % COMPARED_EVERY == 0:
            assert held(doors.matched, TICK) == held(doors.served, TICK), (seed, step)
    assert trades(doors.matched) == trades(doors.served)
    assert held(doors.matched, TICK) == held(doors.served, TICK)
    (money,), (shown,) = doors.matched.balances(), doors.served.balances()
    assert money.balance == shown.balance
    # The API shows eight decimals of each reservation.
    assert abs(money.available - shown.available) < D("1e-7")
    listed = {one.order_id: one for one in doors.served.open_orders()}
    assert {one.order_id for one in doors.matched.open_orders()} == set(listed)
    assert len(trades(doors.served)) > 50
