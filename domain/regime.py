"""The regime of a market: whether it has a trend, moves in a range, or is volatile."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Regime(StrEnum):
    """TREND: it moves in one direction. RANGE: it does not. VOLATILE: it moves more than it mostly does."""

    TREND = "TREND"
    RANGE = "RANGE"
    VOLATILE = "VOLATILE"


class RegimeChanged(Struct, frozen=True, gc=False, kw_only=True):
    """From this event on the regime of an instrument is in force for decisions; see `domain/regimes/`.

    `before` is the one that it replaces, None for the first. It was shown by `candles` closed candles of
    `interval_seconds` in a row; the figures are those of the last one, which closed at `candle_closed_at` (UTC). `adx`
    is 0..100, `efficiency` 0..1, `atr_share` the ATR as a fraction of the price, `percentile` the share of the candles
    before whose `atr_share` was lower.
    """

    instrument: str
    interval_seconds: int
    candle_closed_at: datetime
    regime: Regime
    before: Regime | None
    candles: int
    adx: float
    efficiency: float
    atr_share: float
    percentile: float


RegimeState = RegimeChanged | None
"""The regime in force; None before the first."""


def evolve(_state: RegimeState, event: RegimeChanged) -> RegimeChanged:
    """The state after the event: the event itself."""
    return event
