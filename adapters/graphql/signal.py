"""Signals: what strategies saw."""

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
from adapters.graphql.enums import told
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes, belonging
from adapters.graphql.rows import told_by, values_by
from adapters.graphql.scalars import JSON, Ordinal
from domain.direction import Direction
from domain.signal import Verdict
from domain.strategies import Intent

ORDERS_OF_CHAIN = belonging("orders", "account", "chain")


class SignalStatus(StrEnum):
    """DETECTED waits for its decision; DECIDED has it."""

    DETECTED = "DETECTED"
    DECIDED = "DECIDED"


class SignalsBy(StrEnum):
    """What a list of signals is ordered by."""

    DETECTED = "DETECTED"
    CONFIDENCE = "CONFIDENCE"
    TREND = "TREND"
    INSTRUMENT = "INSTRUMENT"


told(SignalStatus)
told(SignalsBy)


@strawberry.type
class SignalState:
    """What queries and subscriptions both show of a signal."""

    account: str = strawberry.field(description="Whose trading it was raised for.")
    id: strawberry.ID = strawberry.field(description="The signal's id, which is that of the chain it began.")
    strategy: str = strawberry.field(description="Who says so.")
    instrument: str = strawberry.field(description="Of what, as in `BTCUSDT-LINEAR.BYBIT`.")
    interval_seconds: int = strawberry.field(description="How long its candles are, in seconds.")
    candle_closed_at: datetime = strawberry.field(description="When the candle closed at which it was said.")
    direction: Direction = strawberry.field(description="The direction it speaks for.")
    intent: Intent = strawberry.field(description="Whether it wants in, or out of the opposite.")
    confidence: float = strawberry.field(description="How sure the strategy is, in 0..1.")
    trend: float = strawberry.field(description="The longer trend as the strategy reads it, in -1..1.")
    price: Decimal = strawberry.field(description="The close it was said at, in quote currency.")
    stop: Decimal = strawberry.field(description="The stop proposed, in quote currency.")
    target: Decimal = strawberry.field(description="The target proposed, in quote currency.")
    inputs: JSON = strawberry.field(
        description="The figures that were used, by name: enough to say it again."
    )
    status: SignalStatus = strawberry.field(description="Whether it has been decided.")
    verdict: Verdict | None = strawberry.field(description="What was decided; null until it is.")
    reasons: list[str] | None = strawberry.field(description="Why it was decided so; null until it is.")
    actor: str = strawberry.field(description="Who raised it: the engine, or a person by name.")
    detected_at: datetime = strawberry.field(description="When it was raised.")
    decided_at: datetime | None = strawberry.field(description="When it was decided.")


@strawberry.type(description="A strategy's proposal at the close of one candle.")
class Signal(SignalState):
    moment: strawberry.Private[Moment]
    ordinal: Ordinal = strawberry.field(description="Its first event's ordinal in the log.")
    updated_ordinal: Ordinal = strawberry.field(description="Its last event's ordinal in the log.")

    @strawberry.field(description="What both committees made of it; null until they have.")
    async def decision(self) -> kinds.Decision | None:
        return await decisions.DECISIONS.one(self.moment, self.account, self.id)

    @strawberry.field(description="The orders that came of it.")
    async def orders(self, most: Most = BELOW) -> list[kinds.Order]:
        return await orders.ORDERS.many(self.moment, ORDERS_OF_CHAIN, (self.account, self.id), most)

    @strawberry.field(description="Everything that happened in its chain, from the beginning.")
    async def chain(self, most: Most = BELOW) -> list[kinds.Event]:
        return await events.of_chain(self.moment, self.id, most)


@strawberry.input(description="Which signals: those for which everything that is given holds.")
class SignalFilter:
    account: str | None = strawberry.field(default=None, description="For this account.")
    strategy: str | None = strawberry.field(default=None, description="By this strategy.")
    instrument: str | None = strawberry.field(default=None, description="Of this instrument.")
    interval_seconds: int | None = strawberry.field(
        default=None, description="On candles this long, in seconds."
    )
    direction: Direction | None = strawberry.field(default=None, description="For this direction.")
    intent: Intent | None = strawberry.field(default=None, description="In or out.")
    status: SignalStatus | None = strawberry.field(default=None, description="Decided, or not.")
    verdict: Verdict | None = strawberry.field(default=None, description="Decided so.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")
    actor: str | None = strawberry.field(default=None, description="Raised by this person, or by `engine`.")
    min_confidence: float | None = strawberry.field(default=None, description="This sure or surer, in 0..1.")
    since: datetime | None = strawberry.field(default=None, description="Raised at this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Raised earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="Raised after this ordinal of the log."
    )


_WORDS: dict[str, type[Enum]] = {
    "direction": Direction,
    "intent": Intent,
    "status": SignalStatus,
    "verdict": Verdict,
}
SIGNALS = Nodes(told_by(Signal, None, **_WORDS), "signals")
signal_values = values_by(SignalState, None, **_WORDS)
