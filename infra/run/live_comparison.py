"""Compares a live log with its exchange beside the engine, for reading only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.in_flight import orders_in_flight
from commands.outside_amendments import is_outside_amendment
from commands.reconciling import TOLERANCE
from commands.statements import statements
from commands.venue_terms import differing_terms
from commands.world import World
from domain.errors import InvalidInput
from domain.order import OrderPlaced
from domain.reconciliation import DiscrepancyFound
from domain.reconciliation.comparing import differences
from domain.reconciliation.differences import Difference
from infra.config import WhenceSettings
from infra.logs import open_reader
from infra.run.live import check_live, placed_in
from infra.run.live_plan import LiveVenue
from infra.run.restoring import check_account

_LOOKED_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LoggedState:
    """A live log's state, and the times (UTC) of its first and last event.

    `amended` are the unresolved discrepancies of orders that others have amended. The log has their new terms, so that
    a comparison does not find them.
    """

    world: World
    opened: datetime
    last: datetime
    amended: Sequence[DiscrepancyFound] = ()

    @property
    def placed(self) -> Mapping[str, OrderPlaced]:
        """The terms of the working orders by id."""
        return placed_in(self.world)


def folded(settings: WhenceSettings) -> LoggedState:
    """The state of the configured log. Raises InvalidInput for an empty log or one of another run, and log errors."""
    world, times, amended = World(), list[datetime](), dict[str, DiscrepancyFound]()
    with closing(open_reader(settings)) as log:
        for recorded in log.read():
            if not times:
                check_live(recorded.envelope)
            world.fold(recorded.envelope)
            event = recorded.envelope.event
            if isinstance(event, DiscrepancyFound) and is_outside_amendment(event.discrepancy_id):
                amended[event.discrepancy_id] = event
            times[1:] = [recorded.envelope.meta.recorded_at]
            times[:1] = times[:1] or times[-1:]
    if not times:
        raise InvalidInput("this log is empty: there is nothing to compare; name another one with --log")
    check_account(world, settings.account)
    unresolved = world.portfolio.discrepancies.unresolved
    standing = [one for name, one in amended.items() if name in unresolved]
    return LoggedState(world, times[0], times[-1], standing)


def compared(state: LoggedState, venue: LiveVenue) -> Sequence[Difference]:
    """The differences now, also of the terms by which the log's instruments are traded. Orders in flight that the
    exchange does not have are left out, because they may arrive.

    Raises ExchangeUnreachable or ExchangeRefused.
    """
    our, their = statements(state.world, venue.exchange, max(state.opened, state.last - _LOOKED_BACK))
    away = [one for one in orders_in_flight(state.world.portfolio) if one not in their.orders]
    listed = [name for name in sorted(our.instruments) if name in their.instruments]
    terms = venue.account.terms(listed)
    leverage = state.world.portfolio.account.leverage
    return [
        *differences(our, their, tolerance=TOLERANCE, under_way=away),
        *differing_terms(terms, leverage),
    ]
