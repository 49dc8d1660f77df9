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


def pushes(seed: int, count: int) -> Iterator[bytes]:
    """A snapshot, then `count` deltas, all different. A third of the levels drawn are removed, if they are there.

    Each side has only levels within 500 ticks of a middle that moves by a tick, so never more than 500.
    """
    draw = random.Random(seed)
    middle = _MIDDLE
    bids = {middle - n: _size(draw) for n in range(1, DEPTH + 1)}
    asks = {middle + n: _size(draw) for n in range(1, DEPTH + 1)}
    yield _push("snapshot", 1_000, [_row(bids, tick) for tick in bids], [_row(asks, tick) for tick in asks])
    for update in range(1_001, 1_001 + count):
        middle += draw.choice((-1, 0, 0, 0, 1))
        changes = [_changed(draw, side, sign, middle) for side, sign in ((bids, -1), (asks, 1))]
        yield _push("delta", update, *changes)


def _changed(draw: random.Random, side: _Sizes, sign: int, middle: int) -> list[Row]:
    """Changes the side, and returns the rows that say so."""
    gone = [tick for tick in (middle, middle + sign * (DEPTH + 1)) if side.pop(tick, None)]
    ticks = {middle + sign * distance for distance in draw.choices(range(1, DEPTH + 1), k=_CHANGES)}
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


def _push(kind: str, update: int, bids: list[Row], asks: list[Row]) -> bytes:
    at = _BEGIN_MS + update * 100
    data = {"s": SYMBOL, "b": bids, "a": asks, "u": update, "seq": update * 20}
    return msgspec.json.encode({"topic": TOPIC, "type": kind, "ts": at + 2, "data": data, "cts": at})
