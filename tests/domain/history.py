"""Histories of one account, made by hand: envelopes in log order, and the portfolio folded from them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from commands.world import World
from domain.account import AccountOpened, BalanceChanged, BalanceReason, DayOpened
from domain.direction import Direction, Purpose, Side
from domain.events import Event, schema_version
from domain.instrument import Instrument, InstrumentListed
from domain.log import Envelope, Meta, event_id
from domain.order import Liquidity, OrderFilled, OrderPlaced, OrderType
from domain.portfolio import Portfolio
from domain.position import PositionClosed, PositionOpened
from domain.settings import Settings, SettingsChanged
from domain.signal import Chamber, DecisionMade, SignalDetected, Tier, Verdict, Vote
from domain.strategies import Intent
from domain.streams import (
    account_stream,
    instruments_stream,
    order_stream,
    position_stream,
    settings_stream,
    signal_stream,
)
from tests.replacing import replace

D = Decimal
LOG_ID = UUID("8a4c7b1e-2f3d-4c5b-9e6a-7d8f9a0b1c2d")
ACCOUNT = "main"
NOW = datetime(2025, 4, 3, 12, 0, tzinfo=UTC)
BTC = "BTCUSDT-LINEAR.BYBIT"
ETH = "ETHUSDT-LINEAR.BYBIT"


_INSTRUMENT = Instrument(
    id=BTC,
    base="BTC",
    quote="USDT",
    tick=D("0.1"),
    lot=D("0.001"),
    min_quantity=D("0.001"),
    max_quantity=D(100),
    min_notional=D(5),
    maker_fee=D("0.0002"),
    taker_fee=D("0.00055"),
    max_leverage=D(100),
    maintenance_margin=D("0.005"),
)
_SIGNAL = SignalDetected(
    strategy="trend",
    instrument=BTC,
    interval_seconds=300,
    candle_closed_at=NOW,
    direction=Direction.LONG,
    intent=Intent.ENTER,
    confidence=0.7,
    trend=0.5,
    price=D(100),
    stop=D(98),
    target=D(106),
    inputs={"adx": 31.5},
)
_DECISION = DecisionMade(
    verdict=Verdict.ENTER,
    reasons=("ALL_APPROVE",),
    votes=(Vote(member="confidence", chamber=Chamber.ALPHA, approves=True, reasons=(), figures={}),),
    tier=Tier.NORMAL,
    quantity=D(10),
    stop=D("97.9"),
    target=D("105.9"),
    policy_version=1,
    settings_version=1,
)
_ENTRY = OrderPlaced(
    instrument=BTC,
    side=Side.BUY,
    type=OrderType.MARKET,
    quantity=D(10),
    limit_price=None,
    trigger_price=None,
    reduce_only=False,
    purpose=Purpose.ENTRY,
    parent=None,
    fresh_until=NOW + timedelta(minutes=1),
)
_STOP = replace(
    _ENTRY,
    side=Side.SELL,
    type=OrderType.STOP,
    trigger_price=D("97.9"),
    reduce_only=True,
    purpose=Purpose.STOP,
    parent="abc-e1",
)
_OPENING = PositionOpened(
    instrument=BTC,
    direction=Direction.LONG,
    order_id="abc-e1",
    quantity=D(10),
    price=D(100),
    cost=D(1000),
    fee=D("0.1"),
    stop=D("97.9"),
    target=D("105.9"),
)


def an_instrument(instrument_id: str = BTC, **changed: Any) -> Instrument:
    return replace(_INSTRUMENT, **{"id": instrument_id, "base": instrument_id[:3], **changed})


def a_signal(**changed: Any) -> SignalDetected:
    return replace(_SIGNAL, **changed)


def a_decision(**changed: Any) -> DecisionMade:
    return replace(_DECISION, **changed)


def an_order(**changed: Any) -> OrderPlaced:
    return replace(_ENTRY, **changed)


def a_stop(**changed: Any) -> OrderPlaced:
    return replace(_STOP, **changed)


def a_fill(quantity: Decimal, execution_id: str = "x1") -> OrderFilled:
    return OrderFilled(
        execution_id=execution_id,
        price=D(100),
        quantity=quantity,
        fee=D("0.1"),
        fee_currency="USDT",
        liquidity=Liquidity.TAKER,
    )


def an_opening(**changed: Any) -> PositionOpened:
    return replace(_OPENING, **changed)


def a_closing(net: Decimal, balance: Decimal) -> PositionClosed:
    return PositionClosed(
        order_id="abc-t1",
        quantity=D(10),
        price=D(105),
        released=D(1000),
        realised=net,
        fee=D(0),
        reason=Purpose.TARGET,
        opened_at=NOW,
        gross=net,
        fees=D(0),
        funding=D(0),
        net=net,
        balance=balance,
    )


@dataclass
class History:
    """Recorded events in log order, with one method for each stream."""

    envelopes: list[Envelope] = field(default_factory=list[Envelope])
    versions: Counter[str] = field(default_factory=Counter[str])

    def record(self, stream: str, *events: Event, chain: str = "abc", at: datetime = NOW) -> Self:
        for event in events:
            self.versions[stream] += 1
            version = self.versions[stream]
            meta = Meta(
                event_id=event_id(LOG_ID, stream, version),
                stream=stream,
                version=version,
                correlation_id=chain,
                causation_id="clock:2025-04-03T12:00:00Z",
                occurred_at=at,
                recorded_at=at,
                account=ACCOUNT,
                actor="test",
                source="test",
                schema_version=schema_version(type(event)),
            )
            self.envelopes.append(Envelope(meta, event))
        return self

    def account(self, *events: Event) -> Self:
        return self.record(account_stream(ACCOUNT), *events)

    def settings(self, settings: Settings) -> Self:
        stream = settings_stream(ACCOUNT)
        return self.record(stream, SettingsChanged(self.versions[stream] + 1, settings))

    def listed(self, *instruments: Instrument) -> Self:
        return self.record(instruments_stream(ACCOUNT), *map(InstrumentListed, instruments))

    def signal(self, *events: Event, chain: str = "abc") -> Self:
        return self.record(signal_stream(ACCOUNT, chain), *events, chain=chain)

    def order(self, order_id: str, *events: Event) -> Self:
        return self.record(order_stream(ACCOUNT, order_id), *events, chain=order_id.partition("-")[0])

    def position(
        self,
        *events: Event,
        instrument: str = BTC,
        direction: Direction = Direction.LONG,
        n: int = 1,
        at: datetime = NOW,
    ) -> Self:
        return self.record(position_stream(ACCOUNT, instrument, direction, n), *events, at=at)

    def portfolio(self) -> Portfolio:
        return World().fold_all(self.envelopes).portfolio


def an_open_day(settings: Settings | None = None, balance: int = 10_000) -> History:
    """An opened account on an opened day, with settings in force and two instruments listed."""
    return (
        History()
        .account(AccountOpened("USDT", D(balance), D(5)), DayOpened("2025-04-03", D(balance)))
        .settings(settings or Settings())
        .listed(an_instrument(BTC), an_instrument(ETH))
    )


def money(amount: Decimal, balance: Decimal) -> BalanceChanged:
    return BalanceChanged(BalanceReason.FILL, amount, balance)
