"""Recorded traffic of Binance as levels and trades: a small reader for tests, by the rules of the exchange."""

from __future__ import annotations

import gzip
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from domain.book.depth import Depth, PublicTrade

LEVELS = 200


@dataclass
class _Side:
    """Prices rise from the best level on: those of bids are kept negative."""

    prices: list[float] = field(default_factory=list[float])
    sizes: dict[float, float] = field(default_factory=dict[float, float])

    def change(self, price: float, size: float) -> None:
        if size == 0.0:
            if self.sizes.pop(price, None) is not None:
                del self.prices[bisect_left(self.prices, price)]
            return
        if price not in self.sizes:
            insort(self.prices, price)
        self.sizes[price] = size


def recorded(file: Path, name: str) -> Iterator[Depth | PublicTrade]:
    """The levels after each update that follows the snapshot, and the trades of the market, as they were received."""
    bids, asks, known = _Side(), _Side(), 0
    early: list[dict[str, Any]] = []
    with gzip.open(file) as lines:
        for line in lines:
            received, data = line.split(b" ", 1)
            found: dict[str, Any] = msgspec.json.decode(data)
            body = found.get("data", found)
            if "lastUpdateId" in body:
                known = body["lastUpdateId"]
                _change(bids, asks, body["bids"], body["asks"])
                # Updates may be received before the snapshot that they follow.
                for one in early:
                    if one["u"] > known:
                        _change(bids, asks, one["b"], one["a"])
            elif body.get("e") == "trade" and body.get("X", "MARKET") == "MARKET":
                yield _trade(body, name)
            elif body.get("e") == "depthUpdate" and not known:
                early.append(body)
            elif body.get("e") == "depthUpdate" and body["u"] > known:
                _change(bids, asks, body["b"], body["a"])
                yield _depth(bids, asks, body, name, int(received) // 1_000_000)


def _change(bids: _Side, asks: _Side, below: list[list[str]], above: list[list[str]]) -> None:
    for price, size in below:
        bids.change(-float(price), float(size))
    for price, size in above:
        asks.change(float(price), float(size))


def _trade(body: dict[str, Any], name: str) -> PublicTrade:
    return PublicTrade(
        instrument=name,
        id=str(body["t"]),
        price=float(body["p"]),
        size=float(body["q"]),
        is_buy=not body["m"],
        matched_ms=body["T"],
    )


def _depth(bids: _Side, asks: _Side, body: dict[str, Any], name: str, received_ms: int) -> Depth:
    below, above = bids.prices[:LEVELS], asks.prices[:LEVELS]
    return Depth(
        instrument=name,
        update_id=body["u"],
        sequence=body["u"],
        matched_ms=body.get("T", body["E"]),
        received_ms=received_ms,
        bid_prices=-np.array(below),
        bid_sizes=np.array([bids.sizes[price] for price in below]),
        ask_prices=np.array(above),
        ask_sizes=np.array([asks.sizes[price] for price in above]),
    )
