"""The topic `kline.INTERVAL.SYMBOL`: the current candle as it changes; `confirm` is true in its last message."""

from __future__ import annotations

from adapters.simulated.server.numbers import exact
from adapters.simulated.venue.candles import Bar, closing
from adapters.simulated.venue.market import Market

INTERVAL = 1_000
"""The ms between two messages about a candle that is not closed."""

_LATEST = 1 << 62
Row = dict[str, object]


class KlineStream:
    """One market at one interval, for every session."""

    def __init__(self, market: Market, interval: str) -> None:
        self._market, self._interval = market, interval
        self._shown = self._bars(1)
        self._sent_at = 0

    def due(self, now: int) -> bool:
        return now - self._sent_at >= INTERVAL

    def snapshot(self, at: int) -> list[Row]:
        """The current candle; empty before the first trade. `at` is the market's time in ms."""
        return [self._row(bar, at, confirm=False) for bar in self._bars(1)]

    def next(self, now: int, at: int) -> list[Row]:
        """The rows of the next messages: the closed candle, then the current one; empty where nothing changed."""
        bars, shown, self._sent_at = self._bars(2), self._shown, now
        if not bars or [_figures(bar) for bar in bars[:1]] == [_figures(bar) for bar in shown]:
            return []
        self._shown = [bars[0].copy()]
        closed = bars[1:] if shown and shown[0].start < bars[0].start else []
        return [
            *(self._row(bar, at, confirm=True) for bar in closed),
            self._row(bars[0], at, confirm=False),
        ]

    def _bars(self, count: int) -> list[Bar]:
        return self._market.candles.bars(self._interval, 0, _LATEST, count)

    def _row(self, bar: Bar, at: int, *, confirm: bool) -> Row:
        return {
            "start": bar.start,
            "end": closing(self._interval, bar.start) - 1,
            "interval": self._interval,
            "open": exact(bar.open),
            "close": exact(bar.close),
            "high": exact(bar.high),
            "low": exact(bar.low),
            "volume": exact(bar.volume),
            "turnover": exact(bar.turnover),
            "confirm": confirm,
            "timestamp": at,
        }


def _figures(bar: Bar) -> tuple[object, ...]:
    return bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume
