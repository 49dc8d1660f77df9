"""The topic `tickers.SYMBOL`: of contracts a snapshot, then deltas of the fields that changed; of spot snapshots."""

from __future__ import annotations

from collections.abc import Callable

from adapters.simulated.server.market_rows import pair_ticker, ticker
from adapters.simulated.venue.categories import SPOT
from adapters.simulated.venue.market import Market

Fields = dict[str, str]


class TickerStream:
    """One market, for every session. `interval` are the ms between two messages."""

    def __init__(self, fields: Callable[[], Fields], interval: int, *, has_deltas: bool) -> None:
        self._fields, self._interval, self._has_deltas = fields, interval, has_deltas
        self._shown = fields()
        self._sent_at = 0

    def due(self, now: int) -> bool:
        return now - self._sent_at >= self._interval

    def snapshot(self) -> Fields:
        return self._shown

    def next(self, now: int) -> tuple[str, Fields] | None:
        """The next message's type and data; None where nothing has changed."""
        before, self._shown, self._sent_at = self._shown, self._fields(), now
        if before == self._shown:
            return None
        return ("delta", _changed(before, self._shown)) if self._has_deltas else ("snapshot", self._shown)


def ticker_stream(market: Market) -> TickerStream:
    """The stream of the market's category."""
    if market.category == SPOT:
        return TickerStream(lambda: pair_ticker(market), 50, has_deltas=False)
    return TickerStream(
        lambda: {**ticker(market), "tickDirection": market.tick_direction}, 100, has_deltas=True
    )


def _changed(before: Fields, after: Fields) -> Fields:
    """The fields that changed, with the symbol."""
    return {
        "symbol": after["symbol"],
        **{name: value for name, value in after.items() if before[name] != value},
    }
