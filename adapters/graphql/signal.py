"""Signals that strategies and external scanners raise."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum

import strawberry

from adapters.graphql import decision as decisions
from adapters.graphql import event as events
from adapters.graphql import kinds
from adapters.graphql import order as orders
from adapters.graphql.connection import BELOW, Most
from adapters.graphql.enums import register_enum
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes, belonging
from adapters.graphql.rows import NodeMaker, values_by
from adapters.graphql.scalars import JSON, Ordinal
from domain.direction import Direction
from domain.grid import GridEnd
from domain.signal import Verdict
from domain.strategies import Intent

ORDERS_OF_CHAIN = belonging("orders", "account", "chain")


class SignalStatus(StrEnum):
    """DETECTED: the signal has no decision yet. DECIDED: the committees have decided on it."""

    DETECTED = "DETECTED"
    DECIDED = "DECIDED"


class SignalsBy(StrEnum):
    """The sort key of a list of signals."""

    DETECTED = "DETECTED"
    CONFIDENCE = "CONFIDENCE"
    TREND = "TREND"
    INSTRUMENT = "INSTRUMENT"


register_enum(SignalStatus)
register_enum(SignalsBy)


@strawberry.type
class SignalState:
    """The fields of a signal that queries and subscriptions share."""

    account: str = strawberry.field(description="The account that it was raised for.")
    id: strawberry.ID = strawberry.field(description="The signal's id, which is also the id of its chain.")
    strategy: str = strawberry.field(description="The strategy that raised it.")
    instrument: str = strawberry.field(description="The instrument, as in `BTCUSDT-LINEAR.BYBIT`.")
    interval_seconds: int = strawberry.field(description="The interval of its candle, in seconds.")
    candle_closed_at: datetime = strawberry.field(
        description="When its candle closed, or the time of the reading of the order book."
    )
    direction: Direction = strawberry.field(description="The direction of the proposed position.")
    intent: Intent = strawberry.field(description="Whether to enter, or to exit the opposite position.")
    confidence: float = strawberry.field(description="The strategy's confidence, in 0..1.")
    trend: float = strawberry.field(description="The strategy's measure of the longer trend, in -1..1.")
    price: Decimal = strawberry.field(description="The close of its candle, in quote currency.")
    stop: Decimal = strawberry.field(description="The stop proposed, in quote currency.")
    target: Decimal = strawberry.field(description="The target proposed, in quote currency.")
    inputs: JSON = strawberry.field(
        description="The figures it was computed from, by name: enough to compute it again."
    )
    grid: JSON | None = strawberry.field(
        description="The levels of an entry that rests at several prices, as proposed; null for one at the market."
    )
    grid_end: GridEnd | None = strawberry.field(
        description="Why no level of its grid is entered any more; null while it runs, and without a grid."
    )
    status: SignalStatus = strawberry.field(description="Whether it has been decided.")
    verdict: Verdict | None = strawberry.field(description="The verdict; null until it is decided.")
    reasons: list[str] | None = strawberry.field(
        description="The reasons of the verdict; null until it is decided."
    )
    actor: str = strawberry.field(description="Who raised it: `engine`, or a person's name.")
    detected_at: datetime = strawberry.field(description="When it was raised.")
    decided_at: datetime | None = strawberry.field(description="When it was decided.")


@strawberry.type(description="A strategy's proposal at the close of one candle.")
class Signal(SignalState):
    moment: strawberry.Private[Moment]
    ordinal: Ordinal = strawberry.field(description="Its first event's ordinal in the log.")
    updated_ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")

    @strawberry.field(description="The decision of both committees; null until it is made.")
    async def decision(self) -> kinds.Decision | None:
        return await decisions.DECISIONS.one(self.moment, self.account, self.id)

    @strawberry.field(description="The orders that followed from it.")
    async def orders(self, most: Most = BELOW) -> list[kinds.Order]:
        return await orders.ORDERS.many(self.moment, ORDERS_OF_CHAIN, (self.account, self.id), most)

    @strawberry.field(description="The events of its chain, from the first on.")
    async def chain(self, most: Most = BELOW) -> list[kinds.Event]:
        return await events.of_chain(self.moment, self.id, most)


@strawberry.input(description="Only signals that meet every given condition.")
class SignalFilter:
    account: str | None = strawberry.field(default=None, description="For this account.")
    strategy: str | None = strawberry.field(default=None, description="By this strategy.")
    instrument: str | None = strawberry.field(default=None, description="Of this instrument.")
    interval_seconds: int | None = strawberry.field(
        default=None, description="On candles of this interval, in seconds."
    )
    direction: Direction | None = strawberry.field(default=None, description="For this direction.")
    intent: Intent | None = strawberry.field(default=None, description="With this intent.")
    status: SignalStatus | None = strawberry.field(default=None, description="Decided, or not.")
    verdict: Verdict | None = strawberry.field(default=None, description="With this verdict.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")
    actor: str | None = strawberry.field(default=None, description="Raised by this person, or by `engine`.")
    min_confidence: float | None = strawberry.field(
        default=None, description="With at least this confidence, in 0..1."
    )
    since: datetime | None = strawberry.field(default=None, description="Raised at this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Raised earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="Raised after this ordinal of the log."
    )


_WORDS: dict[str, type[Enum]] = {
    "direction": Direction,
    "grid_end": GridEnd,
    "intent": Intent,
    "status": SignalStatus,
    "verdict": Verdict,
}
SIGNALS = Nodes(NodeMaker(Signal, None, **_WORDS), "signals")
signal_values = values_by(SignalState, None, **_WORDS)
