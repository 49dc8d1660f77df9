"""Our orders at the venue's matching engine: their terms, and which stop and target belong to which entry.

An entry carries its stop and target as the adapter of Bybit sends them (`adapters/bybit/placing`): the venue attaches
them at the entry's first fill, lets them grow with it, and cancels one when the other triggers. Until then they have no
order of their own: they are `carried`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.attached_legs import check_legs
from adapters.simulated.order import level_of
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.order import Order, StopKind
from adapters.simulated.venue.requests import SIDE_NAMES, Kind, Mode, OrderRequest, TimeInForce
from adapters.simulated.venue.triggers import FALLS, RISES
from commands.exchange import Ticket
from domain.direction import PROTECTION, Purpose, Side
from domain.instrument import symbol_of
from domain.order import OrderPlaced, OrderType, amended

LEG_KINDS: Mapping[Purpose, StopKind] = {
    Purpose.STOP: StopKind.PARTIAL_STOP_LOSS,
    Purpose.TARGET: StopKind.PARTIAL_TAKE_PROFIT,
}
_PURPOSES: Mapping[StopKind, Purpose] = {kind: purpose for purpose, kind in LEG_KINDS.items()}
_DIRECTIONS: Mapping[Side, int] = {Side.BUY: RISES, Side.SELL: FALLS}
_NO_LEGS: Mapping[Purpose, str] = {}


@dataclass(slots=True)
class MatchedOrders:
    """`terms` are those in force of every order of ours, by its id; `executed` the number of its executions.

    `open` are the orders that the venue accepted and that have not ended, in the order of arrival; `carried` the stops
    and targets whose entry has not attached them; `triggered` the stops whose trigger was reported.
    """

    terms: dict[str, OrderPlaced] = field(default_factory=dict[str, OrderPlaced])
    executed: dict[str, int] = field(default_factory=dict[str, int])
    open: dict[str, None] = field(default_factory=dict[str, None])
    carried: set[str] = field(default_factory=set[str])
    triggered: set[str] = field(default_factory=set[str])
    _legs: dict[str, dict[Purpose, str]] = field(default_factory=dict[str, dict[Purpose, str]])
    _venue_ids: dict[str, str] = field(default_factory=dict[str, str])
    _ours: dict[str, str] = field(default_factory=dict[str, str])

    def place(self, order_id: str, terms: OrderPlaced, *, carried: bool = False) -> None:
        """Records an order; a carried one is the leg of its parent."""
        self.terms[order_id] = terms
        if carried and terms.parent is not None:
            self.carried.add(order_id)
            self.attach(order_id, terms.parent, terms.purpose)

    def attach(self, order_id: str, parent: str, purpose: Purpose) -> None:
        """Records that the order is the stop or target of an entry."""
        self._legs.setdefault(parent, {})[purpose] = order_id

    def carried_by(self, order_id: str) -> Sequence[str]:
        """The ids of the stop and target that the entry still carries."""
        return [leg for leg in self._legs.get(order_id, _NO_LEGS).values() if leg in self.carried]

    def name(self, order: Order) -> str:
        """Our id of the venue's order; remembers which of its ids it belongs to."""
        name = order.link or self._legs[order.parent][_PURPOSES[order.stop_kind]]
        if not order.link:
            self.carried.discard(name)
        self._venue_ids[name], self._ours[order.id] = order.id, name
        return name

    def named(self, venue_id: str) -> str:
        """Our id of the order with this id of the venue, which `name` has seen."""
        return self._ours[venue_id]

    def venue_id(self, order_id: str) -> str:
        """The venue's id of an order of ours; empty where it has none."""
        return self._venue_ids.get(order_id, "")

    def stop_beside(self, order_id: str) -> str | None:
        """The open stop of the entry to which this target belongs; None for every other order."""
        terms = self.terms.get(order_id)
        if terms is None or terms.purpose is not Purpose.TARGET or terms.parent is None:
            return None
        stop = self._legs.get(terms.parent, _NO_LEGS).get(Purpose.STOP)
        return stop if stop in self.open else None


def shown_terms(known: OrderPlaced, order: Order) -> OrderPlaced:
    """The terms of a venue's order in the form of ours: a target is a limit order, and at the venue a trigger."""
    trigger = order.trigger_price if known.type is OrderType.STOP else None
    attached = order.stop_kind in _PURPOSES
    limit = (order.trigger_price if attached else order.price) if known.type is OrderType.LIMIT else None
    return amended(known, quantity=order.qty, limit_price=limit, trigger_price=trigger)


def carried_terms(known: OrderPlaced, entry: Order) -> OrderPlaced:
    """The terms of a stop or target that the entry carries."""
    request = entry.request
    if known.purpose is Purpose.STOP:
        return amended(known, quantity=entry.qty, limit_price=None, trigger_price=request.stop_loss)
    return amended(known, quantity=entry.qty, limit_price=request.take_profit, trigger_price=None)


def families(tickets: Sequence[Ticket]) -> Iterator[tuple[Ticket, Sequence[Ticket]]]:
    """The orders to be placed, each with the stop and target that it carries.

    Raises ExchangeRefused, before the first one, where an entry cannot carry what was sent with it.
    """
    entries = {ticket.order_id for ticket in tickets if ticket.terms.parent is None}
    found = [
        (ticket, [leg for leg in tickets if leg.terms.parent == ticket.order_id])
        for ticket in tickets
        if ticket.terms.parent not in entries
    ]
    for ticket, legs in found:
        check_legs(ticket, legs)
    return iter(found)


def order_request(order_id: str, terms: OrderPlaced, legs: Iterable[OrderPlaced] = ()) -> OrderRequest:
    """The venue's request for an order that carries these legs."""
    levels = {leg.purpose: level_of(leg) for leg in legs}
    triggers = terms.trigger_price is not None
    return OrderRequest(
        category=LINEAR,
        symbol=symbol_of(terms.instrument),
        side=SIDE_NAMES[terms.side],
        order_type=Kind.LIMIT if terms.type is OrderType.LIMIT else Kind.MARKET,
        qty=terms.quantity,
        price=terms.limit_price,
        time_in_force=None if terms.limit_price is None else TimeInForce.GTC,
        order_link_id=order_id,
        reduce_only=terms.reduce_only,
        close_on_trigger=triggers and terms.reduce_only and terms.purpose in PROTECTION,
        trigger_price=terms.trigger_price,
        trigger_direction=_DIRECTIONS[terms.side] if triggers else 0,
        tpsl_mode=Mode.PARTIAL if levels else Mode.FULL,
        take_profit=levels.get(Purpose.TARGET),
        stop_loss=levels.get(Purpose.STOP),
    )
