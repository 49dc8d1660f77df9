"""The requests to the exchange that follow from durable events, and those that the exchange has not confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast, get_args

from msgspec import Struct

from commands.world import World
from domain.direction import Purpose
from domain.leverage.change import LeverageChangeRequested
from domain.log import Envelope
from domain.order import (
    OrderAccepted,
    OrderAmendRequested,
    OrderCancelRequested,
    OrderDenied,
    OrderFilled,
    OrderPlaced,
    OrderStatus,
    Working,
)
from domain.portfolio import Portfolio
from domain.streams import own_id

Sendable = OrderPlaced | OrderCancelRequested | OrderAmendRequested


_SENT = frozenset(get_args(Sendable))
_AT_EXCHANGE = frozenset({OrderAccepted, OrderFilled})


class Outgoing(Struct, frozen=True, gc=False):
    """One event that leads to a request to the exchange, and the order of the event.

    `fresh_until` (UTC) is set only for an amendment that is sent again and may add exposure. The terms of a placed
    order contain their own `fresh_until`.
    """

    order_id: str
    event: Sendable
    fresh_until: datetime | None = None


class Amendment(Struct, frozen=True, gc=False):
    """An amendment, and when it was requested (UTC)."""

    event: OrderAmendRequested
    requested_at: datetime


def outgoing(envelopes: Sequence[Envelope]) -> Sequence[Outgoing]:
    """The requests of these events, in log order.

    A liquidation is the exchange's own order and is never sent. An order that is denied in the same unit is not sent
    either, nor one that the exchange has in the same unit: an adopted one.
    """
    sendable = [
        (envelope.meta.stream, cast("Sendable", envelope.event))
        for envelope in envelopes
        if type(envelope.event) in _SENT
    ]
    if not sendable:
        return ()
    unsent = {envelope.meta.stream for envelope in envelopes if type(envelope.event) is OrderDenied}
    placed = {stream for stream, event in sendable if type(event) is OrderPlaced}
    unsent |= placed & {one.meta.stream for one in envelopes if type(one.event) in _AT_EXCHANGE}
    return [
        Outgoing(own_id(stream), event)
        for stream, event in sendable
        if stream not in unsent and not _is_liquidation(event)
    ]


class OutgoingLeverage(Struct, frozen=True, gc=False):
    """The leverage that the exchange is to set for an instrument."""

    instrument: str
    leverage: Decimal


def outgoing_leverages(envelopes: Sequence[Envelope]) -> Sequence[OutgoingLeverage]:
    """The requests for another leverage of these events, in log order."""
    return [
        OutgoingLeverage(envelope.event.instrument, envelope.event.leverage)
        for envelope in envelopes
        if type(envelope.event) is LeverageChangeRequested
    ]


def unconfirmed_leverages(portfolio: Portfolio) -> Sequence[OutgoingLeverage]:
    """The requests without a known outcome. The engine may have sent them before it stopped, or not."""
    return [
        OutgoingLeverage(name, one.state.requested)
        for name, one in portfolio.leverages.items()
        if one.state.requested is not None
    ]


def unconfirmed(world: World, amendments: Mapping[str, Amendment]) -> Sequence[Outgoing]:
    """The requests that the exchange has not confirmed, ordered by the placement of their orders.

    The engine may have sent them before it stopped, or not. `amendments` holds the last requested amendment of each
    order, by order id, because an order's state shows only that an amendment is pending.
    """
    freshness = timedelta(seconds=world.portfolio.settings.settings.order_freshness_seconds)
    return [
        request
        for order_id, order in _working(world)
        for request in _pending(order_id, order, amendments.get(order_id), freshness)
    ]


def _is_liquidation(event: Sendable) -> bool:
    return isinstance(event, OrderPlaced) and event.purpose is Purpose.LIQUIDATION


def _working(world: World) -> Iterator[tuple[str, Working]]:
    for stream, state in world.states.of(Working):
        yield own_id(stream), state


def _pending(
    order_id: str, order: Working, amendment: Amendment | None, freshness: timedelta
) -> Iterator[Outgoing]:
    if order.restored is OrderStatus.PLACED:
        yield Outgoing(order_id, order.terms)
    if order.status is OrderStatus.CANCEL_REQUESTED:
        yield Outgoing(order_id, OrderCancelRequested("sent again"))
    if order.status is OrderStatus.AMEND_REQUESTED and amendment is not None:
        until = None if order.terms.reduce_only else amendment.requested_at + freshness
        yield Outgoing(order_id, amendment.event, until)
