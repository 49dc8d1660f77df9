"""The weather of the synthetic market: what all its symbols share, candle by candle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from random import Random

STEPS = 10
"""Sub-steps a candle."""

_ROOT_3 = sqrt(3.0)
# Variance, in units of its long-run mean: how fast it returns, how much it wanders, and its bounds.
_RETURN, _WANDER, _CALMEST, _WILDEST = 0.03, 0.12, 0.05, 12.0


@dataclass(frozen=True, slots=True)
class Regime:
    """A way the market behaves for a while.

    `drift` is in standard deviations a candle, `pull` the part of the way back to a level it goes in a candle,
    `length` the mean duration in candles, `variance` the level its variance returns to.
    """

    drift: float
    pull: float
    length: int
    variance: float


_RANGE = Regime(drift=0.0, pull=0.04, length=200, variance=0.6)
_RISE = Regime(drift=0.10, pull=0.0, length=150, variance=0.8)
_FALL = Regime(drift=-0.12, pull=0.0, length=120, variance=1.3)
_STORM = Regime(drift=0.0, pull=0.0, length=40, variance=3.0)
_REGIMES = (_RANGE, _RISE, _FALL, _STORM)


@dataclass(frozen=True, slots=True)
class Weather:
    """One candle's regime, its variance (1 = long-run mean) and a standard draw for each sub-step."""

    regime: Regime
    variance: float
    shocks: tuple[float, ...]


def weather(chance: Random, candles: int) -> Iterator[Weather]:
    """Regimes as a Markov chain; variance as Heston's process (Euler scheme, cut off at a floor and a ceiling)."""
    regime, variance = _RANGE, 1.0
    for _ in range(candles):
        regime = _next_regime(chance, regime)
        wandered = (
            variance + _RETURN * (regime.variance - variance) + _WANDER * sqrt(variance) * shock(chance)
        )
        variance = min(max(wandered, _CALMEST), _WILDEST)
        yield Weather(regime, variance, tuple(shock(chance) for _ in range(STEPS)))


def shock(chance: Random) -> float:
    """A draw of mean 0 and deviation 1, bell-shaped: four uniform draws added up (Irwin-Hall).

    The exact normal needs log or cos, whose last digit differs from machine to machine. Fat tails come from the
    changing variance.
    """
    draw = chance.random
    return (draw() + draw() + draw() + draw() - 2.0) * _ROOT_3


def _next_regime(chance: Random, regime: Regime) -> Regime:
    if chance.random() * regime.length >= 1.0:
        return regime
    others = [other for other in _REGIMES if other is not regime]
    return others[int(chance.random() * len(others))]
