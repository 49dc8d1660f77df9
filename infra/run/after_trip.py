"""What follows a close: protection that is left over is cancelled once the exchange has proved the position flat, and
a log states what a trip of the kill switch has left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from commands.exchange import Exchange
from commands.flatness import cancels, left_over
from commands.inputs import Input
from commands.world import World
from domain.venue import VenuePosition
from infra.run.holding import held, is_held
from projections.sentences import plain

_log = logging.getLogger(__name__)
_FIRST_LOOK, _LONGEST_LOOK = 2.0, 30.0
_FIRST_LINE, _LONGEST_LINE = 10.0, 600.0


class AfterTrip:
    """`is_due` tells the run to compare with the exchange, and `prove` queries it after a comparison without doubts.

    Times are seconds of the run's monotonic clock. What was proved belongs to the process: a restart proves it again.
    """

    def __init__(
        self,
        world: World,
        exchange: Exchange,
        handle: Callable[[Input], object],
        clock: Callable[[], datetime],
    ) -> None:
        """`handle` is the driver's; `clock` gives the time of each input."""
        self._world, self._exchange, self._handle, self._clock = world, exchange, handle, clock
        self._awaited = self._proved = False
        self._look_at, self._look_wait = 0.0, _FIRST_LOOK
        self._stated: Sequence[str] = ()
        self._state_at, self._state_wait = 0.0, _FIRST_LINE

    def is_due(self, now: float) -> bool:
        """Whether flat has to be proved now; call it at every tick. The first look follows at the second tick.

        Between two, the exchange's own cancels arrive.
        """
        if not self._needs_proof:
            self._awaited, self._look_wait = False, _FIRST_LOOK
            return False
        if not self._awaited:
            self._awaited, self._look_at = True, now
            return False
        if now < self._look_at:
            return False
        self._look_at, self._look_wait = now + self._look_wait, min(2 * self._look_wait, _LONGEST_LOOK)
        return True

    def prove(self) -> None:
        """Queries the positions, and cancels what is left over of the flat ones. Raises what the queries raise."""
        if not self._needs_proof:
            return
        positions = self._exchange.positions()
        resting = {one.order_id for one in self._exchange.open_orders()}
        given = cancels(self._world.portfolio, {one.instrument for one in positions}, resting, self._clock())
        if given is not None:
            self._handle(given)
        if self._is_tripped and not self._is_anything_left:
            self._proved = not positions
            _state_proof(positions)

    def state(self, now: float) -> None:
        """Logs what a trip has left: at each change, and again after 10 s, doubled up to ten minutes."""
        if not self._is_tripped:
            self._stated, self._proved = (), False
            return
        if not self._is_anything_left:
            self._stated = ()
            return
        self._proved = False
        lines = tuple(held(self._world.portfolio))
        if lines != self._stated:
            self._state_wait = _FIRST_LINE
        elif now < self._state_at:
            return
        self._stated, self._state_at = lines, now + self._state_wait
        self._state_wait = min(2 * self._state_wait, _LONGEST_LINE)
        _log.warning("the kill switch is tripped; what is left: %s", "; ".join(lines))

    @property
    def _is_tripped(self) -> bool:
        return bool(self._world.portfolio.account.tripped)

    @property
    def _needs_proof(self) -> bool:
        portfolio = self._world.portfolio
        is_unproved = self._is_tripped and not self._proved and not is_held(portfolio)
        return is_unproved or any(left_over(portfolio))

    @property
    def _is_anything_left(self) -> bool:
        portfolio = self._world.portfolio
        return is_held(portfolio) or any(left_over(portfolio))


def _state_proof(positions: Sequence[VenuePosition]) -> None:
    if not positions:
        _log.warning(
            "the kill switch is tripped; the exchange states no position and no order of this log is left"
        )
        return
    named = ", ".join(f"{one.instrument} {one.direction} {plain(one.quantity)}" for one in positions)
    _log.error(
        "the kill switch is tripped; the exchange states positions that the log does not have: %s", named
    )
