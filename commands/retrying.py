"""The next attempts of closes, which the engine makes when the market trades again.

An attempt that is due is made at the close of the instrument's next candle with volume, at its next trade, or when time
has passed without either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from commands.identity import ENGINE
from commands.inputs import MarketMoved, Tick
from commands.position import RetryClose
from commands.stimulus import Ask, Stimulus
from commands.way_out import remaining
from domain.candle import Candle, cause_of
from domain.market import MarketEvent, Trade
from domain.portfolio import OpenPosition, Portfolio


def is_closing(portfolio: Portfolio) -> bool:
    """Whether any position is being closed."""
    return any(held.state.closing is not None for held in portfolio.positions.values())


def retries(given: MarketMoved | Tick, portfolio: Portfolio) -> Stimulus | None:
    """The attempts that are due at this input; None if there are none."""
    asks = tuple(_asks(_facts(given), given.at, portfolio))
    return Stimulus(given.at, asks) if asks else None


def _facts(given: MarketMoved | Tick) -> Mapping[str, str] | None:
    """The fact by which each instrument trades, as a cause; None at a tick, which concerns every instrument."""
    if isinstance(given, Tick):
        return None
    return {event.instrument: fact for event in given.events if (fact := _fact(event)) is not None}


def _fact(event: MarketEvent) -> str | None:
    if isinstance(event, Candle):
        return cause_of(event) if event.volume > 0 else None
    return f"trade:{event.instrument}:{event.trade_id}" if isinstance(event, Trade) else None


def _asks(facts: Mapping[str, str] | None, at: datetime, portfolio: Portfolio) -> Iterator[Ask]:
    for held in _due(portfolio.positions.values(), at):
        cause = f"clock:{at.isoformat()}" if facts is None else facts.get(held.state.instrument)
        if cause is None or remaining(held, portfolio) <= 0:
            continue
        closing = held.state.closing
        assert closing is not None
        yield Ask(
            command=RetryClose(held.stream), cause=cause, occurred_at=at, actor=ENGINE, chain=closing.chain
        )


def _due(positions: Collection[OpenPosition], at: datetime) -> Iterator[OpenPosition]:
    yield from (
        held for held in positions if held.state.closing is not None and held.state.closing.is_due(at)
    )
