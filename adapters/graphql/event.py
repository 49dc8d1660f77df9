"""Events: the log's records, each with a sentence that describes the event."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from functools import partial

import strawberry

from adapters.avro import to_json
from adapters.graphql.connection import BELOW, Most
from adapters.graphql.enums import register_enum
from adapters.graphql.moment import Moment
from adapters.graphql.nodes import Nodes, belonging
from adapters.graphql.rows import NodeMaker
from adapters.graphql.scalars import JSON, Ordinal
from domain.events import Event as DomainEvent
from domain.log import Recorded, is_outside_fact
from domain.order import OrderFilled
from domain.streams import parse
from projections.questions.find import by_key
from projections.sentences import fill_of, sentence

_CAUSED = belonging("journal", "cause")
_OF_CHAIN = belonging("journal", "chain")
_ORDER = partial(by_key, table="orders", columns=("account", "id"))


class EventsBy(StrEnum):
    """The sort key of a list of events: their place in the log."""

    RECORDED = "RECORDED"


register_enum(EventsBy)


@strawberry.type(description="An event as it was recorded; it never changes.")
class Event:
    moment: strawberry.Private[Moment]
    data: strawberry.Private[bytes]
    ordinal: Ordinal = strawberry.field(description="Its ordinal: its place in the log.")
    id: strawberry.ID = strawberry.field(description="The event's id.")
    type: str = strawberry.field(description="The event's type, as in `OrderFilled`.")
    stream: str = strawberry.field(description="Its stream, as in `order-main-01hx3k9zq2m4c-e1`.")
    noun: str = strawberry.field(description="The noun of its stream: `order`, `position`, `signal` …")
    version: int = strawberry.field(description="Its number in the stream, from 1.")
    account: str = strawberry.field(description="The account that it belongs to.")
    chain_id: strawberry.ID = strawberry.field(description="The chain that it belongs to.")
    cause_id: str = strawberry.field(
        description="Its cause: an event's id, or an outside fact like `candle:…`, `command:…` or `exchange:…`."
    )
    actor: str = strawberry.field(description="Who caused it: `engine`, or a person's name.")
    source: str = strawberry.field(description="The program that recorded it.")
    occurred_at: datetime = strawberry.field(description="When it occurred.")
    recorded_at: datetime = strawberry.field(description="When it was recorded.")
    decoded: strawberry.Private[DomainEvent | None] = field(init=False, default=None)

    @strawberry.field(
        description="The event's sentence, on one line; that of a fill has its order's side and instrument."
    )
    async def line(self) -> str:
        return await self.worded()

    @strawberry.field(description="The event's fields by name: decimals as text, times in ISO 8601.")
    def json(self) -> JSON:
        return JSON(to_json(self._event()))

    @strawberry.field(description="The event that caused this one; null where an outside fact caused it.")
    async def cause(self) -> Event | None:
        return None if is_outside_fact(self.cause_id) else await EVENTS_BY_ID.one(self.moment, self.cause_id)

    @strawberry.field(description="The events that this one caused.")
    async def caused(self, most: Most = BELOW) -> list[Event]:
        return await EVENTS.many(self.moment, _CAUSED, (self.id,), most)

    async def worded(self) -> str:
        """The value of `line`. One query loads the orders of all fills that are pending."""
        event = self._event()
        if not isinstance(event, OrderFilled):
            return self.text
        order = await self.moment.load(_ORDER, (self.account, parse(self.stream).id))
        return self.text if order is None else fill_of(event, order["side"], order["instrument"])

    @property
    def text(self) -> str:
        """The event's sentence by itself, as in an explanation, which has the order's placement, too."""
        return sentence(self._event())

    def _event(self) -> DomainEvent:
        """The event in `data`, decoded when a field first needs it."""
        if self.decoded is None:
            self.decoded = self.moment.decode(self.data).event
        return self.decoded


@strawberry.input(description="Only events that meet every given condition.")
class EventFilter:
    account: str | None = strawberry.field(default=None, description="Of this account.")
    types: list[str] | None = strawberry.field(default=None, description="Of one of these types.")
    noun: str | None = strawberry.field(default=None, description="Of streams of this noun.")
    stream: str | None = strawberry.field(default=None, description="Of this stream.")
    subject: str | None = strawberry.field(
        default=None, description="Of the order, signal or position with this id."
    )
    chain: strawberry.ID | None = strawberry.field(default=None, description="Of this chain.")
    cause: str | None = strawberry.field(
        default=None, description="Caused by this event or by this outside fact."
    )
    event_id: strawberry.ID | None = strawberry.field(default=None, description="With this id.")
    actor: str | None = strawberry.field(default=None, description="Caused by this person, or by `engine`.")
    source: str | None = strawberry.field(default=None, description="Recorded by this program.")
    search: str | None = strawberry.field(
        default=None,
        description="With every one of these whole words in its line or its type; case is ignored. The base currency "
        "of an instrument in its line, as BTC of BTCUSDT, is one of its words.",
    )
    since: datetime | None = strawberry.field(default=None, description="Occurred at this time or later.")
    before: datetime | None = strawberry.field(default=None, description="Occurred earlier than this time.")
    after_ordinal: Ordinal | None = strawberry.field(
        default=None, description="After this ordinal of the log."
    )
    upto_ordinal: Ordinal | None = strawberry.field(
        default=None, description="Up to this ordinal of the log."
    )


event_of = NodeMaker(Event, {"id": "event_id", "chain_id": "chain", "cause_id": "cause"})
EVENTS = Nodes(event_of, "journal", ("ordinal",))
EVENTS_BY_ID = Nodes(event_of, "journal", ("event_id",))


def recorded_event(moment: Moment, recorded: Recorded) -> Event:
    """Makes the GraphQL object of an event that was read together with its encoded record."""
    meta, event = recorded.envelope.meta, recorded.envelope.event
    made = Event(
        moment=moment,
        data=recorded.data,
        ordinal=Ordinal(recorded.ordinal),
        id=strawberry.ID(str(meta.event_id)),
        type=type(event).__name__,
        stream=meta.stream,
        noun=parse(meta.stream).noun,
        version=meta.version,
        account=meta.account,
        chain_id=strawberry.ID(meta.correlation_id),
        cause_id=meta.causation_id,
        actor=meta.actor,
        source=meta.source,
        occurred_at=meta.occurred_at,
        recorded_at=meta.recorded_at,
    )
    made.decoded = event
    return made


async def of_chain(moment: Moment, chain: str, most: int) -> list[Event]:
    """The first `most` events of a chain, in log order."""
    return await EVENTS.many(moment, _OF_CHAIN, (chain,), most)
