"""The messages of subscriptions. Each message about an event has the event's ordinal; a client resumes after it."""

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
from adapters.live import Live
from adapters.live.prices import Price
from domain.log import Envelope, Recorded
from domain.streams import parse
from projections.projection import Row
from projections.sentences import sentence
from projections.severity import Severity


@strawberry.type(description="One event as it was recorded.")
class LoggedEvent:
    envelope: strawberry.Private[Envelope]
    ordinal: Ordinal = strawberry.field(description="Its ordinal; resume after it.")
    id: strawberry.ID = strawberry.field(description="Its id.")
    stream: str = strawberry.field(description="Its stream, as in `order-main-01hx3k9zq2m4c-e1`.")
    noun: str = strawberry.field(description="The noun of its stream, as in `order`.")
    account: str = strawberry.field(description="The account; `system` for an event of no account.")
    version: int = strawberry.field(description="Its number in its stream, from 1.")
    type: str = strawberry.field(description="The event's type, as in `OrderFilled`.")
    chain_id: strawberry.ID = strawberry.field(description="The chain that it belongs to.")
    cause_id: str = strawberry.field(description="The id of the event or the outside fact that caused it.")
    actor: str = strawberry.field(description="Who caused it: `engine`, or a person's name.")
    occurred_at: datetime = strawberry.field(description="When it occurred.")
    recorded_at: datetime = strawberry.field(description="When it was recorded.")
    line: str = strawberry.field(description="The event's sentence, on one line.")

    @strawberry.field(description="The event's fields by name: decimals and times as text.")
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


class Messages:
    """Makes each event's message once; all subscriptions that have reached the end of the log share it.
    The last `kept` messages are kept.
    """

    def __init__(self, kept: int = 1024) -> None:
        self._kept = kept
        self._messages: OrderedDict[UUID, LoggedEvent] = OrderedDict()

    def of(self, recorded: Recorded) -> LoggedEvent:
        """The event's message."""
        event_id = recorded.envelope.meta.event_id
        message = self._messages.get(event_id)
        if message is None or message.envelope is not recorded.envelope:
            message = self._messages[event_id] = LoggedEvent.of(recorded)
            if len(self._messages) > self._kept:
                self._messages.popitem(last=False)
        return message


@strawberry.type(description="A position right after one of its events.")
class PositionChange(PositionState):
    ordinal: Ordinal = strawberry.field(description="The event's ordinal; resume after it.")
    event: LoggedEvent = strawberry.field(description="The event.")

    @classmethod
    def of(cls, recorded: Recorded, row: Row) -> PositionChange:
        ordinal, event = Ordinal(recorded.ordinal), LoggedEvent.of(recorded)
        return cls(ordinal=ordinal, event=event, **position_values(row))


@strawberry.type(description="A signal right after one of its events: detected, or decided.")
class SignalChange(SignalState):
    ordinal: Ordinal = strawberry.field(description="The event's ordinal; resume after it.")
    event: LoggedEvent = strawberry.field(description="The event.")

    @classmethod
    def of(cls, recorded: Recorded, row: Row) -> SignalChange:
        ordinal, event = Ordinal(recorded.ordinal), LoggedEvent.of(recorded)
        return cls(ordinal=ordinal, event=event, **signal_values(row))


@strawberry.type(description="An event that a person should be notified of.")
class AlertRaised:
    ordinal: Ordinal = strawberry.field(description="The event's ordinal; resume after it.")
    account: str = strawberry.field(description="The account; `system` for an event of no account.")
    severity: Severity = strawberry.field(description="How urgent it is.")
    kind: str = strawberry.field(description="The kind of alert, as in `KILL_SWITCH_TRIPPED`.")
    line: str = strawberry.field(description="The event's sentence, on one line.")
    stream: str = strawberry.field(description="The stream of the event.")
    chain_id: strawberry.ID = strawberry.field(description="The chain of the event.")
    at: datetime = strawberry.field(description="When the event occurred.")

    @classmethod
    def of(cls, row: Row) -> AlertRaised:
        values = {name: value for name, value in row.items() if name != "chain"}
        values |= {"severity": Severity(row["severity"]), "chain_id": strawberry.ID(row["chain"])}
        return cls(**values)


@strawberry.type(
    description="The close of a candle. Prices are not part of the log, so they have no ordinal."
)
class PriceSeen:
    instrument: str = strawberry.field(description="The instrument.")
    price: Decimal = strawberry.field(description="The price, in quote currency.")
    at: datetime = strawberry.field(description="When the candle closed, by the market's clock.")

    @classmethod
    def of(cls, price: Price) -> PriceSeen:
        return cls(instrument=price.instrument, price=price.price, at=price.at)


def prices_seen(live: Live | None) -> list[PriceSeen] | None:
    """The last prices by instrument; None in a process that receives none."""
    if live is None or live.prices is None:
        return None
    last = dict(live.prices.last)
    return [PriceSeen.of(last[instrument]) for instrument in sorted(last)]
