"""Outlasts an outage of the log: trading begins anew, without a person, as soon as the log answers again.

An engine whose log does not answer cannot record, so it ends: its state may lack what it has just appended. A new
session reads the log, compares it with the exchange and goes on, as after a restart of the program. Stops rest at the
exchange meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from adapters.back_off import random_pause
from domain.errors import ExchangeUnreachable, LogUnavailable, OutcomeUnknown, WhenceError

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds between two attempts to begin anew."""
Begun = Callable[[], None]
Session = Callable[[Begun], None]
"""Trades until a stop. It calls its argument as soon as it trades."""

_PASSING = (LogUnavailable, ExchangeUnreachable, OutcomeUnknown)
_log = logging.getLogger(__name__)


class Stops(Protocol):
    """Whether a stop was requested; `wait` returns after some seconds, or as soon as one is."""

    def requested(self) -> bool: ...
    def wait(self, seconds: float) -> None: ...


def outlast(session: Session, stops: Stops) -> None:
    """Runs sessions until one ends with a stop.

    Raises the error of the first session where it has not begun to trade, because a person is present then; every error
    that does not pass; and the last error where a stop is requested during an outage.
    """
    attempts = _Attempts()
    while True:
        try:
            session(attempts.begun)
        except _PASSING as fault:
            stops.wait(attempts.failed(fault))
            if stops.requested():
                raise
        else:
            return


class _Attempts:
    """Whether a session has traded at all, and how many have failed since one did."""

    def __init__(self) -> None:
        self._has_begun, self._failures = False, 0

    def begun(self) -> None:
        if self._failures:
            _log.warning("trading has begun anew after the outage")
        self._has_begun, self._failures = True, 0

    def failed(self, fault: WhenceError) -> float:
        """The seconds until the next attempt. Raises the error where no session has traded before."""
        if not self._has_begun:
            raise fault
        self._failures += 1
        wait = random_pause(self._failures, FIRST_PAUSE, LONGEST_PAUSE)
        _log.error("trading is interrupted, and begins anew in %.1f s: %s", wait, fault)
        return wait
