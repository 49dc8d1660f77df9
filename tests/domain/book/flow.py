"""Seeded flow of an order book: limit orders, cancellations and market orders on a ladder of ticks.

Orders arrive at random distances from the opposite best price, with sizes of a heavy tail; levels are cancelled in
parts or whole; market orders take the best levels. Source of the scheme: Smith, Farmer, Gillemot and Krishnamurthy,
"Statistical Theory of the Continuous Double Auction" (2003). `Spoofer` plants manipulation in it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domain.book.depth import Depth, PublicTrade

NAME = "BTCUSDT-LINEAR.BYBIT"
START_MS = 1_723_161_600_000
TICKS = 20_000
TICK = 0.5
BASE = 100_000

Message = Depth | PublicTrade


@dataclass(frozen=True, kw_only=True)
class Episode:
    """Planted manipulation: large levels on one side from `begin` to `end` (Unix ms), placed and withdrawn `times`."""

    is_bid: bool
    begin: int
    end: int
    times: int
    layers: int


@dataclass(frozen=True, kw_only=True)
class Spoofer:
    """Plants episodes: one begins every `every_ms` on a random side, with levels of `multiple` median sizes.

    Each level stands `stands_ms`, `distance` ticks from the best price, and is withdrawn `times` with pauses between;
    with `layers` above 1 it is a ladder of as many levels. While it stands, most takers trade with the other side.
    """

    every_ms: int = 150_000
    multiple: float = 15.0
    stands_ms: int = 900
    pause_ms: int = 1_500
    times: int = 5
    distance: int = 25
    layers: int = 1


@dataclass
class Flow:
    """The state of the flow. `levels` are the levels of each `Depth`, `step_ms` the mean time between them.

    `taken` is the part of market orders among all orders and cancellations.
    """

    seed: int
    levels: int = 60
    step_ms: float = 50.0
    taken: float = 0.035
    name: str = NAME
    spoofer: Spoofer | None = None
    episodes: list[Episode] = field(default_factory=list[Episode])

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)
        self._sizes: NDArray[np.float64] = np.zeros(TICKS)
        self._bid, self._ask = TICKS // 2, TICKS // 2 + 1
        for tick in range(TICKS // 2 - 400, TICKS // 2 + 402):
            if self._draw.random() < 0.8:
                self._sizes[tick] = self._size()
        self._sizes[self._bid] = self._sizes[self._ask] = 1.0
        self._at, self._update, self._trade = START_MS, 0, 0
        self._planned: list[tuple[int, int, float]] = []

    def messages(self, count: int) -> Iterator[Message]:
        """So many levels after changes, with the trades between; the trades come before the levels that show them."""
        yield self._depth()
        next_episode = START_MS + (self.spoofer.every_ms // 2 if self.spoofer else 0)
        for _ in range(count):
            self._at += int(self._draw.expovariate(1.0 / self.step_ms))
            if self.spoofer is not None and self._at >= next_episode:
                self._plan(self.spoofer, next_episode)
                next_episode += self.spoofer.every_ms
            self._carry_out()
            yield from self._change()
            yield self._depth()

    def _size(self) -> float:
        return round(self._draw.lognormvariate(0.0, 0.9), 3) + 0.001

    def _change(self) -> Iterator[PublicTrade]:
        for _ in range(1 + int(self._draw.expovariate(1.0))):
            kind = self._draw.random()
            if kind < 0.54 * (1.0 - self.taken):
                self._add()
            elif kind < 1.0 - self.taken:
                self._cancel()
            else:
                size = self._size() * self._draw.choice((0.3, 1.0, 3.0))
                yield from self._market_order(size, is_buy=self._draw.random() < self._buyers())

    def _buyers(self) -> float:
        """The part of the takers who buy: most of them over a planted bid, few under a planted ask."""
        standing = [tick for _, tick, size in self._planned if size < 0.0]
        if not standing:
            return 0.5
        return 0.8 if standing[0] < self._bid else 0.2

    def _add(self, is_bid: bool | None = None) -> None:
        distance = 1 + int(self._draw.expovariate(1.0 / 25.0))
        if is_bid is None:
            is_bid = self._draw.random() < 0.5
        tick = self._ask - distance if is_bid else self._bid + distance
        self._sizes[tick] += self._size()
        self._bid, self._ask = (
            (max(self._bid, tick), self._ask) if is_bid else (self._bid, min(self._ask, tick))
        )

    def _cancel(self) -> None:
        distance = int(self._draw.expovariate(1.0 / 25.0))
        is_bid = self._draw.random() < 0.5
        tick = self._bid - distance if is_bid else self._ask + distance
        if self._sizes[tick] <= 0.0 or any(tick == planned for _, planned, _ in self._planned):
            return
        self._take(
            tick, float(self._sizes[tick]) * (1.0 if self._draw.random() < 0.6 else self._draw.random())
        )

    def _take(self, tick: int, size: float) -> None:
        self._sizes[tick] -= size
        if self._sizes[tick] < 1e-6:
            self._sizes[tick] = 0.0
        while self._sizes[self._bid] <= 0.0:
            self._bid -= 1
        while self._sizes[self._ask] <= 0.0:
            self._ask += 1

    def _market_order(self, size: float, *, is_buy: bool) -> Iterator[PublicTrade]:
        for _ in range(10):
            tick = self._ask if is_buy else self._bid
            part = min(size, float(self._sizes[tick]))
            self._take(tick, part)
            self._trade += 1
            yield PublicTrade(
                instrument=self.name,
                id=str(self._trade),
                price=(BASE + tick) * TICK,
                size=part,
                is_buy=is_buy,
                matched_ms=self._at,
            )
            if self._draw.random() < 0.15:
                self._sizes[tick] += part  # the rest of an iceberg is shown
                self._bid, self._ask = (
                    (self._bid, min(self._ask, tick)) if is_buy else (max(self._bid, tick), self._ask)
                )
            size -= part
            if size <= 1e-9:
                return

    def _plan(self, spoofer: Spoofer, begin: int) -> None:
        """Plans all placements (positive sizes) and withdrawals (negative) of an episode."""
        is_bid = self._draw.random() < 0.5
        near = self._sizes[self._bid - 100 : self._ask + 100]
        size = round(spoofer.multiple * float(np.median(near[near > 0.0])), 3)
        at = begin
        for _ in range(spoofer.times):
            for layer in range(spoofer.layers):
                offset = spoofer.distance + 2 * layer
                self._planned.append((at, -offset if is_bid else offset, size))
            at += spoofer.stands_ms + spoofer.pause_ms
        self.episodes.append(
            Episode(is_bid=is_bid, begin=begin, end=at, times=spoofer.times, layers=spoofer.layers)
        )

    def _carry_out(self) -> None:
        later: list[tuple[int, int, float]] = []
        for at, where, size in self._planned:
            if at > self._at:
                later.append((at, where, size))
            elif size > 0.0:
                # `where` is the offset from the best price until the level is placed, then its tick.
                tick = self._bid + where if where < 0 else self._ask + where
                self._sizes[tick] += size
                stands = self.spoofer.stands_ms if self.spoofer else 0
                later.append((self._at + stands, tick, -size))
            else:
                self._take(where, min(-size, float(self._sizes[where])))
        self._planned = later

    def _depth(self) -> Depth:
        self._update += 1
        below = np.flatnonzero(self._sizes[: self._bid + 1][-4 * self.levels :])[::-1][: self.levels]
        below += max(0, self._bid + 1 - 4 * self.levels)
        above = (
            np.flatnonzero(self._sizes[self._ask : self._ask + 4 * self.levels])[: self.levels] + self._ask
        )
        return Depth(
            instrument=self.name,
            update_id=self._update,
            sequence=self._update,
            matched_ms=self._at,
            received_ms=self._at + 5,
            bid_prices=_prices(below),
            bid_sizes=self._sizes[below],
            ask_prices=_prices(above),
            ask_sizes=self._sizes[above],
        )


def _prices(ticks: NDArray[np.intp]) -> NDArray[np.float64]:
    return ((BASE + ticks) * TICK).astype(np.float64)
