"""The requests that durable events send to the exchange, and those that a log shows as unconfirmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from msgspec import Struct

from commands.world import World
from domain.direction import Purpose
from domain.log import Envelope
from domain.order import (
    OrderAmendRequested,
    OrderCancelRequested,
    OrderDenied,
    OrderPlaced,
    OrderStatus,
    Working,
)
from domain.streams import parse

Sendable = OrderPlaced | OrderCancelRequested | OrderAmendRequested


_SENT = frozenset(get_args(Sendable))


class Outgoing(Struct, frozen=True, gc=False):
    """One event to be sent, and its order."""

    order_id: str
    event: Sendable


def outgoing(envelopes: Sequence[Envelope]) -> Sequence[Outgoing]:
    """The requests of these events, in log order.

    A liquidation is the exchange's own order and is never sent. An order that is denied in the same unit is not sent
    either.
    """
    sendable = [
        (envelope.meta.stream, envelope.event) for envelope in envelopes if type(envelope.event) in _SENT
    ]
    if not sendable:
        return ()
    denied = {envelope.meta.stream for envelope in envelopes if isinstance(envelope.event, OrderDenied)}
    return [
        Outgoing(parse(stream).id, event)
        for stream, event in sendable
        if isinstance(event, Sendable) and stream not in denied and not _is_liquidation(event)
    ]


def unconfirmed(world: World, amendments: Mapping[str, OrderAmendRequested]) -> Sequence[Outgoing]:
    """The requests that the exchange has not confirmed, in the order the orders were placed.

    They may have been sent before the engine stopped, or not. `amendments` holds the last requested amendment of each
    order, by order id, since an order's state keeps only that an amendment is pending.
    """
    return [
        Outgoing(order_id, event)
        for order_id, order in _working(world)
        for event in _pending(order, amendments.get(order_id))
    ]


def _is_liquidation(event: Sendable) -> bool:
    return isinstance(event, OrderPlaced) and event.purpose is Purpose.LIQUIDATION


def _working(world: World) -> Iterator[tuple[str, Working]]:
    for stream, state in world.states.items():
        if isinstance(state, Working):
            yield parse(stream).id, state


def _pending(order: Working, amendment: OrderAmendRequested | None) -> Iterator[Sendable]:
    if order.restored is OrderStatus.PLACED:
        yield order.terms
    if order.status is OrderStatus.CANCEL_REQUESTED:
        yield OrderCancelRequested("sent again")
    if order.status is OrderStatus.AMEND_REQUESTED and amendment is not None:
        yield amendment
