"""What recorded trades show of a book that was not recorded: the quotes around the last trade, and their sizes.

A buyer's trade was at the ask, a seller's at the bid. The other side is the last trade of that side within the last
minute, where it lies on the other side of this price; else it is one tick away. Each of `LEVELS` levels holds
`volume_share` of the volume that was traded within the last minute. The first level is one slippage away from the
quote, against the taker, and each further one a slippage more: so slippage grows with the quantity.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from adapters.simulated.ids import draw
from adapters.simulated.rules import SimulationRules
from adapters.simulated.steps import to_lot, to_tick
from domain.arithmetic import EXACT, ONE, ZERO
from domain.direction import Side
from domain.instrument import Instrument
from domain.market import Level, Trade

LEVELS = 10
WINDOW = timedelta(minutes=1)
"""Trades of this time, the last one included, count for the sizes and for the quote of the other side."""


class Shown(Struct, frozen=True, gc=False):
    """The levels of both sides, the best first; empty where their size is less than a lot."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class TradeQuotes:
    """The quotes of one market. `rules` are those of its exchange, `seed` that of the slippage's jitter."""

    def __init__(self, instrument: Instrument, rules: SimulationRules, seed: int) -> None:
        self._instrument, self._rules, self._seed = instrument, rules, seed
        self._recent: deque[tuple[datetime, Decimal]] = deque()
        self._volume = ZERO
        self._sides: dict[Side, Trade] = {}
        self._last: Trade | None = None

    def take(self, trade: Trade) -> None:
        """Takes the next trade, in order of time."""
        self._last = self._sides[trade.side] = trade
        self._recent.append((trade.at, trade.quantity))
        self._volume = EXACT.add(self._volume, trade.quantity)
        over = trade.at - WINDOW
        while self._recent[0][0] <= over:
            _at, quantity = self._recent.popleft()
            self._volume = EXACT.subtract(self._volume, quantity)

    def shown(self) -> Shown:
        """The levels around the last trade. Raises ValueError before the first one."""
        if self._last is None:
            raise ValueError("there was no trade yet")
        size = to_lot(EXACT.multiply(self._volume, self._rules.volume_share), self._instrument.lot)
        if not size:
            return Shown((), ())
        return Shown(*(self._side(side, self._last, size) for side in (Side.BUY, Side.SELL)))

    def _side(self, side: Side, last: Trade, size: Decimal) -> tuple[Level, ...]:
        """The levels of bids (BUY) or asks (SELL)."""
        best, taker = self._best(side, last), side.opposite
        slippage = self._slippage(last)
        away = slippage if taker is Side.BUY else -slippage
        sizes: dict[Decimal, Decimal] = {}
        for number in range(1, LEVELS + 1):
            price = to_tick(best * (ONE + away * number), taker, self._instrument.tick)
            sizes[price] = EXACT.add(sizes.get(price, ZERO), size)
        return tuple(Level(price, amount) for price, amount in sizes.items())

    def _best(self, side: Side, last: Trade) -> Decimal:
        """The bid (BUY) or the ask (SELL) without slippage. A buyer's trade was at the ask."""
        if last.side is side.opposite:
            return last.price
        other = self._sides.get(side.opposite)
        tick = self._instrument.tick
        beyond = last.price - tick if side is Side.BUY else last.price + tick
        if other is None or other.at <= last.at - WINDOW:
            return beyond
        return min(other.price, beyond) if side is Side.BUY else max(other.price, beyond)

    def _slippage(self, last: Trade) -> Decimal:
        rules = self._rules
        drawn = draw(self._seed, last.trade_id, 0) if rules.slippage_jitter else ZERO
        return rules.slippage * (ONE + rules.slippage_jitter * drawn)
