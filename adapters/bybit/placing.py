"""The parameters of the requests that place orders.

An entry carries its stop and target (`tpslMode` Partial): Bybit attaches them at the entry's first fill, lets them grow
with it, and cancels one when the other triggers. A position is therefore never without its stop, not even for a round
trip, and an entry that is refused leaves nothing behind. A stop or target that is sent without its entry is an order of
its own: a conditional reduce-only order, or a reduce-only limit order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from adapters.attached_legs import check_legs
from adapters.bybit.fields import plain
from adapters.bybit.names import unfit
from adapters.bybit.order_row import SIDES
from commands.exchange import Ticket
from domain.direction import PROTECTION, Purpose, Side
from domain.errors import ExchangeRefused
from domain.instrument import market_of, symbol_of
from domain.order import OrderPlaced, OrderType

CATEGORY = "linear"
LEVELS: Mapping[Purpose, str] = {Purpose.STOP: "stopLoss", Purpose.TARGET: "takeProfit"}
"""The parameter of an entry that holds the level of its stop or target."""

Params = dict[str, object]
_SIDES: Mapping[Side, str] = {side: name for name, side in SIDES.items()}
_RISES, _FALLS = 1, 2
_DIRECTIONS: Mapping[Side, int] = {Side.BUY: _RISES, Side.SELL: _FALLS}
_TRADED = "LINEAR"


class Placement(Struct, frozen=True, gc=False):
    """One request and the tickets that it places."""

    params: Params
    tickets: Sequence[Ticket]


def placements(tickets: Sequence[Ticket]) -> Sequence[Placement]:
    """The requests that place the tickets, in their order; a stop and a target are in the request of their entry.

    Raises ExchangeRefused where a ticket cannot be sent as it is: an id or an instrument that Bybit does not take, or a
    stop or target that an entry cannot carry.
    """
    if wrong := unfit(ticket.order_id for ticket in tickets):
        raise ExchangeRefused(f"not sent: {wrong[0]!r} is no client order id of Bybit")
    entries = {ticket.order_id: ticket for ticket in tickets if ticket.terms.parent is None}
    return [
        _with_legs(ticket, [leg for leg in tickets if leg.terms.parent == ticket.order_id])
        for ticket in tickets
        if ticket.terms.parent not in entries
    ]


def address(instrument: str) -> Params:
    """Category and symbol. Raises ExchangeRefused for an instrument of another market."""
    if market_of(instrument) != _TRADED:
        raise ExchangeRefused(f"not sent: {instrument} is not a linear contract")
    return {"category": CATEGORY, "symbol": symbol_of(instrument)}


def level(terms: OrderPlaced) -> str:
    """The price at which a stop or target triggers."""
    price = terms.trigger_price if terms.limit_price is None else terms.limit_price
    assert price is not None
    return plain(price)


def _with_legs(ticket: Ticket, legs: Sequence[Ticket]) -> Placement:
    params = _order(ticket)
    if legs:
        check_legs(ticket, legs)
        params |= {"tpslMode": "Partial"}
        for leg in legs:
            params |= _leg(leg.terms)
    return Placement(params, [ticket, *legs])


def _leg(terms: OrderPlaced) -> Params:
    prefix = "sl" if terms.purpose is Purpose.STOP else "tp"
    return {
        LEVELS[terms.purpose]: level(terms),
        f"{prefix}TriggerBy": "LastPrice",
        f"{prefix}OrderType": "Market",
    }


def _order(ticket: Ticket) -> Params:
    terms = ticket.terms
    params: Params = {
        **address(terms.instrument),
        "side": _SIDES[terms.side],
        "orderType": "Limit" if terms.type is OrderType.LIMIT else "Market",
        "qty": plain(terms.quantity),
        "orderLinkId": ticket.order_id,
        "positionIdx": 0,
        "reduceOnly": terms.reduce_only,
    }
    if terms.limit_price is not None:
        params |= {"price": plain(terms.limit_price), "timeInForce": "GTC"}
    if terms.trigger_price is not None:
        params |= {
            "triggerPrice": plain(terms.trigger_price),
            "triggerDirection": _DIRECTIONS[terms.side],
            "triggerBy": "LastPrice",
            "closeOnTrigger": terms.reduce_only and terms.purpose in PROTECTION,
        }
    return params
