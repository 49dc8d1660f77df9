"""The two statements that a reconciliation compares: ours from the log's states, theirs from the venue's responses."""

from __future__ import annotations

from datetime import datetime

from commands.exchange import VenueQueries
from commands.world import World
from domain.order import Closed, Working
from domain.reconciliation.statement import Statement, ours, theirs
from domain.streams import parse


def our_statement(world: World) -> Statement:
    """The statement of the log. Raises AccountNotOpened where there is no account on record."""
    orders = {
        parse(stream).id: state
        for stream, state in world.states.items()
        if isinstance(state, Working | Closed)
    }
    return ours(orders, world.portfolio)


def their_statement(venue: VenueQueries, our: Statement, since: datetime) -> Statement:
    """The venue's current statement, with the executions at or after `since`.

    Each order that is open in our statement and is not among the venue's open orders is queried by its id. Raises what
    the queries raise, so a statement is never incomplete.
    """
    listed = venue.open_orders()
    names = {order.order_id or order.venue_order_id for order in listed}
    missing = [order_id for order_id, order in our.orders.items() if order.is_open and order_id not in names]
    found = [order for order_id in missing if (order := venue.order(order_id)) is not None]
    return theirs(
        orders=[*listed, *found],
        executions=venue.executions(since),
        positions=venue.positions(),
        balances=venue.balances(),
        instruments=venue.instruments(),
    )
