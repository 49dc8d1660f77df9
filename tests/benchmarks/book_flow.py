"""Seeded deltas of a book of 500 levels a side, made quickly: the benchmark of books needs a hundred thousand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from domain.book.frame import Row
from tests.domain.book.exchange import price_text

DEPTH = 500
SYMBOL = "XRPUSDT"
TOPIC = f"orderbook.{DEPTH}.{SYMBOL}"
_MIDDLE = 20_000
_CHANGES = 32
"""Levels of a side that a delta draws; the recorded deltas have 61 of both sides."""

_BEGIN_MS = 1_756_512_000_000
_shown = lru_cache(maxsize=None)(price_text)
_Sizes = dict[int, str]


def pushes(
    seed: int, count: int, *, symbol: str = SYMBOL, depth: int = DEPTH, step_ms: int = 100
) -> Iterator[bytes]:
    """A snapshot, then `count` deltas, all different. A third of the levels drawn are removed, if they are there.

    Each side has only levels within `depth` ticks of a middle that moves by a tick, so never more than that. The
    exchange's times of two deltas are `step_ms` apart.
    """
    draw = random.Random(seed)
    middle = _MIDDLE
    bids = {middle - n: _size(draw) for n in range(1, depth + 1)}
    asks = {middle + n: _size(draw) for n in range(1, depth + 1)}

    def push(kind: str, update: int, below: list[Row], above: list[Row]) -> bytes:
        at = _BEGIN_MS + update * step_ms
        data = {"s": symbol, "b": below, "a": above, "u": update, "seq": update * 20}
        topic = f"orderbook.{depth}.{symbol}"
        return msgspec.json.encode({"topic": topic, "type": kind, "ts": at + 2, "data": data, "cts": at})

    yield push("snapshot", 1_000, [_row(bids, tick) for tick in bids], [_row(asks, tick) for tick in asks])
    for update in range(1_001, 1_001 + count):
        middle += draw.choice((-1, 0, 0, 0, 1))
        yield push(
            "delta",
            update,
            _changed(draw, bids, -1, middle, depth),
            _changed(draw, asks, 1, middle, depth),
        )


def _changed(draw: random.Random, side: _Sizes, sign: int, middle: int, depth: int) -> list[Row]:
    """Changes the side, and returns the rows that say so."""
    gone = [tick for tick in (middle, middle + sign * (depth + 1)) if side.pop(tick, None)]
    ticks = {middle + sign * distance for distance in draw.choices(range(1, depth + 1), k=_CHANGES)}
    for tick in ticks:
        if draw.random() < 1 / 3 and len(side) > 1 and tick in side:
            del side[tick]
        else:
            side[tick] = _size(draw)
    return [_row(side, tick) for tick in (*gone, *ticks)]


def _row(side: _Sizes, tick: int) -> Row:
    return _shown(tick), side.get(tick, "0")


def _size(draw: random.Random) -> str:
    return str(1 + int(draw.random() * 50_000))
