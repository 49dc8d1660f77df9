"""Hypothesis strategies for random candles, orders and requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from adapters.simulated import SimulatedExchange, SimulationRules
from commands.exchange import AnyReport, Ticket
from domain.candle import Candle
from domain.direction import Side
from domain.order import OrderType
from tests.adapters.simulated.scene import BTC, FIVE, START, after_candles, candle, stop_of, target_of, ticket

TICK, LOT = BTC.tick, BTC.lot
Call = Callable[[SimulatedExchange], None]


@dataclass(frozen=True)
class Step:
    """Tickets and requests that are sent before a candle, and the candle."""

    tickets: tuple[Ticket, ...]
    calls: tuple[Call, ...]
    candle: Candle


@dataclass(frozen=True)
class Day:
    """All inputs of a run, so that a run can be repeated."""

    rules: SimulationRules
    balance: Decimal
    leverage: Decimal
    steps: tuple[Step, ...]

    def exchange(self) -> SimulatedExchange:
        return SimulatedExchange({BTC.id: BTC}, "USDT", self.balance, self.leverage, self.rules, 11)

    def run(self, venue: SimulatedExchange) -> list[Sequence[AnyReport]]:
        """Plays the day on an exchange; returns the reports after each candle."""
        reports: list[Sequence[AnyReport]] = []
        for step in self.steps:
            venue.submit(step.tickets)
            for call in step.calls:
                call(venue)
            reports.append(after_candles(venue, [step.candle]))
        return reports


def _price(ticks: int) -> str:
    return str(ticks * TICK)


@st.composite
def candles(draw: st.DrawFn, n: int) -> Candle:
    """Candles between 80 and 120, with gaps, thin volumes, spreads and funding."""
    low = draw(st.integers(800, 1150))
    high = low + draw(st.integers(0, 50))
    opened, closed = (draw(st.integers(low, high)) for _ in range(2))
    spread = draw(st.none() | st.integers(0, 6))
    return candle(
        n,
        " ".join(_price(ticks) for ticks in (opened, high, low, closed)),
        volume=draw(st.sampled_from(["0", "0.009", "3", "40", "5000"])),
        bid=None if spread is None else _price(closed - spread),
        ask=None if spread is None else _price(closed + spread),
        funding=draw(st.sampled_from([None, None, "0.0003", "-0.002"])),
    )


@st.composite
def single(draw: st.DrawFn, order_id: str, sent_at: datetime) -> tuple[Ticket, ...]:
    """An order without a parent or children."""
    kind = draw(st.sampled_from(OrderType))
    level = _price(draw(st.integers(820, 1180)))
    return (
        ticket(
            order_id,
            draw(st.sampled_from(Side)),
            str(draw(st.integers(60, 2000)) * LOT),
            limit=level if kind is OrderType.LIMIT else None,
            trigger=level if kind is OrderType.STOP else None,
            reduce_only=draw(st.booleans()),
            sent_at=sent_at,
        ),
    )


@st.composite
def protected(draw: st.DrawFn, order_id: str, sent_at: datetime) -> tuple[Ticket, ...]:
    """An entry with its stop and target, at any prices."""
    side = draw(st.sampled_from(Side))
    quantity = str(draw(st.integers(60, 2000)) * LOT)
    kind = draw(st.sampled_from(OrderType))
    level, stop, target = (_price(draw(st.integers(820, 1180))) for _ in range(3))
    entry = ticket(
        order_id,
        side,
        quantity,
        limit=level if kind is OrderType.LIMIT else None,
        trigger=level if kind is OrderType.STOP else None,
        sent_at=sent_at,
    )
    return (
        entry,
        stop_of(order_id, side.opposite, quantity, stop, sent_at),
        target_of(order_id, side.opposite, quantity, target, sent_at),
    )


@st.composite
def call_on(draw: st.DrawFn, order_id: str, at: datetime) -> Call:
    """A cancellation or an amendment."""
    if draw(st.booleans()):
        return lambda venue: venue.cancel(order_id, at)
    quantity = draw(st.none() | st.integers(60, 2000).map(lambda lots: lots * LOT))
    limit, trigger = (draw(st.none() | st.integers(820, 1180).map(lambda t: t * TICK)) for _ in range(2))
    return lambda venue: venue.amend(
        order_id, at, quantity=quantity, limit_price=limit, trigger_price=trigger
    )


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Two to twelve candles with up to two entries or single orders before each."""
    rules = SimulationRules(
        slippage=Decimal(draw(st.sampled_from(["0", "0.0007", "0.004"]))),
        slippage_jitter=Decimal(draw(st.sampled_from(["0", "1"]))),
        volume_share=Decimal(draw(st.sampled_from(["0.05", "1"]))),
        latency=timedelta(seconds=draw(st.sampled_from([0, 1, 301]))),
        price_band=Decimal("0.2"),
    )
    steps: list[Step] = []
    names: list[str] = []
    for n in range(draw(st.integers(2, 12))):
        sent_at = START + n * FIVE
        tickets: list[Ticket] = []
        for k in range(draw(st.integers(0, 2))):
            tickets += draw(st.one_of(single(f"{n}.{k}", sent_at), protected(f"{n}.{k}", sent_at)))
        names += [one.order_id for one in tickets]
        with_call = draw(st.booleans())
        called = [draw(st.sampled_from(names))] if names and with_call else []
        calls = tuple(draw(call_on(order_id, sent_at)) for order_id in called)
        steps.append(Step(tuple(tickets), calls, draw(candles(n))))
    balance, leverage = (Decimal(draw(st.sampled_from(few))) for few in (["30", "100000"], ["1", "10", "50"]))
    return Day(rules, balance, leverage, tuple(steps))
