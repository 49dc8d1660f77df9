"""The random walk of one symbol's price under the conditions of the synthetic market."""

from __future__ import annotations

from collections.abc import Sequence
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
        self._tick = float(instrument.tick)
        self._last = self._ticks(self._price)

    def bar(self, opens: datetime, conditions: Conditions) -> Bar:
        """The next candle; its volume depends on the time of day of `opens` (UTC)."""
        before, opened = self._price, self._last
        path = self._path(conditions)
        self._price = path[-1]
        self._last = self._ticks(self._price)
        self._level += _FOLLOW * (self._price - self._level)
        move = abs(self._price - before) / before / self._deviation
        tick = self._instrument.tick
        return Bar(
            opened * tick,
            max(opened, self._ticks(max(path))) * tick,
            min(opened, self._ticks(min(path))) * tick,
            self._last * tick,
            self._volume(opens, conditions.variance, move),
        )

    def _path(self, conditions: Conditions) -> Sequence[float]:
        """The price after each sub-step. The attributes are read once: the loop is most of a market's time."""
        regime, shared = conditions.regime, self._character.correlation
        scale = self._deviation * sqrt(conditions.variance) / _ROOT_STEPS
        drift, pulled = self._deviation * regime.drift / STEPS, regime.pull / STEPS
        price, level, own, chance = self._price, self._level, self._own, self._chance
        path: list[float] = []
        for common in conditions.shocks:
            change = (
                drift + pulled * (level - price) / price + scale * (shared * common + own * shock(chance))
            )
            price *= 1.0 + max(change, _DEEPEST)
            path.append(price)
        return path

    def _ticks(self, price: float) -> int:
        """The number of ticks, at least one, that is nearest to the price. A higher price has no fewer ticks."""
        return max(int(price / self._tick + 0.5), 1)

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
