"""The random walk of one symbol's price under the conditions of the synthetic market."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import sqrt
from random import Random

from adapters.tapes.conditions import STEPS, Conditions, shock
from domain.instrument import Instrument

_YEAR, _FIVE_MINUTES = timedelta(days=365), timedelta(minutes=5)
_ROOT_STEPS = sqrt(float(STEPS))
# In the range regime, the level moves towards the price by this part of the distance in each candle.
_FOLLOW = 0.02
# A sub-step lowers the price by at most half, at any interval, so prices stay above zero.
_DEEPEST = -0.5
_BUSIEST_HOUR = 14


@dataclass(frozen=True, slots=True)
class Character:
    """The parameters of a symbol.

    `price`: approximate first price in quote currency; `volatility`: per year (0.5 = 50 %); `correlation` of its shocks
    with the market's; `volume`: mean of five minutes in base currency.
    """

    price: float
    volatility: float
    correlation: float
    volume: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One candle of a walk; prices are multiples of the tick, the volume of the lot."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class Walk:
    """Generates the candles of one symbol in order of time."""

    def __init__(
        self, instrument: Instrument, character: Character, interval: timedelta, chance: Random
    ) -> None:
        self._instrument, self._character = instrument, character
        self._interval, self._chance = interval, chance
        self._deviation = character.volatility * sqrt(interval / _YEAR)
        self._own = sqrt(1.0 - character.correlation * character.correlation)
        self._price = self._level = character.price * (0.85 + 0.3 * chance.random())
        self._last = self._rounded(self._price)

    def bar(self, opens: datetime, conditions: Conditions) -> Bar:
        """The next candle; its volume depends on the time of day of `opens` (UTC)."""
        before, opened = self._price, self._last
        prices = [opened, *map(self._rounded, self._path(conditions))]
        self._last = prices[-1]
        self._level += _FOLLOW * (self._price - self._level)
        move = abs(self._price - before) / before / self._deviation
        return Bar(
            opened, max(prices), min(prices), prices[-1], self._volume(opens, conditions.variance, move)
        )

    def _path(self, conditions: Conditions) -> Iterator[float]:
        regime, shared = conditions.regime, self._character.correlation
        scale = self._deviation * sqrt(conditions.variance) / _ROOT_STEPS
        drift = self._deviation * regime.drift / STEPS
        for common in conditions.shocks:
            pull = regime.pull / STEPS * (self._level - self._price) / self._price
            change = drift + pull + scale * (shared * common + self._own * shock(self._chance))
            self._price *= 1.0 + max(change, _DEEPEST)
            yield self._price

    def _rounded(self, price: float) -> Decimal:
        tick = self._instrument.tick
        return max(int(price / float(tick) + 0.5), 1) * tick

    def _volume(self, opens: datetime, variance: float, move: float) -> Decimal:
        """The volume, at least one lot; `move` is in standard deviations of a candle."""
        usual = self._character.volume * (self._interval / _FIVE_MINUTES)
        busy = (0.4 + 0.6 * variance) * (0.5 + 0.6 * move) * _time_of_day(opens)
        lots = usual * busy * (0.4 + 1.2 * self._chance.random()) / float(self._instrument.lot)
        return max(int(lots), 1) * self._instrument.lot


def _time_of_day(opens: datetime) -> float:
    """1.3 at the busiest hour (UTC), falling to 0.7 twelve hours away."""
    away = abs(opens.hour - _BUSIEST_HOUR)
    return 1.3 - min(away, 24 - away) / 20
