"""The conditions in each candle of the synthetic market, which are the same for all symbols."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from random import Random

STEPS = 10
"""The number of sub-steps in a candle."""

_ROOT_3 = sqrt(3.0)
# How variance moves, in units of its long-run mean: speed of reversion, size of diffusion, lower and upper bound.
_RETURN, _WANDER, _CALMEST, _WILDEST = 0.03, 0.12, 0.05, 12.0


@dataclass(frozen=True, slots=True)
class Regime:
    """A regime of the market.

    `drift`: in standard deviations per candle; `pull`: the part of the distance to the level by which the price reverts
    in a candle; `length`: mean duration in candles; `variance`: the level to which variance reverts.
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
class Conditions:
    """A candle's regime, its variance (1 = long-run mean) and a standardised shock for each sub-step."""

    regime: Regime
    variance: float
    shocks: tuple[float, ...]


def conditions(chance: Random, candles: int) -> Iterator[Conditions]:
    """Yields conditions: regimes of a Markov chain, variance by Heston's process (Euler scheme, clamped to bounds)."""
    regime, variance = _RANGE, 1.0
    for _ in range(candles):
        regime = _next_regime(chance, regime)
        wandered = (
            variance + _RETURN * (regime.variance - variance) + _WANDER * sqrt(variance) * shock(chance)
        )
        variance = min(max(wandered, _CALMEST), _WILDEST)
        yield Conditions(regime, variance, tuple(shock(chance) for _ in range(STEPS)))


def shock(chance: Random) -> float:
    """A bell-shaped draw of mean 0 and standard deviation 1: the sum of four uniform draws (Irwin-Hall).

    An exact normal draw needs log or cos, whose last digit differs between machines. Fat tails result from the
    changing variance.
    """
    draw = chance.random
    return (draw() + draw() + draw() + draw() - 2.0) * _ROOT_3


def _next_regime(chance: Random, regime: Regime) -> Regime:
    if chance.random() * regime.length >= 1.0:
        return regime
    others = [other for other in _REGIMES if other is not regime]
    return others[int(chance.random() * len(others))]
