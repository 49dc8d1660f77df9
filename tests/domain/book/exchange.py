"""A seeded exchange: one instrument's book under random orders, and the messages that each venue would send of it.

After each step the exchange keeps its own book, with which the books of the tests are compared.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from domain.book.frame import BookFrame, Row

_MIDDLE = 20_000
_BEGIN_MS = 1_756_512_000_000

Half = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Moment:
    """The exchange's book after one step: sizes by price in ticks, and the numbers that the venue gives to it.

    `update` counts from 1 after a restart; `first` and `update` bound what the delta of this step covers, `previous` is
    the last update of the step before.
    """

    first: int
    update: int
    previous: int
    sequence: int
    matched_ms: int
    bids: Half
    asks: Half


class Exchange:
    """`depth` is how many levels of a side the venue sends; None sends all. A delta covers up to `span` updates, and up
    to `hole` update numbers between two deltas are of no delta, as those of Binance USD-M.
    """

    def __init__(
        self, seed: int, *, depth: int | None, levels: int = 12, span: int = 1, hole: int = 0
    ) -> None:
        self._random = random.Random(seed)
        self._depth, self._levels, self._span, self._hole = depth, levels, span, hole
        self._middle = _MIDDLE
        bids = {_MIDDLE - 1 - n: self._size() for n in range(levels)}
        asks = {_MIDDLE + 1 + n: self._size() for n in range(levels)}
        self._whole = (bids, asks)
        self.moments = [self._moment(100, 100, 99, 9_000, _BEGIN_MS)]

    def step(self, *, changes: int = 4, restarts: bool = False) -> Moment:
        """Changes the book, and returns the next moment."""
        last = self.moments[-1]
        for _ in range(changes):
            self._change()
        self._fill()
        first = 1 if restarts else last.update + 1 + self._random.randint(0, self._hole)
        update = first + self._random.randrange(self._span)
        sequence = last.sequence + self._random.randint(1, 30)
        matched_ms = last.matched_ms + self._random.randint(0 if not restarts else 1, 40)
        self.moments.append(self._moment(first, update, last.update, sequence, matched_ms))
        return self.moments[-1]

    def snapshot(self, moment: Moment, listed: int | None = None) -> BookFrame:
        """The whole book of a moment, or its best `listed` levels."""
        bids, asks = shown(moment)
        return BookFrame(
            is_snapshot=True,
            first=moment.update,
            last=moment.update,
            sequence=moment.sequence,
            matched_ms=moment.matched_ms,
            bids=bids[:listed],
            asks=asks[:listed],
        )

    def delta(self, index: int) -> BookFrame:
        """What has changed from the moment before to this one; the whole book in the first one after a restart."""
        moment, before = self.moments[index], self.moments[index - 1]
        restarted = moment.update == 1
        none: Half = {}
        return BookFrame(
            is_snapshot=False,
            first=moment.first,
            last=moment.update,
            previous=moment.previous,
            sequence=moment.sequence,
            matched_ms=moment.matched_ms,
            bids=_difference(none if restarted else before.bids, moment.bids, best_is_highest=True),
            asks=_difference(none if restarted else before.asks, moment.asks, best_is_highest=False),
        )

    def forget(self, kept: int) -> None:
        """Keeps the last moments only, so that a long run fits in memory."""
        del self.moments[:-kept]

    def _moment(self, first: int, update: int, previous: int, sequence: int, matched_ms: int) -> Moment:
        bids, asks = self._whole
        return Moment(
            first,
            update,
            previous,
            sequence,
            matched_ms,
            {price: bids[price] for price in sorted(bids, reverse=True)[: self._depth]},
            {price: asks[price] for price in sorted(asks)[: self._depth]},
        )

    def _change(self) -> None:
        """One level changes, or the middle moves by a tick and the levels that it reaches go."""
        chance = self._random
        if chance.random() < 0.15:
            self._middle += chance.choice((-1, 1))
            bids, asks = self._whole
            for price in [price for price in bids if price >= self._middle]:
                del bids[price]
            for price in [price for price in asks if price <= self._middle]:
                del asks[price]
        sign, side = chance.choice(((-1, self._whole[0]), (1, self._whole[1])))
        price = self._middle + sign * chance.randint(1, self._levels)
        if price in side and len(side) > self._levels // 2 and chance.random() < 0.4:
            del side[price]
        else:
            side[price] = self._size()

    def _fill(self) -> None:
        """The venue has `depth` levels of each side at all times, as Bybit's recordings have."""
        for sign, side in ((-1, self._whole[0]), (1, self._whole[1])):
            price = sign * max((sign * one for one in side), default=sign * self._middle)
            while len(side) < (self._depth or 3):
                price += sign
                side[price] = self._size()

    def _size(self) -> int:
        return self._random.randint(1, 5_000)


def shown(moment: Moment) -> tuple[list[Row], list[Row]]:
    """The rows of the book, best first, as the venue writes them."""
    bids = [(price_text(price), size_text(moment.bids[price])) for price in sorted(moment.bids, reverse=True)]
    asks = [(price_text(price), size_text(moment.asks[price])) for price in sorted(moment.asks)]
    return bids, asks


def price_text(ticks: int) -> str:
    return f"{ticks // 10_000}.{ticks % 10_000:04d}"


def size_text(lots: int) -> str:
    return f"{lots // 10}.{lots % 10}"


def _difference(before: Half, after: Half, *, best_is_highest: bool) -> list[Row]:
    changed = {price for price, _ in before.items() ^ after.items()}
    return [
        (price_text(price), size_text(after[price]) if price in after else "0")
        for price in sorted(changed, reverse=best_is_highest)
    ]
