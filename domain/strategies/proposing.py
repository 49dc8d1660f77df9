"""A proposal at the close of a candle: what every strategy takes from the candle stands once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.candle import Candle
from domain.direction import Direction
from domain.strategies import Grid, Intent, Proposal
from domain.strategies.levels import levels_around


def proposed_at(
    candle: Candle,
    strategy: str,
    direction: Direction,
    intent: Intent,
    levels: tuple[Decimal, Decimal],
    *,
    confidence: float,
    trend: float,
    inputs: Mapping[str, float],
    grid: Grid | None = None,
) -> Proposal:
    """The proposal at this close. `levels` are stop and target in quote currency; the rest is as in `Proposal`."""
    stop, target = levels
    return Proposal(
        strategy=strategy,
        instrument=candle.instrument,
        interval=candle.interval,
        direction=direction,
        intent=intent,
        confidence=confidence,
        trend=trend,
        price=candle.close,
        stop=stop,
        target=target,
        inputs=inputs,
        grid=grid,
    )


def exit_at(
    candle: Candle,
    strategy: str,
    direction: Direction,
    span: float,
    *,
    trend: float,
    inputs: Mapping[str, float],
) -> Proposal | None:
    """An EXIT that its rule alone decides, with confidence 1; it opens nothing, so its levels are only `span` away.

    None where they would not be as `levels_around` demands.
    """
    levels = levels_around(direction, candle.close, span, span)
    if levels is None:
        return None
    return proposed_at(
        candle, strategy, direction, Intent.EXIT, levels, confidence=1.0, trend=trend, inputs=inputs
    )
