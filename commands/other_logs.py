"""The instruments in which an engine with another log trades on the same account, by the ids of orders and executions.

A protective stop that was placed with its entry has no client order id at Bybit, and the entry's executions may be
older than our log. So the executions are read for `HISTORY`, irrespective of our log's first event.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from commands.exchange import VenueQueries
from commands.world import World
from domain.order_id import is_of_an_engine
from domain.streams import order_stream

HISTORY = timedelta(days=7)
"""Executions of this long are read before anything is adopted. A position that was opened earlier shows no entry."""


def instruments_of_other_logs(world: World, venue: VenueQueries, at: datetime) -> frozenset[str]:
    """The instruments with an open order, or an execution since `at` less `HISTORY`, that has an id of another log.

    Raises what the queries raise.
    """
    return frozenset(
        instrument for order_id, instrument in _listed(venue, at - HISTORY) if _is_of_another(world, order_id)
    )


def instruments_held_by_other_logs(world: World, venue: VenueQueries, at: datetime) -> frozenset[str]:
    """The instruments in which another log has an open order, or that have a position at the exchange which this log
    does not have and that another log traded since `at` less `HISTORY`.

    Raises what the queries raise.
    """
    working = {one.instrument for one in venue.open_orders() if _is_of_another(world, one.order_id)}
    held = {one.instrument for one in venue.positions()} - world.portfolio.positions.keys()
    if not held:
        return frozenset(working)
    return frozenset(working | (held & instruments_of_other_logs(world, venue, at)))


def _is_of_another(world: World, order_id: str) -> bool:
    if not is_of_an_engine(order_id):
        return False
    return world.log_id is None or order_stream(world.account_name, order_id) not in world.states


def _listed(venue: VenueQueries, since: datetime) -> Iterator[tuple[str, str]]:
    """The client order id, empty where there is none, and the instrument of each open order and execution."""
    yield from ((one.order_id, one.instrument) for one in venue.open_orders())
    yield from ((one.order_id or "", one.instrument) for one in venue.executions(since))
