"""Ends the pause of an open circuit breaker at the first input after it, so that the next call is its trial."""

from __future__ import annotations

from collections.abc import Iterator

from commands.breaker import EndPause
from commands.identity import ENGINE
from commands.inputs import MarketMoved, Tick
from commands.stimulus import Ask, Stimulus, clock_fact
from domain.portfolio import Portfolio


def pauses_over(given: MarketMoved | Tick, portfolio: Portfolio) -> Stimulus | None:
    """The ends of the pauses that are over at this input; None if there are none."""
    if not portfolio.breakers:
        return None
    asks = tuple(_asks(given, portfolio))
    return Stimulus(given.at, asks) if asks else None


def _asks(given: MarketMoved | Tick, portfolio: Portfolio) -> Iterator[Ask]:
    for service, breaker in portfolio.breakers.items():
        if breaker.is_due(given.at):
            yield Ask(
                command=EndPause(service, given.at),
                cause=clock_fact(given.at),
                occurred_at=given.at,
                actor=ENGINE,
            )
