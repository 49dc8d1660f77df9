"""The two statements that a reconciliation compares: ours from the log's states, theirs from the venue's responses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.exchange import VenueQueries
from commands.world import World
from domain.order import Closed, Working
from domain.order_id import adopted_order_id
from domain.reconciliation.missing_executions import overfilled_orders
from domain.reconciliation.statement import Statement, ours, theirs, with_orders
from domain.streams import order_stream, parse


def statements(world: World, venue: VenueQueries, since: datetime) -> tuple[Statement, Statement]:
    """Ours and theirs, with the executions at or after `since`.

    Of our ended orders only those are stated that the venue's statement names, because no other one can differ: a log
    has ever more of them. Raises AccountNotOpened where there is no account on record, and what the queries raise.
    """
    working = {parse(stream).id: state for stream, state in world.states.of(Working)}
    their = their_statement(venue, ours(working, world.portfolio), since)
    our = ours({**working, **dict(_ended(world, their))}, world.portfolio)
    return our, _with_overfilled(our, their, venue)


def _with_overfilled(our: Statement, their: Statement, venue: VenueQueries) -> Statement:
    """Theirs with the orders that an execution takes beyond their quantity: an ended one is in no list."""
    unstated = [order_id for order_id in overfilled_orders(our, their) if order_id not in their.orders]
    found = [order for order_id in unstated if (order := venue.order(order_id)) is not None]
    return with_orders(their, found) if found else their


def _ended(world: World, their: Statement) -> Iterator[tuple[str, Closed]]:
    """Our ended orders that the venue's statement names: by an order, by an execution, or by an execution's id alone.

    An execution has no order id of ours where the venue placed its order itself, and where it is of a stop or target
    that an earlier process had sent with its entry: the log then has the execution in the order. Adopted orders are
    named by the venue's id of the order, or by the id of the execution.
    """
    named = {*their.orders, *(one.order_id for one in their.executions.values())}
    adopted = [one.details.venue_order_id for one in their.executions.values() if one.details is not None]
    named.update(adopted, map(adopted_order_id, their.executions))
    account = world.account_name
    for order_id in filter(None, named):
        state = world.states.get(order_stream(account, order_id))
        if isinstance(state, Closed):
            yield order_id, state
    unnamed = {execution_id for execution_id, one in their.executions.items() if one.order_id is None}
    yield from _with_executions(world, unnamed)


def _with_executions(world: World, unnamed: set[str]) -> Iterator[tuple[str, Closed]]:
    """Our ended orders with these executions, which are recent: the latest orders are looked at first."""
    if not unnamed:
        return
    for stream, state in world.states.latest(Closed):
        if not unnamed.isdisjoint(state.executions):
            yield parse(stream).id, state
            unnamed -= state.executions
            if not unnamed:
                return


def our_statement(world: World) -> Statement:
    """The statement of the whole log. Raises AccountNotOpened where there is no account on record."""
    orders = {parse(stream).id: state for stream, state in world.states.of(Working, Closed)}
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
