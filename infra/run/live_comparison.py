"""Compares a live log with its exchange beside the engine, for reading only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.in_flight import orders_in_flight
from commands.reconciling import TOLERANCE
from commands.statements import statements
from commands.venue_terms import differing_terms
from commands.world import World
from domain.errors import InvalidInput
from domain.order import OrderPlaced
from domain.reconciliation.comparing import differences
from domain.reconciliation.differences import Difference
from infra.config import WhenceSettings
from infra.logs import open_reader
from infra.run.live import check_live, placed_in
from infra.run.live_plan import LiveVenue
from infra.run.recorded_discrepancies import RecordedDiscrepancies
from infra.run.restoring import check_account

_LOOKED_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LoggedState:
    """A live log's state, its discrepancies, and the times (UTC) of its first and last event."""

    world: World
    discrepancies: RecordedDiscrepancies
    opened: datetime
    last: datetime

    @property
    def placed(self) -> Mapping[str, OrderPlaced]:
        """The terms of the working orders by id."""
        return placed_in(self.world)


def folded(settings: WhenceSettings) -> LoggedState:
    """The state of the configured log. Raises InvalidInput for an empty log or one of another run, and log errors."""
    world, discrepancies, times = World(), RecordedDiscrepancies(), list[datetime]()
    with closing(open_reader(settings)) as log:
        for recorded in log.read():
            if not times:
                check_live(recorded.envelope)
            world.fold(recorded.envelope)
            discrepancies.fold(recorded.envelope)
            times[1:] = [recorded.envelope.meta.recorded_at]
            times[:1] = times[:1] or times[-1:]
    if not times:
        raise InvalidInput("this log is empty: there is nothing to compare; name another one with --log")
    check_account(world, settings.account)
    return LoggedState(world, discrepancies, times[0], times[-1])


def compared(state: LoggedState, venue: LiveVenue) -> Sequence[Difference]:
    """The differences now, also of the terms by which the log's instruments are traded. Orders in flight that the
    exchange does not have are left out, because they may arrive.

    Raises ExchangeUnreachable or ExchangeRefused.
    """
    our, their = statements(state.world, venue.exchange, max(state.opened, state.last - _LOOKED_BACK))
    away = [one for one in orders_in_flight(state.world.portfolio) if one not in their.orders]
    listed = [name for name in sorted(our.instruments) if name in their.instruments]
    terms = venue.account.terms(listed)
    return [
        *differences(our, their, tolerance=TOLERANCE, under_way=away),
        *differing_terms(terms, state.world.portfolio.possible_leverages),
    ]
