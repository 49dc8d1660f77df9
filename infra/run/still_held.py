"""Whether the exchange still has a position whose stop has ended, before that stop is placed again (0077).

An exchange ends the stop with the position that a person closes there. The comparison records that the position is gone
where it finds it twice, and a stop that was placed until then would rest at the exchange for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from commands.exchange import VenueQueries
from commands.reprotecting import bare
from commands.world import World
from domain.errors import ExchangeError

_LISTED = timedelta(seconds=2)
"""The exchange's list shows a position that is so old; it may be late by fractions of a second."""


class StillHeld:
    """Of one run: it queries the positions at each tick at which a position of the plan is bare.

    A position that lasts is bare for one round trip longer by it. Where a query fails, none follows for that position
    until a stop covers it again: a stop that rests for nothing is better than a position without one.
    """

    def __init__(self, world: World, venue: VenueQueries) -> None:
        self._world, self._venue = world, venue
        self._unknown: frozenset[str] = frozenset()

    def missing(self, at: datetime, given_up: Collection[str]) -> Sequence[str]:
        """The instruments of the bare positions that the exchange does not have, or has on the other side; `at` is now
        (UTC).

        Nothing while a comparison is under way, and for the streams in `given_up`, whose stop is not placed again.
        Raises ExchangeError.
        """
        portfolio = self._world.portfolio
        found = () if portfolio.discrepancies.reconciling else bare(portfolio)
        streams = frozenset(one.stream for one in found)
        self._unknown &= streams
        left_out = self._unknown.union(given_up)
        queried = [one for one in found if one.stream not in left_out and one.opened_at <= at - _LISTED]
        if not queried:
            return ()
        try:
            listed = self._venue.positions()
        except ExchangeError:
            self._unknown |= streams
            raise
        there = {(one.instrument, one.direction) for one in listed}
        held = (one.state for one in queried)
        return [one.instrument for one in held if (one.instrument, one.direction) not in there]
