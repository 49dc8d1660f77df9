"""The next attempts of closes, which the engine makes when the market trades again.

Nothing is sent for a position that the exchange is known not to have: it would close what a person trades there next.
An attempt that is due is made at the close of the instrument's next candle with volume, at its next trade, or when time
has passed without either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from commands.identity import ENGINE
from commands.inputs import MarketMoved, Tick
from commands.position import RetryClose
from commands.stimulus import Ask, Stimulus, clock_fact
from commands.stray_orders import is_gone
from commands.way_out import remaining
from domain.candle import Candle, cause_of
from domain.closing import Closing
from domain.market import MarketEvent, Trade
from domain.portfolio import OpenPosition, Portfolio


def is_closing(portfolio: Portfolio) -> bool:
    """Whether any position is being closed."""
    # Not any(…): this runs at every candle, and a generator would triple its time.
    for held in portfolio.positions.values():  # noqa: SIM110
        if held.state.closing is not None:
            return True
    return False


def retries(given: MarketMoved | Tick, portfolio: Portfolio) -> Stimulus | None:
    """The attempts that are due at this input; None if there are none."""
    asks = tuple(_asks(given, portfolio))
    return Stimulus(given.at, asks) if asks else None


def _asks(given: MarketMoved | Tick, portfolio: Portfolio) -> Iterator[Ask]:
    for held, closing in _due(portfolio.positions.values(), given.at):
        cause = _cause(given, held.state.instrument)
        gone = is_gone(portfolio.discrepancies, held.state.instrument)
        if cause is not None and remaining(held, portfolio) > 0 and not gone:
            yield Ask(
                command=RetryClose(held.stream),
                cause=cause,
                occurred_at=given.at,
                actor=ENGINE,
                chain=closing.chain,
            )


def _due(positions: Collection[OpenPosition], at: datetime) -> Iterator[tuple[OpenPosition, Closing]]:
    for held in positions:
        closing = held.state.closing
        if closing is not None and closing.is_due(at):
            yield held, closing


def _cause(given: MarketMoved | Tick, instrument: str) -> str | None:
    """The candle or trade that shows that the instrument trades; at a tick, the time. None without either."""
    if isinstance(given, Tick):
        return clock_fact(given.at)
    return next((fact for event in given.events if (fact := _fact(event, instrument)) is not None), None)


def _fact(event: MarketEvent, instrument: str) -> str | None:
    if event.instrument != instrument:
        return None
    if isinstance(event, Trade):
        return f"trade:{event.instrument}:{event.trade_id}"
    if not isinstance(event, Candle) or event.volume <= 0:
        return None
    return cause_of(event) if event.interval >= _SHORTEST_NAMED else clock_fact(event.close_time)


_SHORTEST_NAMED = timedelta(minutes=1)
"""Shorter candles, as those of a market at rest, have no name for their interval."""
