"""What readings of several strategies compute: scores of 0..1, and the longer trend."""

from __future__ import annotations

from domain.direction import Direction

_FULL_TREND_ATRS = 4.0


def unit(score: float) -> float:
    """The score within 0..1."""
    return max(0.0, min(1.0, score))


def sign_of(direction: Direction) -> float:
    """+1 for a long, -1 for a short."""
    return 1.0 if direction is Direction.LONG else -1.0


def trend_of(close: float, average: float, atr: float) -> float:
    """The longer trend, -1..1: how far the close is above the long average, where 4 ATRs are 1 (below it negative)."""
    return max(-1.0, min(1.0, (close - average) / (_FULL_TREND_ATRS * atr)))


def agreement(direction: Direction, trend: float) -> float:
    """(1 + trend) / 2 for a long, (1 - trend) / 2 for a short, 0..1."""
    return (1.0 + sign_of(direction) * trend) / 2.0
