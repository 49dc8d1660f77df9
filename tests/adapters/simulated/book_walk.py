"""A seeded market of one instrument as market events: a book of five levels a side that wanders, and its trades."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from domain.direction import Side
from domain.market import BookUpdate, Level, MarketEvent, Trade

D = Decimal
TICK = D("0.1")
_LEVELS = 5
_WHOLE_EVERY = 20


class BookWalk:
    """`events(at)` are the trades and the book of the next moment; the first book, and some later ones, are whole."""

    def __init__(self, instrument: str, chance: random.Random) -> None:
        self._instrument, self._chance, self.middle = instrument, chance, D(100)
        self._shown: Mapping[tuple[Side, Decimal], Decimal] = {}
        self._update = 0

    def events(self, at: datetime) -> Sequence[MarketEvent]:
        """Trades first, then the book that they left."""
        trades = [self._trade(at) for _ in range(self._chance.randint(0, 2))] if self._shown else []
        self.middle = max(D(90), min(D(110), self.middle + TICK * self._chance.randint(-4, 4)))
        return [*trades, self._book(at)]

    def _trade(self, at: datetime) -> Trade:
        side = self._chance.choice((Side.BUY, Side.SELL))
        away = TICK * self._chance.randint(0, 3)
        price = self.middle + (away if side is Side.BUY else -away)
        quantity = D(self._chance.randint(1, 40)) / 10
        return Trade(
            instrument=self._instrument,
            at=at,
            trade_id=f"{self._update}-{self._chance.random()}",
            side=side,
            price=price,
            quantity=quantity,
        )

    def _book(self, at: datetime) -> BookUpdate:
        before, self._shown = self._shown, dict(self._levels())
        whole = not before or self._chance.randrange(_WHOLE_EVERY) == 0
        gone = {} if whole else dict.fromkeys(before.keys() - self._shown.keys(), D(0))
        levels = {**gone, **self._shown}
        self._update += 1
        return BookUpdate(
            instrument=self._instrument,
            at=at,
            update_id=self._update,
            snapshot=whole,
            bids=_sorted(levels, Side.BUY),
            asks=_sorted(levels, Side.SELL),
        )

    def _levels(self) -> Sequence[tuple[tuple[Side, Decimal], Decimal]]:
        steps = [TICK * number for number in range(1, _LEVELS + 1)]
        prices = [
            *((Side.BUY, self.middle - step) for step in steps),
            *((Side.SELL, self.middle + step) for step in steps),
        ]
        return [(one, D(self._chance.randint(1, 30)) / 10) for one in prices]


def _sorted(levels: Mapping[tuple[Side, Decimal], Decimal], side: Side) -> tuple[Level, ...]:
    of_side = [(price, size) for (shown, price), size in levels.items() if shown is side]
    return tuple(
        Level(price, size)
        for price, size in sorted(of_side, reverse=side is Side.BUY, key=lambda one: one[0])
    )
