"""The topic `tickers.SYMBOL`: a snapshot, then deltas of the fields that changed."""

from __future__ import annotations

from adapters.simulated.server.market_rows import ticker
from adapters.simulated.venue.market import Market

INTERVAL = 100
"""The ms between two messages."""


class TickerStream:
    """One market, for every session."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._shown = self._fields()
        self._sent_at = 0

    def due(self, now: int) -> bool:
        return now - self._sent_at >= INTERVAL

    def snapshot(self) -> dict[str, str]:
        return self._shown

    def next(self, now: int) -> tuple[str, dict[str, str]] | None:
        """The next message's type and data; None where nothing has changed."""
        before, self._shown, self._sent_at = self._shown, self._fields(), now
        changed = {name: value for name, value in self._shown.items() if before[name] != value}
        return ("delta", {"symbol": self._market.symbol, **changed}) if changed else None

    def _fields(self) -> dict[str, str]:
        return {**ticker(self._market), "tickDirection": self._market.tick_direction}
