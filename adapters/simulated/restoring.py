"""The exchange as a log tells it: what stood there when its last engine stopped.

Everything an order or a position is at the exchange, the log holds; but for one thing. How much of a position's margin
funding has eaten depended on what was available at that moment, so it counts as none: where no funding is settled, as
in a market that stands still, none was.
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
from domain.streams import parse

_NEVER_SENT = frozenset({OrderStatus.PLACED, OrderStatus.DENIED})


@dataclass(slots=True)
class Standing:
    """What stood in one market: the holding, the working orders by arrival, and what each ended one had filled."""

    holding: Holding = field(default_factory=Holding)
    working: list[WorkingOrder] = field(default_factory=list[WorkingOrder])
    ended: dict[str, Decimal] = field(default_factory=dict[str, Decimal])


def standing(world: World) -> Mapping[str, Standing]:
    """What stood in each listed market."""
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
    """The orders that the exchange has had, by client order id: open there, or ended there."""
    for order_id, order in _orders(world):
        if _stands(order) not in _NEVER_SENT:
            yield order_id, order


def _stands(order: Working | Closed) -> OrderStatus:
    return order.restored if isinstance(order, Working) else order.status


def _orders(world: World) -> Iterator[tuple[str, Working | Closed]]:
    for stream, state in world.states.items():
        if isinstance(state, Working | Closed):
            yield parse(stream).id, state


def _holding(held: OpenPosition) -> Holding:
    long = held.state.direction is Direction.LONG
    return Holding(held.state.quantity if long else -held.state.quantity, held.state.cost, ZERO)


def _working(order_id: str, order: Working) -> WorkingOrder:
    """A stop that filled was triggered, whatever its status says by now."""
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
