"""The topic `orderbook.N.SYMBOL`: snapshot, then deltas, numbered by `u` without a gap."""

from __future__ import annotations

from decimal import Decimal

from adapters.simulated.server.numbers import in_steps
from adapters.simulated.venue.market import Market
from domain.arithmetic import ZERO
from domain.direction import Side

INTERVALS = {1: 10, 50: 20, 200: 100, 1000: 200}
"""Depth, and the ms between two messages."""

REPEAT = 3_000
"""After this time (ms) without a change depth 1 is sent again."""

Levels = dict[Decimal, Decimal]
Data = dict[str, object]


class BookStream:
    """One market at one depth, for every session. Depth 1 sends snapshots only. `u` is 1 after a restart."""

    def __init__(self, market: Market, depth: int) -> None:
        self._market, self._depth = market, depth
        self._shown = self._levels()
        self._changes = market.book.changes
        self._sent_at = 0
        self.u = 2

    def due(self, now: int) -> bool:
        """Whether the interval has passed since the last message; `now` in ms of any clock."""
        return now - self._sent_at >= INTERVALS[self._depth]

    def snapshot(self) -> Data:
        """The book as it was sent last."""
        return self._data(self._shown[Side.BUY], self._shown[Side.SELL])

    def next(self, now: int) -> tuple[str, Data] | None:
        """The next message's type and data; None where nothing has changed."""
        if self._market.book.changes == self._changes:
            return self._repeated(now)
        self._changes = self._market.book.changes
        before, self._shown = self._shown, self._levels()
        if before == self._shown:
            return self._repeated(now)
        self._sent_at, self.u = now, self.u + 1
        if self._depth == 1:
            return "snapshot", self.snapshot()
        bids, asks = (_difference(before[side], self._shown[side]) for side in (Side.BUY, Side.SELL))
        return "delta", self._data(bids, asks)

    def restart(self) -> Data:
        """The book after a restart of the service: a snapshot with `u` 1."""
        self._shown, self.u = self._levels(), 1
        return self.snapshot()

    def _repeated(self, now: int) -> tuple[str, Data] | None:
        if self._depth > 1 or now - self._sent_at < REPEAT:
            return None
        self._sent_at = now
        return "snapshot", self.snapshot()

    def _levels(self) -> dict[Side, Levels]:
        return {side: dict(self._market.book.depth(side, self._depth)) for side in Side}

    def _data(self, bids: Levels, asks: Levels) -> Data:
        return {
            "s": self._market.symbol,
            "b": self._rows(bids, best_first=True),
            "a": self._rows(asks, best_first=False),
            "u": self.u,
            "seq": self._market.book.changes,
        }

    def _rows(self, levels: Levels, *, best_first: bool) -> list[list[str]]:
        rules = self._market.contract.instrument
        ordered = sorted(levels.items(), reverse=best_first)
        return [[in_steps(price, rules.tick), in_steps(size, rules.lot)] for price, size in ordered]


def _difference(before: Levels, after: Levels) -> Levels:
    """The levels that changed; size 0 for those that left."""
    changed = {price: size for price, size in after.items() if before.get(price) != size}
    return changed | {price: ZERO for price in before if price not in after}
