"""Side effects: what follows outside once events are durable, and never before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from commands.exchange import Exchange, Ticket
from domain.direction import Purpose
from domain.log import Envelope
from domain.order import OrderAmendRequested, OrderCancelRequested, OrderDenied, OrderPlaced
from domain.streams import parse


class Effects:
    """Tells the exchange what durable events ask of it."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def set_off(self, envelopes: Sequence[Envelope], at: datetime) -> None:
        """Orders that were placed together are submitted together; then cancels and amendments, in log order.

        A liquidation is the exchange's own order: it is recorded, never sent. Nor is one that was denied at once.
        """
        denied = {envelope.meta.stream for envelope in envelopes if isinstance(envelope.event, OrderDenied)}
        tickets = [
            Ticket(parse(envelope.meta.stream).id, envelope.event, at)
            for envelope in envelopes
            if isinstance(envelope.event, OrderPlaced)
            and envelope.event.purpose is not Purpose.LIQUIDATION
            and envelope.meta.stream not in denied
        ]
        if tickets:
            self._exchange.submit(tickets)
        for envelope in envelopes:
            effect = _EFFECTS.get(type(envelope.event))
            if effect is not None:
                effect(self._exchange, parse(envelope.meta.stream).id, at, envelope.event)


def _cancel(exchange: Exchange, order_id: str, at: datetime, _event: OrderCancelRequested) -> None:
    exchange.cancel(order_id, at)


def _amend(exchange: Exchange, order_id: str, at: datetime, event: OrderAmendRequested) -> None:
    exchange.amend(
        order_id,
        at,
        quantity=event.quantity,
        limit_price=event.limit_price,
        trigger_price=event.trigger_price,
    )


_EFFECTS: Mapping[type, Callable[[Exchange, str, datetime, Any], None]] = {
    OrderCancelRequested: _cancel,
    OrderAmendRequested: _amend,
}
