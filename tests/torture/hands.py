"""A person in the exchange's own interface, beside the engine: orders, cancels and closes that no log has decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from adapters.simulated.server import VenueServer
from adapters.simulated.steps import to_tick
from adapters.simulated.venue import Declined
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.order import Order
from adapters.simulated.venue.requests import SIDE_NAMES, CancelRequest, Kind, OrderRequest
from domain.direction import Side
from tests.torture.venue import SYMBOLS, Exchange

_QUANTITY: Mapping[str, Decimal] = {
    "BTCUSDT": Decimal("0.01"),
    "ETHUSDT": Decimal("0.2"),
    "SOLUSDT": Decimal(2),
}
_LIMITS = 3
"""Of four orders so many wait at a price; the others trade at the market."""


@dataclass(slots=True)
class Hands:
    """What was done by hand: the exchange's ids of the orders that were `placed`, and of those `cancelled`."""

    exchange: Exchange
    placed: set[str] = field(default_factory=set[str])
    cancelled: set[str] = field(default_factory=set[str])

    def places(self, chance: Random) -> None:
        """An order near the market or at it, half of them with a client order id. It has no stop."""
        symbol, side = chance.choice(SYMBOLS), chance.choice(tuple(Side))
        link = f"by-hand-{len(self.placed)}" if chance.random() < 0.5 else ""
        waits, away = chance.randrange(4) < _LIMITS, Decimal(chance.randint(1, 15)) / 1000

        def request(server: VenueServer) -> OrderRequest:
            market = server.venue.market(symbol)
            assert market.quoted_price is not None
            at = market.quoted_price * (1 - away if side is Side.BUY else 1 + away)
            return OrderRequest(
                category=LINEAR,
                symbol=symbol,
                side=SIDE_NAMES[side],
                order_type=Kind.LIMIT if waits else Kind.MARKET,
                qty=_QUANTITY[symbol],
                price=to_tick(at, Side.BUY, market.contract.instrument.tick) if waits else None,
                order_link_id=link,
            )

        if self.exchange.does(lambda server: self._place(server, request(server))):
            self.exchange.count("an order by hand")

    def cancels(self, chance: Random) -> None:
        """Cancels one of the open orders, whoever placed it: an entry, a stop, a target."""
        drawn = chance.random()

        def cancel(server: VenueServer) -> bool:
            found = sorted(self.exchange.account.orders.values(), key=lambda one: (one.created, one.id))
            return bool(found) and self._cancel(server, found[int(drawn * len(found))])

        if self.exchange.does(cancel):
            self.exchange.count("a cancel by hand")

    def closes(self, chance: Random) -> None:
        """Closes one of the open positions at the market."""
        drawn = chance.random()

        def close(server: VenueServer) -> bool:
            found = sorted(self.exchange.account.held(), key=lambda one: one.contract.symbol)
            if not found:
                return False
            position = found[int(drawn * len(found))]
            quantity = position.holding.quantity
            request = OrderRequest(
                category=LINEAR,
                symbol=position.contract.symbol,
                side=SIDE_NAMES[Side.SELL if quantity > 0 else Side.BUY],
                order_type=Kind.MARKET,
                qty=abs(quantity),
                reduce_only=True,
            )
            return self._place(server, request)

        if self.exchange.does(close):
            self.exchange.count("a close by hand")

    def _place(self, server: VenueServer, request: OrderRequest) -> bool:
        try:
            order = server.venue.create(self.exchange.account, request, server.clock.market())
        except Declined:  # the person sees why, and lets it be
            return False
        self.placed.add(order.id)
        return True

    def _cancel(self, server: VenueServer, order: Order) -> bool:
        request = CancelRequest(category=LINEAR, symbol=order.symbol, order_id=order.id)
        try:
            server.venue.cancel(self.exchange.account, request, server.clock.market())
        except Declined:  # the person sees that the order has ended
            return False
        self.cancelled.add(order.id)
        return True
