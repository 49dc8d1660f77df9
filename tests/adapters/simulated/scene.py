"""A market of one instrument with round prices, and short functions that make candles, tickets and exchanges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from adapters.simulated import SimulatedExchange, SimulationRules
from commands.exchange import (
    AmendRefused,
    AnyReport,
    Cancelled,
    CancelRefused,
    Filled,
    Funded,
    Liquidated,
    Rejected,
    Ticket,
)
from domain.candle import Candle
from domain.direction import Purpose, Side
from domain.instrument import Instrument
from domain.order import OrderPlaced, OrderType

START = datetime(2025, 1, 1, tzinfo=UTC)
FIVE = timedelta(minutes=5)
BUY, SELL = Side.BUY, Side.SELL
NO_LATENCY = timedelta(0)
R = TypeVar("R")
_WITH_REASON = (Cancelled, CancelRefused, AmendRefused, Rejected)


def instrument(symbol: str = "BTCUSDT", **rules: Decimal) -> Instrument:
    """Tick 0.1, lot 0.001, maker 0.02 %, taker 0.055 %, maintenance margin 0.5 %."""
    figures = {
        "tick": Decimal("0.1"),
        "lot": Decimal("0.001"),
        "min_quantity": Decimal("0.001"),
        "max_quantity": Decimal(1000),
        "min_notional": Decimal(5),
        "maker_fee": Decimal("0.0002"),
        "taker_fee": Decimal("0.00055"),
        "max_leverage": Decimal(100),
        "maintenance_margin": Decimal("0.005"),
    }
    return Instrument(
        id=f"{symbol}-LINEAR.BYBIT", base=symbol.removesuffix("USDT"), quote="USDT", **(figures | rules)
    )


BTC = instrument()
SMOOTH = SimulationRules(slippage=Decimal(0), latency=NO_LATENCY, volume_share=Decimal(1))


def candle(
    n: int,
    prices: str,
    *,
    volume: str = "1000",
    bid: str | None = None,
    ask: str | None = None,
    funding: str | None = None,
    of: Instrument = BTC,
) -> Candle:
    """The n-th five-minute candle from START; `prices` are open, high, low and close."""
    opened, high, low, closed = (Decimal(price) for price in prices.split())
    return Candle(
        instrument=of.id,
        interval=FIVE,
        open_time=START + n * FIVE,
        open=opened,
        high=high,
        low=low,
        close=closed,
        volume=Decimal(volume),
        bid=None if bid is None else Decimal(bid),
        ask=None if ask is None else Decimal(ask),
        funding_rate=None if funding is None else Decimal(funding),
    )


def ticket(
    order_id: str,
    side: Side,
    quantity: str,
    *,
    limit: str | None = None,
    trigger: str | None = None,
    reduce_only: bool = False,
    purpose: Purpose = Purpose.ENTRY,
    parent: str | None = None,
    sent_at: datetime = START,
    of: Instrument = BTC,
) -> Ticket:
    """A limit order where `limit` is given, a stop order where `trigger` is given, else a market order."""
    kind = OrderType.LIMIT if limit else OrderType.STOP if trigger else OrderType.MARKET
    terms = OrderPlaced(
        instrument=of.id,
        side=side,
        type=kind,
        quantity=Decimal(quantity),
        limit_price=None if limit is None else Decimal(limit),
        trigger_price=None if trigger is None else Decimal(trigger),
        reduce_only=reduce_only,
        purpose=purpose,
        parent=parent,
        fresh_until=sent_at + FIVE,
    )
    return Ticket(order_id, terms, sent_at)


def stop_of(parent: str, side: Side, quantity: str, trigger: str, sent_at: datetime = START) -> Ticket:
    """The stop order `<parent>-stop`."""
    return ticket(
        f"{parent}-stop",
        side,
        quantity,
        trigger=trigger,
        reduce_only=True,
        purpose=Purpose.STOP,
        parent=parent,
        sent_at=sent_at,
    )


def target_of(parent: str, side: Side, quantity: str, limit: str, sent_at: datetime = START) -> Ticket:
    """The target order `<parent>-target`."""
    return ticket(
        f"{parent}-target",
        side,
        quantity,
        limit=limit,
        reduce_only=True,
        purpose=Purpose.TARGET,
        parent=parent,
        sent_at=sent_at,
    )


def long_with(stop: str, target: str, *, quantity: str = "1", limit: str | None = None) -> list[Ticket]:
    """An entry `e` that buys, with its stop and target."""
    entry = ticket("e", BUY, quantity, limit=limit)
    return [entry, stop_of("e", SELL, quantity, stop), target_of("e", SELL, quantity, target)]


def short_with(stop: str, target: str, *, quantity: str = "1", limit: str | None = None) -> list[Ticket]:
    """An entry `e` that sells, with its stop and target."""
    entry = ticket("e", SELL, quantity, limit=limit)
    return [entry, stop_of("e", BUY, quantity, stop), target_of("e", BUY, quantity, target)]


def exchange(
    rules: SimulationRules = SMOOTH, *, balance: str = "10000", leverage: str = "10", seed: int = 1
) -> SimulatedExchange:
    """An exchange that lists BTC only."""
    return SimulatedExchange({BTC.id: BTC}, "USDT", Decimal(balance), Decimal(leverage), rules, seed)


def after_candles(venue: SimulatedExchange, candles: Sequence[Candle]) -> Sequence[AnyReport]:
    """The reports after these candles."""
    venue.on_candles(candles)
    return venue.reports()


def of_kind(kind: type[R], reports: Sequence[AnyReport]) -> list[R]:
    """The reports of this kind, in their order."""
    return [report for report in reports if isinstance(report, kind)]


def fills(reports: Sequence[AnyReport]) -> list[tuple[str, Decimal, Decimal]]:
    """(order, quantity, price) of every fill."""
    return [(fill.order_id, fill.quantity, fill.price) for fill in of_kind(Filled, reports)]


def kinds(reports: Sequence[AnyReport]) -> list[str]:
    """`<order id> <class name>` of every report."""
    return [f"{_subject(report)} {type(report).__name__}" for report in reports]


def reasons(reports: Sequence[AnyReport]) -> dict[str, str]:
    """The reason by order id, of every report that has one."""
    return {report.order_id: report.reason for report in reports if isinstance(report, _WITH_REASON)}


def _subject(report: AnyReport) -> str:
    return report.instrument if isinstance(report, Funded | Liquidated) else report.order_id


def d(text: str) -> Decimal:
    """A decimal."""
    return Decimal(text)
