"""The same market leads a live run, a demo run on live prices, a backtest and a run on its candles to the same."""

# pyright: reportPrivateUsage=false
# A test waits for what the exchange of a demo run shows.

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest

from adapters.bybit import BybitFeed, Site, Wanted
from adapters.simulated.matched_feed import FedExchange
from adapters.simulated.server import VenueServer
from adapters.tapes import Tape
from commands.feed import MarketFeed
from commands.watching import Instance
from domain.candle import Candle
from domain.direction import Direction, Side
from domain.log import Envelope
from domain.order import OrderFilled, OrderPlaced
from domain.settings import RiskSettings, Settings, SimulationSettings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.sizing.settings import SizingRule, SizingSettings
from domain.strategies import Intent, Proposal, Watcher
from domain.strategies.builtin import StrategyFactory
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import candle_recording
from infra.run.live_plan import LivePlan, Wake
from infra.run.paper import PaperRun
from infra.run.plan import plan_of
from projections.behaviour import Behaviour, Leg
from projections.comparison import Comparison
from tests.adapters.bybit.bench import SYMBOL, bybit_venue
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.list_log import ListLog
from tests.infra.run.demo_desk import DemoDesk
from tests.infra.run.live_desk import BTC, FIVE, PLAN, D, LiveDesk, OnPrice
from tests.infra.run.test_paper_live_feed import show
from tests.replacing import replace

PRICES = (
    ("100", "100"), ("100", "101"), ("101", "101.5"), ("98.2", "98.2"), ("98.2", "101"), ("101", "100"),
    ("100", "100"), ("100", "101"), ("101", "103"), ("103", "105"), ("105", "105"),
)  # fmt: skip
"""Open and close of each candle: a position is stopped out where the market opens beyond its stop, a signal is skipped
because it comes too soon after the loss, and a signal closes another position.

Candles and books lead to the same fills where both show the same prices: bid and ask are a tick from the close, the
next candle opens there, and the slippage is zero. Targets are left out: on candles they are limit orders, at Bybit
triggers.
"""
TICK = D("0.1")
EXITS = D(105)
"""The close at which the strategy proposes to leave."""
UNSLIPPED = Settings(
    risk=RiskSettings(freshness_seconds=3600),
    simulation=SimulationSettings(slippage=D(0), slippage_jitter=D(0)),
)


class Leaving(OnPrice):
    """The strategy of the desks, which leaves at `EXITS`."""

    def watch(self) -> Watcher:
        return self

    def on_candle(self, candle: Candle) -> Proposal | None:
        if candle.close != EXITS:
            return super().on_candle(candle)
        return Proposal(
            strategy=self.name,
            instrument=candle.instrument,
            interval=candle.interval,
            direction=Direction.SHORT,
            intent=Intent.EXIT,
            confidence=0.9,
            trend=-0.9,
            price=candle.close,
            stop=D(110),
            target=D(99),
            inputs={},
        )


@pytest.fixture
def venue() -> Iterator[RunningVenue]:
    with bybit_venue() as running:
        yield running


def decided(envelopes: Sequence[Envelope]) -> list[tuple[object, ...]]:
    return [row for one in envelopes for row in _row(one)]


def _row(envelope: Envelope) -> Iterator[tuple[object, ...]]:
    match envelope.event:
        case SignalDetected() as signal:
            yield "signal", signal.instrument, signal.price, signal.stop, signal.target
        case DecisionMade() as made:
            yield "decision", made.verdict, made.reasons
        case OrderPlaced() as order:
            yield (
                "order",
                order.purpose,
                order.side,
                order.quantity,
                order.limit_price,
                order.trigger_price,
            )
        case OrderFilled() as fill:
            yield "fill", fill.price, fill.quantity, fill.fee, fill.liquidity
        case _:
            pass


def candle_from(at: datetime, opened: str, closed: str) -> Candle:
    """The candle with these prices that opens at `at`; its quotes are a tick away from its close."""
    first, last = D(opened), D(closed)
    return Candle(
        instrument=BTC,
        interval=FIVE,
        open_time=at,
        open=first,
        high=max(first, last),
        low=min(first, last),
        close=last,
        bid=last - TICK,
        ask=last + TICK,
        volume=D(1000),
    )


def backtest_of(candles: Sequence[Candle], monkeypatch: pytest.MonkeyPatch) -> list[Envelope]:
    built_in: Mapping[str, StrategyFactory] = {"trend": lambda _given: Leaving()}
    monkeypatch.setattr("infra.trading.BUILTIN", built_in)
    plan = plan_of([Tape(BTC, FIVE, tuple(candles))], "main", D(10_000), D(5), UNSLIPPED)
    with closing(Backtesting(candle_recording(plan))) as made:
        assert list(made.steps())
        return [one.envelope for one in made.events()]


def test_the_same_candles_lead_live_a_demo_and_a_backtest_to_the_same_decisions_sizes_and_fills(
    venue: RunningVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, settings=UNSLIPPED, instances=(Instance(id="trend", strategy=Leaving()),))
    live = LiveDesk(venue, plan=plan)
    demo = DemoDesk(at=live.now(), plan=plan)
    live.trades_at("100")
    live.started()
    demo.now = live.now()
    demo.started()
    opened, candles = _next_opening(live.now()), list[Candle]()
    for first, last in PRICES:
        candle = candle_from(opened, first, last)
        candles.append(candle)
        opened = candle.close_time
        live.passes((opened - live.now()).total_seconds())
        demo.now = live.now()
        bid, ask = f"{candle.bid}", f"{candle.ask}"
        venue.do(partial(show, bid=bid, ask=ask))
        demo.shows(bid, ask)
        for desk in (live, demo):
            desk.feed.waiting.append(candle)
        live.run.attend()
        demo.passes(1)
        demo.passes(1)
        live.until(lambda: decided(live.log.envelopes) == decided(demo.log.envelopes))
    backtested = backtest_of(candles, monkeypatch)
    found = decided(demo.log.envelopes)
    assert [one[0] for one in found].count("fill") == 4
    assert [one for one in found if one[0] == "decision" and one[1] is Verdict.SKIP]
    assert decided(backtested) == found == decided(live.log.envelopes)
    assert live.run.world.portfolio.account.balance == demo.run.world.portfolio.account.balance
    first_way, *others = (behaviour(one) for one in (live.log.envelopes, demo.log.envelopes, backtested))
    for other in others:
        assert Comparison(first_way, other).decisions == []
        assert other.orders.keys() == first_way.orders.keys()
        assert quantities(other) == quantities(first_way)
    live.close()


def behaviour(envelopes: Sequence[Envelope]) -> Behaviour:
    """What was decided, ordered and filled, by the outside fact that it follows from."""
    found = Behaviour()
    for one in envelopes:
        found.fold(one)
    return found


def quantities(found: Behaviour) -> Mapping[Leg, Sequence[tuple[Decimal, Decimal, Decimal]]]:
    return {leg: [(one.quantity, one.price, one.fee) for one in fills] for leg, fills in found.fills.items()}


FED = (
    ("100", 0, 0),
    ("101", 0, 1),
    ("98.2", 2, 2),
    ("101", 2, 2),
    ("98", 2, 2),
    ("98.1", 2, 2),
    ("101", 2, 3),
    ("108", 4, 4),
)
"""Where the price moves within a candle, with the number of fills after the move and after the candle's close.

The strategy enters at the close of 101. The first position is stopped out, the next signal is skipped, because it comes
too soon after a loss, and the last position reaches its target.
"""
_MOVES_AFTER, _OPENS_AFTER = timedelta(seconds=120), timedelta(seconds=1)
_STEP = timedelta(milliseconds=50)
"""The market's time between two looks: requests of a demo run arrive after its latency."""


class Reading(OnPrice):
    """The strategy of the desks, which counts the candles that it was given."""

    def __init__(self) -> None:
        self.read = 0

    def on_candle(self, candle: Candle) -> Proposal | None:
        self.read += 1
        return super().on_candle(candle)


def settled(strategy: OnPrice) -> LivePlan:
    """The plan of the desks with a fixed quantity: a balance that slippage has changed changes no later order."""
    settings = Settings(
        risk=RiskSettings(freshness_seconds=3600),
        sizing=SizingSettings(rule=SizingRule.FIXED, quantity=D("0.5")),
    )
    return replace(PLAN, settings=settings, instances=(Instance(id="trend", strategy=strategy),))


def feed_of_venue(venue: RunningVenue, clock: Callable[[], datetime], wake: Wake) -> MarketFeed:
    """The real feed on the venue; `clock` is the time of its market."""
    site = Site(http=venue.url, socket=venue.socket_url)
    wanted = Wanted(instruments=(BTC,), candles=(FIVE,), quotes=True, trades=True, book=50)
    return BybitFeed(site, wanted, on_arrival=wake, clock=clock)


class FedLive(LiveDesk):
    """A live run that the venue feeds."""

    def _feed_of(self, _instruments: Sequence[str], wake: Wake) -> MarketFeed:
        return feed_of_venue(self.venue, self.now, wake)


class FedDemo(DemoDesk):
    """A demo run that the same venue feeds."""

    def __init__(self, live: FedLive, plan: LivePlan) -> None:
        self._live = live
        super().__init__(at=live.now(), plan=plan)

    def _feed_of(self, _instruments: Sequence[str], wake: Wake) -> MarketFeed:
        return feed_of_venue(self._live.venue, self._live.now, wake)


class Modes:
    """A live run and a demo run on one market."""

    def __init__(self, venue: RunningVenue) -> None:
        self.readers = (Reading(), Reading())
        self.venue = venue
        self.live = FedLive(venue, plan=settled(self.readers[0]))
        self.demo = FedDemo(self.live, settled(self.readers[1]))

    def until(self, reached: Callable[[], bool]) -> None:
        """Attends both runs until a state is reached; fails after half a minute."""
        deadline = time.monotonic() + 30
        while not reached():
            assert time.monotonic() < deadline, f"{self.live.names()[-9:]}\n{self.demo.names()[-9:]}"
            self.passes_to(self.live.now() + _STEP)
            self.demo.now, self.demo.seconds = self.live.now(), self.live.seconds
            self.demo.run.attend()
            self.live.run.attend()
            self.live.arrived.wait(0.02)
            self.live.arrived.clear()

    def opens(self, at: datetime, price: str) -> None:
        """The candle of this time opens at the price, which closes the one before."""
        self.passes_to(at + _OPENS_AFTER)
        self.venue.do(partial(print_trade, price=price))

    def moves_to(self, at: datetime, price: str) -> None:
        """The book moves, and a trade follows when the demo run has the book.

        Where the trade came first, it would prove that the one old bid is gone, and no other one would be known.
        """
        self.passes_to(at + _MOVES_AFTER)
        bid, ask = f"{float(price) - 0.1:.1f}", f"{float(price) + 0.1:.1f}"
        self.venue.do(partial(show_book, bid=bid, ask=ask))
        self.until(lambda: self._bid_of_demo() == D(bid))
        self.venue.do(partial(print_trade, price=price))

    def _bid_of_demo(self) -> Decimal | None:
        exchange = self.demo.run._venue.exchange
        assert isinstance(exchange, FedExchange)
        return exchange.engine.market(SYMBOL).book.shown(Side.BUY)

    def passes_to(self, at: datetime) -> None:
        passed = max((at - self.live.now()).total_seconds(), 0.0)
        self.live.seconds += passed
        self.live.later(passed)

    def fills(self) -> list[int]:
        return [desk.names().count("OrderFilled") for desk in (self.live, self.demo)]


def show_book(server: VenueServer, bid: str, ask: str) -> None:
    """The venue's book has these prices alone; the last price stays until a trade."""
    market, now = server.venue.markets[SYMBOL], server.clock.market()
    for side in Side:
        for level in list(market.book.sides[side]):
            market.book.set_foreign(side, level.price, D(0))
    server.venue.show(SYMBOL, Side.BUY, D(bid), D(50), now)
    server.venue.show(SYMBOL, Side.SELL, D(ask), D(50), now)


def print_trade(server: VenueServer, price: str) -> None:
    server.venue.trade(SYMBOL, Side.BUY, D(price), D(100), server.clock.market())


def recorded(venue: RunningVenue, since: datetime, until: datetime) -> tuple[Candle, ...]:
    """The candles that the venue states afterwards."""
    with closing(feed_of_venue(venue, lambda: until, lambda: None)) as feed:
        return tuple(feed.candles(BTC, FIVE, since, until))


def test_paper_a_demo_on_live_prices_and_live_decide_the_same_on_one_market(venue: RunningVenue) -> None:
    modes = Modes(venue)
    live, demo = modes.live, modes.demo
    began = _next_opening(live.now())
    modes.passes_to(began - _OPENS_AFTER)
    live.started()
    demo.now = live.now()
    demo.started()
    price, opened = "100", began
    for move, moved, closed in FED:
        modes.opens(opened, price)
        modes.moves_to(opened, move)
        modes.until(lambda: modes.fills() == [moved, moved])  # noqa: B023
        price, opened = move, opened + FIVE
        read = [one.read + 1 for one in modes.readers]
        modes.opens(opened, price)
        modes.until(lambda: [one.read for one in modes.readers] == read)  # noqa: B023
        modes.until(lambda: modes.fills() == [closed, closed])  # noqa: B023
    assert without_fills(live.log.envelopes) == without_fills(demo.log.envelopes)
    tape = Tape(BTC, FIVE, recorded(venue, began, opened))
    plan = plan_of([tape], "main", D(10_000), D(5), settled(OnPrice()).settings)
    paper = ListLog()
    run = PaperRun(replace(plan, instances=settled(OnPrice()).instances), paper, list[Envelope]().append)
    assert len(list(run.instants())) == len(FED)
    rows = without_fills(paper.envelopes)
    assert [one[0] for one in rows].count("decision") == 3
    assert rows == without_fills(live.log.envelopes)
    demo.run.close()
    live.close()


def without_fills(envelopes: Sequence[Envelope]) -> list[tuple[object, ...]]:
    """What was decided; a tape of candles does not show the book that the fills of the other modes met."""
    return [row for row in decided(envelopes) if row[0] != "fill"]


def _next_opening(now: datetime) -> datetime:
    passed = timedelta(seconds=now.timestamp() % FIVE.total_seconds())
    return now - passed + FIVE
