"""A stop and a target that travel with their entry: which ones an entry can carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.exchange import Ticket
from domain.direction import Purpose
from domain.errors import ExchangeRefused
from domain.order import OrderPlaced, OrderType

_TYPES: Mapping[Purpose, OrderType] = {Purpose.STOP: OrderType.STOP, Purpose.TARGET: OrderType.LIMIT}


def check_legs(ticket: Ticket, legs: Sequence[Ticket]) -> None:
    """Raises ExchangeRefused where the entry cannot carry these orders: at most one stop and one target, as large as
    the entry and of the other side."""
    wrong = [leg.order_id for leg in legs if not _is_carried(ticket.terms, leg.terms)]
    if wrong or len({leg.terms.purpose for leg in legs}) < len(legs):
        named = (wrong or [leg.order_id for leg in legs])[0]
        raise ExchangeRefused(
            f"not sent: the entry {ticket.order_id} cannot carry {named} as its stop or target"
        )


def _is_carried(entry: OrderPlaced, leg: OrderPlaced) -> bool:
    return (
        _TYPES.get(leg.purpose) is leg.type
        and leg.reduce_only
        and not entry.reduce_only
        and (leg.instrument, leg.quantity, leg.side)
        == (entry.instrument, entry.quantity, entry.side.opposite)
    )
