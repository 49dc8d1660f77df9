"""The bars of one instrument that features read: columns of its last candles, and indicators that follow them."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import fsum, sqrt

from domain.candle import Candle
from domain.errors import InvalidInput
from domain.indicators import Adx, Atr, Bollinger, EfficiencyRatio, Ema, Rsi

HOUR, DAY = 3_600.0, 86_400.0
_KEPT_SECONDS = DAY + HOUR
_KEPT_BARS = 256
"""More than the longest window that is counted in bars (201)."""
LATE = HOUR
"""How much older than the beginning of a window the close before it may be; an older one is not the close of then."""
PERIOD, BOLLINGER, EFFICIENCY, SHARES = 14, 20, 20, 200
"""The periods of ADX, ATR and RSI, of the Bollinger bands, of the efficiency ratio, and of the percentile of ATR."""
LONGEST_BARS = SHARES + PERIOD + 1
"""The bars after which every figure that is counted in bars has a value; that of the percentile of ATR is the last."""
EMAS = (20, 50)


class Bars:
    """Takes the closed candles of one instrument and interval in time order, and returns figures at the last one.

    At least the bars of 25 hours and 256 bars are kept. A figure is None where too few candles were read, or where it
    would be divided by zero. Times are in seconds since 1970.
    """

    __slots__ = (
        "_closed",
        "_closes",
        "_emas",
        "_highs",
        "_limit",
        "_lows",
        "_shares",
        "_volumes",
        "adx",
        "atr",
        "begun",
        "closed_at",
        "interval",
        "last",
        "rsi",
        "seconds",
    )

    def __init__(self, first: Candle) -> None:
        self.interval: timedelta = first.interval
        self.seconds = first.interval.total_seconds()
        self.begun = first.open_time.timestamp()
        self.closed_at: datetime = first.open_time
        self.last = first
        self.adx, self.atr, self.rsi = Adx(PERIOD), Atr(PERIOD), Rsi(PERIOD)
        self._emas = tuple(Ema(period) for period in EMAS)
        self._closed, self._closes = array("d"), array("d")
        self._highs, self._lows, self._volumes = array("d"), array("d"), array("d")
        self._shares = array("d")
        self._limit = 2 * _KEPT_BARS

    def take(self, candle: Candle) -> None:
        """Takes the next closed candle; one that closed before the last one, or with it, is passed over.

        Raises InvalidInput for a candle of another interval.
        """
        closed_at = candle.open_time + candle.interval
        if closed_at <= self.closed_at:
            return
        if candle.interval != self.interval:
            raise InvalidInput(
                f"features: the candles of {candle.instrument} are of {self.interval}, and one of {candle.interval} "
                f"opened at {candle.open_time.isoformat()}; feed candles of one interval"
            )
        high, low, close = float(candle.high), float(candle.low), float(candle.close)
        self.closed_at, self.last = closed_at, candle
        self.adx.update(high, low, close)
        span = self.atr.update(high, low, close)
        self.rsi.update(close)
        for average in self._emas:
            average.update(close)
        self._closed.append(closed_at.timestamp())
        self._closes.append(close)
        self._highs.append(high)
        self._lows.append(low)
        self._volumes.append(float(candle.volume))
        if span is not None:
            self._shares.append(span / close if close else 0.0)
        if len(self._closed) >= self._limit:
            self._forget()

    def _forget(self) -> None:
        closed = self._closed
        count = min(bisect_right(closed, closed[-1] - _KEPT_SECONDS - LATE), len(closed) - _KEPT_BARS)
        for column in (closed, self._closes, self._highs, self._lows, self._volumes):
            del column[:count]
        del self._shares[: max(0, len(self._shares) - _KEPT_BARS)]
        self._limit = 2 * len(closed)

    def closes(self, count: int) -> Sequence[float] | None:
        """The last `count` closes, the oldest first."""
        return self._closes[-count:].tolist() if len(self._closes) >= count else None

    def timed_closes(self, count: int) -> Sequence[tuple[float, float]]:
        """The last `count` times and closes, fewer where fewer were read."""
        return list(zip(self._closed[-count:], self._closes[-count:], strict=True))

    def change(self, bars: int) -> float | None:
        """The last close / the close `bars` bars before - 1."""
        closes = self._closes
        return None if len(closes) <= bars else over(closes[-1] - closes[-1 - bars], closes[-1 - bars])

    def gain(self, seconds: float) -> float | None:
        """The last close / the close so many seconds before - 1.

        The close of then is that of the last bar that had closed by then, at most an hour before.
        """
        at = self._closed[-1] - seconds
        found = bisect_right(self._closed, at) - 1
        if found < 0 or self.seconds > seconds or self._closed[found] <= at - LATE:
            return None
        return over(self._closes[-1] - self._closes[found], self._closes[found])

    def volume_ratio(self) -> float | None:
        """24 times the volume of the last hour / that of the last 24 hours."""
        if not self._covers(DAY) or self.seconds > HOUR:
            return None
        day = fsum(self._volumes[self._first_of(DAY) :])
        return over(24.0 * fsum(self._volumes[self._first_of(HOUR) :]), day)

    def volume_to_mean(self, bars: int) -> float | None:
        """The last volume / the mean volume of the `bars` bars before."""
        volumes = self._volumes
        if len(volumes) <= bars:
            return None
        return over(volumes[-1] * bars, fsum(volumes[-1 - bars : -1]))

    def range_place(self) -> float | None:
        """Where the last close is between the lowest low (0) and the highest high (1) of the last 24 hours."""
        if not self._covers(DAY):
            return None
        begin = self._first_of(DAY)
        low, high = min(self._lows[begin:]), max(self._highs[begin:])
        return over(self._closes[-1] - low, high - low)

    def volatility(self, bars: int) -> float | None:
        """The population standard deviation of the last `bars` changes from close to close, each a fraction."""
        closes = self.closes(bars + 1)
        if closes is None or not all(closes):
            return None
        changes = [after / before - 1.0 for before, after in pairwise(closes)]
        mean = fsum(changes) / bars
        return sqrt(fsum([(one - mean) * (one - mean) for one in changes]) / bars)

    def atr_share(self) -> float | None:
        """ATR / close."""
        return None if self.atr.value is None else over(self.atr.value, self._closes[-1])

    def atr_percentile(self) -> float | None:
        """The part of the 200 bars before whose ATR / close was lower."""
        shares = self._shares
        if len(shares) <= SHARES:
            return None
        now = shares[-1]
        return sum(1 for one in shares[-1 - SHARES : -1] if one < now) / SHARES

    def average_distance(self, number: int) -> float | None:
        """(close - EMA) / ATR; `number` is the place of the average in `EMAS`."""
        average, span = self._emas[number].value, self.atr.value
        return None if average is None or span is None else over(self._closes[-1] - average, span)

    def bollinger_place(self) -> float | None:
        """(close - mean) / standard deviation of the last 20 closes."""
        closes = self.closes(BOLLINGER)
        if closes is None:
            return None
        bands = Bollinger(BOLLINGER)
        for close in closes:
            bands.update(close)
        middle, deviation = bands.middle, bands.deviation
        return None if middle is None or deviation is None else over(closes[-1] - middle, deviation)

    def efficiency(self) -> float | None:
        """Kaufman's efficiency ratio of the last 20 changes."""
        closes = self.closes(EFFICIENCY + 1)
        if closes is None:
            return None
        ratio = EfficiencyRatio(EFFICIENCY)
        for close in closes:
            ratio.update(close)
        return ratio.value

    def body(self) -> float | None:
        """(close - open) / (high - low) of the last candle."""
        opened, close = float(self.last.open), float(self.last.close)
        return over(close - opened, float(self.last.high) - float(self.last.low))

    def _covers(self, seconds: float) -> bool:
        """Whether candles have been read for so long."""
        return self.begun <= self._closed[-1] - seconds

    def _first_of(self, seconds: float) -> int:
        """The number of the first bar that closed within the last `seconds`."""
        return bisect_right(self._closed, self._closed[-1] - seconds)


def over(part: float, whole: float) -> float | None:
    """part / whole; None where `whole` is 0."""
    return part / whole if whole else None
