"""Ends the pause of an open circuit breaker at the first input after it, so that the next call is its trial."""

from __future__ import annotations

from commands.breaker import EndPause
from commands.inputs import MarketMoved, Tick
from commands.stimulus import Stimulus, asks_of_engine
from domain.portfolio import Portfolio


def pauses_over(given: MarketMoved | Tick, portfolio: Portfolio) -> Stimulus | None:
    """The ends of the pauses that are over at this input; None if there are none."""
    if not portfolio.breakers:
        return None
    due = [EndPause(service, given.at) for service, one in portfolio.breakers.items() if one.is_due(given.at)]
    return Stimulus(given.at, asks_of_engine(due, given.at)) if due else None
