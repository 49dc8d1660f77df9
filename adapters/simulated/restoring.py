"""Restores the exchange's orders and holdings from a log.

The log holds all of their state but one value: the part of a position's margin that funding has used up, which depended
on the balance that was available at each settlement. That part is restored as zero. Zero is exact where no funding was
settled, as in a market that stands still (`still`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from adapters.simulated.holding import Holding
from adapters.simulated.order import WorkingOrder
from commands.world import World
from domain.arithmetic import ZERO
from domain.direction import Direction
from domain.order import Closed, OrderStatus, OrderType, Working
from domain.portfolio import OpenPosition

_NEVER_SENT = frozenset({OrderStatus.PLACED, OrderStatus.DENIED})


@dataclass(slots=True)
class Standing:
    """The state of one market: holding, working orders by arrival, and the filled quantity of each ended order."""

    holding: Holding = field(default_factory=Holding)
    working: list[WorkingOrder] = field(default_factory=list[WorkingOrder])
    ended: dict[str, Decimal] = field(default_factory=dict[str, Decimal])


def standing(world: World) -> Mapping[str, Standing]:
    """The state of each listed market."""
    markets = {name: Standing() for name in world.portfolio.instruments}
    for name, held in world.portfolio.positions.items():
        markets[name].holding = _holding(held)
    for order_id, order in _orders(world):
        market = markets[order.terms.instrument]
        if isinstance(order, Closed):
            market.ended[order_id] = order.filled
        elif order.restored is not OrderStatus.PLACED:
            market.working.append(_working(order_id, order))
    return markets


def arrived(world: World) -> Iterator[tuple[str, Working | Closed]]:
    """The working and ended orders that reached the exchange, by client order id."""
    for order_id, order in _orders(world):
        if _stands(order) not in _NEVER_SENT:
            yield order_id, order


def _stands(order: Working | Closed) -> OrderStatus:
    return order.restored if isinstance(order, Working) else order.status


def _orders(world: World) -> Iterator[tuple[str, Working | Closed]]:
    # `parse` took most of the time of a start on a long log; the state shows already that the stream is an order's.
    for stream, state in world.states.of(Working, Closed):
        yield stream.split("-", 2)[2], state


def _holding(held: OpenPosition) -> Holding:
    long = held.state.direction is Direction.LONG
    return Holding(held.state.quantity if long else -held.state.quantity, held.state.cost, ZERO)


def _working(order_id: str, order: Working) -> WorkingOrder:
    """Restores a working order; a stop with a fill counts as triggered, although its status is no longer TRIGGERED."""
    stop = order.terms.type is OrderType.STOP
    triggered = stop and (order.restored is OrderStatus.TRIGGERED or order.filled > 0)
    return WorkingOrder(
        order_id,
        order.terms,
        order.terms.quantity,
        filled=order.filled,
        executions=len(order.executions),
        triggered=triggered,
    )
