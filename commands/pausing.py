"""Ends pauses at the first input after them: of open circuit breakers, and of entries after losses.

After the pause of a breaker the next call is its trial; after a pause of entries they are judged again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from commands.breaker import EndPause
from commands.inputs import MarketMoved, Tick
from commands.pause import EndLossPause
from commands.stimulus import Stimulus, asks_of_engine
from domain.pause import Pause
from domain.portfolio import Portfolio


def pauses_over(given: MarketMoved | Tick, portfolio: Portfolio) -> Stimulus | None:
    """The ends of the pauses that are over at this input; None if there are none."""
    due: Sequence[EndPause | EndLossPause] = (
        *(EndPause(service, given.at) for service, one in portfolio.breakers.items() if one.is_due(given.at)),
        *(EndLossPause(owner, given.at) for owner, one in portfolio.pauses.items() if one.is_over(given.at)),
    )
    return Stimulus(given.at, asks_of_engine(due, given.at)) if due else None


def earliest_end(pauses: Mapping[str, Pause]) -> datetime | None:
    """The first time (UTC) at which one of the pauses after losses is over; None where none ends by its time."""
    return min((one.until for one in pauses.values() if one.until is not None), default=None)
