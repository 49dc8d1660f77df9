"""The signs of a reversal: named indicators of closed candles, each with the bar and the direction of its last turn.

| sign | turns down (up is the mirror image) where | source |
|---|---|---|
| rsi | RSI(14) was at least 70 at the close before and is below 70 | Wilder (1978) |
| ema | EMA(9) passes EMA(21) downwards | |
| supertrend | SuperTrend(10, 3) turns down | see `domain/indicators/supertrend.py` |
| sar | the Parabolic SAR (0.02, 0.02, 0.2) turns down | Wilder (1978) |
| candle | the body falls by at least the ATR(14) before it, on twice the mean volume of the 20 candles before | own |
| swing | the close is below the last swing low (5 bars on either side), the close before was not | see `swings.py` |

A swing is read as it was confirmed before the candle, so that no sign depends on a later candle.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

from domain.candle import Candle
from domain.indicators import Atr, Cross, Ema, Rsi, Sar, Supertrend, Swings
from domain.indicators.cross import Turn
from domain.management.turned import SIGN_NAMES, Turned

RSI_PERIOD, RSI_HIGH, RSI_LOW = 14, 70.0, 30.0
FAST_EMA, SLOW_EMA = 9, 21
SUPERTREND_PERIOD, SUPERTREND_MULTIPLIER = 10, 3.0
ATR_PERIOD, VOLUME_CANDLES, VOLUME_TIMES = 14, 20, 2.0
SWING_BARS = 5

WARM_UP = 100
"""The candles after which the averages have forgotten where they began, for practical purposes."""


class _Sign(Protocol):
    def update(self, candle: Candle) -> tuple[Turn, float]:
        """Takes the next closed candle; returns its turn (0 for none) and the figure that shows it."""
        ...


class _RsiLeavesExtreme:
    """The figure is the RSI after the turn."""

    def __init__(self) -> None:
        self._rsi = Rsi(RSI_PERIOD)

    def update(self, candle: Candle) -> tuple[Turn, float]:
        before = self._rsi.value
        now = self._rsi.update(float(candle.close))
        if before is None or now is None:
            return 0, 0.0
        if before >= RSI_HIGH > now:
            return -1, now
        return (1, now) if before <= RSI_LOW < now else (0, now)


class _EmaCross:
    """The figure is (fast - slow) / slow."""

    def __init__(self) -> None:
        self._fast, self._slow, self._cross = Ema(FAST_EMA), Ema(SLOW_EMA), Cross()

    def update(self, candle: Candle) -> tuple[Turn, float]:
        close = float(candle.close)
        fast, slow = self._fast.update(close), self._slow.update(close)
        if fast is None or slow is None:
            return 0, 0.0
        return self._cross.update(fast - slow), (fast - slow) / slow


class _SupertrendFlip:
    """The figure is the new line, in quote currency."""

    def __init__(self) -> None:
        self._line = Supertrend(SUPERTREND_PERIOD, SUPERTREND_MULTIPLIER)

    def update(self, candle: Candle) -> tuple[Turn, float]:
        line = self._line.update(float(candle.high), float(candle.low), float(candle.close))
        return (self._line.side, line) if line is not None and self._line.turned else (0, 0.0)


class _SarFlip:
    """The figure is the SAR after the turn, in quote currency."""

    def __init__(self) -> None:
        self._sar = Sar()

    def update(self, candle: Candle) -> tuple[Turn, float]:
        value = self._sar.update(float(candle.high), float(candle.low))
        if value is None or not self._sar.turned:
            return 0, 0.0
        return (1 if self._sar.side > 0 else -1), value


class _CandleWithVolume:
    """The figure is the candle's volume in means of the candles before it."""

    def __init__(self) -> None:
        self._atr = Atr(ATR_PERIOD)
        self._volumes: deque[float] = deque(maxlen=VOLUME_CANDLES)

    def update(self, candle: Candle) -> tuple[Turn, float]:
        span, volumes = self._atr.value, self._volumes
        self._atr.update(float(candle.high), float(candle.low), float(candle.close))
        mean = sum(volumes) / VOLUME_CANDLES if len(volumes) == VOLUME_CANDLES else 0.0
        volume = float(candle.volume)
        volumes.append(volume)
        body = float(candle.close) - float(candle.open)
        if span is None or mean <= 0.0 or abs(body) < span or body == 0.0 or volume < VOLUME_TIMES * mean:
            return 0, 0.0
        return (1 if body > 0.0 else -1), volume / mean


class _SwingBreak:
    """The figure is the price of the swing that the close has passed."""

    def __init__(self) -> None:
        self._swings = Swings(SWING_BARS)
        self._close: float | None = None

    def update(self, candle: Candle) -> tuple[Turn, float]:
        high, low = self._swings.high, self._swings.low
        before, self._close = self._close, float(candle.close)
        self._swings.update(float(candle.high), float(candle.low))
        if before is None:
            return 0, 0.0
        if low is not None and self._close < low.price <= before:
            return -1, low.price
        return (1, high.price) if high is not None and before <= high.price < self._close else (0, 0.0)


_SIGNS: Mapping[str, Callable[[], _Sign]] = {
    "rsi": _RsiLeavesExtreme,
    "ema": _EmaCross,
    "supertrend": _SupertrendFlip,
    "sar": _SarFlip,
    "candle": _CandleWithVolume,
    "swing": _SwingBreak,
}


class Signs:
    """The signs of one instrument at one interval. They take closed candles in time order."""

    __slots__ = ("_signs", "_turned")

    def __init__(self) -> None:
        self._signs = {name: made() for name, made in _SIGNS.items()}
        self._turned: dict[str, Turned] = {}

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle."""
        for name, sign in self._signs.items():
            turn, figure = sign.update(candle)
            if turn:
                self._turned[name] = Turned(turn, figure, 0)
            elif name in self._turned:
                last = self._turned[name]
                self._turned[name] = Turned(last.direction, last.figure, last.age + 1)

    @property
    def turned(self) -> Mapping[str, Turned]:
        """The last turn of each sign that has turned, by its name."""
        return {name: self._turned[name] for name in SIGN_NAMES if name in self._turned}
