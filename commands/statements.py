"""The two statements that a reconciliation compares: ours from the world, theirs from a venue's answers."""

from __future__ import annotations

from datetime import datetime

from commands.exchange import VenueQueries
from commands.world import World
from domain.order import Closed, Working
from domain.reconciliation.statement import Statement, ours, theirs
from domain.streams import parse


def our_statement(world: World) -> Statement:
    """What the log adds up to. Raises AccountNotOpened where there is no account on record."""
    orders = {
        parse(stream).id: state
        for stream, state in world.states.items()
        if isinstance(state, Working | Closed)
    }
    return ours(orders, world.portfolio)


def their_statement(venue: VenueQueries, our: Statement, since: datetime) -> Statement:
    """What the venue answers now; executions at or after `since`.

    Each order of ours that is open and not listed as open there is looked up by its id. Raises what the queries raise:
    a statement is whole or there is none.
    """
    listed = venue.open_orders()
    names = {order.order_id for order in listed}
    missing = [order_id for order_id, order in our.orders.items() if order.is_open and order_id not in names]
    found = [order for order_id in missing if (order := venue.order(order_id)) is not None]
    return theirs(
        orders=[*listed, *found],
        executions=venue.executions(since),
        positions=venue.positions(),
        balances=venue.balances(),
        instruments=venue.instruments(),
    )
