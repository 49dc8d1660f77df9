"""What subscriptions tell. Every message has the ordinal to go on from."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from decimal import Decimal
from typing import cast
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from adapters.avro.json_form import to_json
from adapters.graphql.position import PositionState, position_values
from adapters.graphql.scalars import Ordinal
from adapters.graphql.signal import SignalState, signal_values
from adapters.live.prices import Price
from domain.log import Envelope, Recorded
from domain.streams import parse
from projections.alerts import Severity
from projections.projection import Row
from projections.sentences import sentence


@strawberry.type(description="One event, as it was recorded.")
class LoggedEvent:
    envelope: strawberry.Private[Envelope]
    ordinal: Ordinal = strawberry.field(description="Its place in the log: go on after it.")
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
            ordinal=Ordinal(recorded.ordinal),
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
class PositionChange(PositionState):
    ordinal: Ordinal = strawberry.field(description="The event's place in the log: go on after it.")
    event: LoggedEvent = strawberry.field(description="What happened.")

    @classmethod
    def of(cls, recorded: Recorded, row: Row) -> PositionChange:
        ordinal, event = Ordinal(recorded.ordinal), LoggedEvent.of(recorded)
        return cls(ordinal=ordinal, event=event, **position_values(row))


@strawberry.type(description="A signal as it was right after an event: detected, or decided.")
class SignalChange(SignalState):
    ordinal: Ordinal = strawberry.field(description="The event's place in the log: go on after it.")
    event: LoggedEvent = strawberry.field(description="What happened.")

    @classmethod
    def of(cls, recorded: Recorded, row: Row) -> SignalChange:
        ordinal, event = Ordinal(recorded.ordinal), LoggedEvent.of(recorded)
        return cls(ordinal=ordinal, event=event, **signal_values(row))


@strawberry.type(description="What a person should know of without asking.")
class AlertRaised:
    ordinal: Ordinal = strawberry.field(description="The event's place in the log: go on after it.")
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


@strawberry.type(description="The close of a candle. Prices are no part of the log: they have no ordinal.")
class PriceSeen:
    instrument: str = strawberry.field(description="Of what.")
    price: Decimal = strawberry.field(description="In quote currency.")
    at: datetime = strawberry.field(description="When the candle closed, by the market's clock.")

    @classmethod
    def of(cls, price: Price) -> PriceSeen:
        return cls(instrument=price.instrument, price=price.price, at=price.at)
