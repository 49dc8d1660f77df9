"""What subscriptions tell. Every message has the position to go on from."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from decimal import Decimal
from typing import cast
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from adapters.avro.json_form import to_json
from adapters.graphql.scalars import Position
from adapters.live.prices import Price
from domain.direction import Direction
from domain.log import Envelope, Recorded
from domain.signal import Verdict
from domain.strategies import Intent
from domain.streams import parse
from projections.alerts import Severity
from projections.projection import Row
from projections.sentences import sentence


@strawberry.type(description="One event, as it was recorded.")
class LoggedEvent:
    envelope: strawberry.Private[Envelope]
    position: Position = strawberry.field(description="Its place in the log: go on after it.")
    id: strawberry.ID = strawberry.field(description="Its id.")
    stream: str = strawberry.field(description="Its stream, like `order-main-01hx3k9zq2m4c-e1`.")
    noun: str = strawberry.field(description="What the stream is of, like `order`.")
    account: str = strawberry.field(description="Whose; `system` for what belongs to no account.")
    version: int = strawberry.field(description="Its number in its stream, from 1.")
    type: str = strawberry.field(description="What happened, as in `OrderFilled`.")
    chain_id: strawberry.ID = strawberry.field(description="The chain that it belongs to.")
    cause_id: str = strawberry.field(
        description="The id of the event that caused it, or the fact outside that did."
    )
    actor: str = strawberry.field(description="Who did it: the engine, or a person by name.")
    occurred_at: datetime = strawberry.field(description="When it was so.")
    recorded_at: datetime = strawberry.field(description="When it was written down.")
    line: str = strawberry.field(description="What it says, in one line of plain words.")

    @strawberry.field(description="All it says: decimals and times as text.")
    def json(self) -> JSON:
        return cast(JSON, to_json(self.envelope.event))

    @classmethod
    def of(cls, recorded: Recorded) -> LoggedEvent:
        meta = recorded.envelope.meta
        return cls(
            envelope=recorded.envelope,
            position=Position(recorded.position),
            id=strawberry.ID(str(meta.event_id)),
            stream=meta.stream,
            noun=parse(meta.stream).noun,
            account=meta.account,
            version=meta.version,
            type=type(recorded.envelope.event).__name__,
            chain_id=strawberry.ID(meta.correlation_id),
            cause_id=meta.causation_id,
            actor=meta.actor,
            occurred_at=meta.occurred_at,
            recorded_at=meta.recorded_at,
            line=sentence(recorded.envelope.event),
        )


class Telling:
    """Makes each event's message once for all who follow the log's end: they are handed the same event."""

    def __init__(self, kept: int = 1024) -> None:
        self._kept = kept
        self._told: OrderedDict[UUID, LoggedEvent] = OrderedDict()

    def of(self, recorded: Recorded) -> LoggedEvent:
        """The event's message."""
        event_id = recorded.envelope.meta.event_id
        told = self._told.get(event_id)
        if told is None or told.envelope is not recorded.envelope:
            told = self._told[event_id] = LoggedEvent.of(recorded)
            if len(self._told) > self._kept:
                self._told.popitem(last=False)
        return told


@strawberry.type(description="A position as it was right after an event.")
class PositionChange:
    position: Position = strawberry.field(description="The event's place in the log: go on after it.")
    event: LoggedEvent = strawberry.field(description="What happened.")
    account: str = strawberry.field(description="Whose position it is.")
    id: strawberry.ID = strawberry.field(description="Like `BTCUSDT-LINEAR.BYBIT-LONG-1`.")
    chain_id: strawberry.ID = strawberry.field(description="The chain that opened it.")
    instrument: str = strawberry.field(description="What is held.")
    direction: Direction = strawberry.field(description="Which way it gains.")
    status: str = strawberry.field(description="OPEN or CLOSED.")
    quantity: Decimal = strawberry.field(description="How much is held, in base currency.")
    cost: Decimal = strawberry.field(description="What that cost, in quote currency.")
    average_price: Decimal = strawberry.field(
        description="What a unit cost; of a closed position, what one cost last."
    )
    stop: Decimal | None = strawberry.field(description="Where its stop rests, in quote currency.")
    target: Decimal | None = strawberry.field(description="Where its target rests, in quote currency.")
    gross: Decimal = strawberry.field(description="What it has brought so far, before fees and funding.")
    fees: Decimal = strawberry.field(description="What its fills cost so far.")
    funding: Decimal = strawberry.field(
        description="What its funding brought so far; negative where it cost."
    )
    net: Decimal = strawberry.field(description="gross - fees + funding.")
    exit_reason: str | None = strawberry.field(description="Why it was closed; null while it is open.")
    opened_at: datetime = strawberry.field(description="When it was opened.")
    closed_at: datetime | None = strawberry.field(description="When it was closed; null while it is open.")

    @classmethod
    def of(cls, recorded: Recorded, row: Row) -> PositionChange:
        told = {name: row[name] for name in _POSITION_COLUMNS}
        return cls(
            position=Position(recorded.position),
            event=LoggedEvent.of(recorded),
            chain_id=strawberry.ID(row["chain"]),
            direction=Direction(row["direction"]),
            **told,
        )


_POSITION_COLUMNS = (
    "account", "id", "instrument", "status", "quantity", "cost", "average_price", "stop", "target", "gross",
    "fees", "funding", "net", "exit_reason", "opened_at", "closed_at",
)  # fmt: skip


@strawberry.type(description="A signal as it was right after an event: detected, or decided.")
class SignalChange:
    position: Position = strawberry.field(description="The event's place in the log: go on after it.")
    event: LoggedEvent = strawberry.field(description="What happened.")
    account: str = strawberry.field(description="Whose signal it is.")
    id: strawberry.ID = strawberry.field(description="Its id, which is its chain's.")
    strategy: str = strawberry.field(description="Who says it.")
    instrument: str = strawberry.field(description="Of what.")
    direction: Direction = strawberry.field(description="Which way.")
    intent: Intent = strawberry.field(description="To go in, or out.")
    confidence: float = strawberry.field(description="0 to 1.")
    trend: float = strawberry.field(description="The longer trend: -1 down, +1 up.")
    price: Decimal = strawberry.field(description="The close it was said at, in quote currency.")
    stop: Decimal = strawberry.field(description="The stop it proposes.")
    target: Decimal = strawberry.field(description="The target it proposes.")
    status: str = strawberry.field(description="DETECTED or DECIDED.")
    verdict: Verdict | None = strawberry.field(description="What was decided; null until then.")
    reasons: list[str] | None = strawberry.field(description="Why it was decided so; null until then.")
    candle_closed_at: datetime = strawberry.field(description="When the candle closed that it was seen on.")

    @classmethod
    def of(cls, recorded: Recorded, row: Row) -> SignalChange:
        told = {name: row[name] for name in _SIGNAL_COLUMNS}
        return cls(
            position=Position(recorded.position),
            event=LoggedEvent.of(recorded),
            direction=Direction(row["direction"]),
            intent=Intent(row["intent"]),
            verdict=None if row["verdict"] is None else Verdict(row["verdict"]),
            **told,
        )


_SIGNAL_COLUMNS = (
    "account", "id", "strategy", "instrument", "confidence", "trend", "price", "stop", "target", "status", "reasons",
    "candle_closed_at",
)  # fmt: skip


@strawberry.type(description="What a person should know of without asking.")
class AlertRaised:
    position: Position = strawberry.field(description="The event's place in the log: go on after it.")
    account: str = strawberry.field(description="Whose; `system` for what belongs to no account.")
    severity: Severity = strawberry.field(description="How much it matters.")
    kind: str = strawberry.field(description="What it is, for programs: like `KILL_SWITCH_TRIPPED`.")
    line: str = strawberry.field(description="What it is, for people.")
    stream: str = strawberry.field(description="The stream of the event.")
    chain_id: strawberry.ID = strawberry.field(description="The chain of the event.")
    at: datetime = strawberry.field(description="When it was so.")

    @classmethod
    def of(cls, row: Row) -> AlertRaised:
        told = {name: value for name, value in row.items() if name != "chain"}
        told |= {"severity": Severity(row["severity"]), "chain_id": strawberry.ID(row["chain"])}
        return cls(**told)


@strawberry.type(description="The close of a candle. Prices are no part of the log: they have no position.")
class PriceSeen:
    instrument: str = strawberry.field(description="Of what.")
    price: Decimal = strawberry.field(description="In quote currency.")
    at: datetime = strawberry.field(description="When the candle closed, by the market's clock.")

    @classmethod
    def of(cls, price: Price) -> PriceSeen:
        return cls(instrument=price.instrument, price=price.price, at=price.at)
