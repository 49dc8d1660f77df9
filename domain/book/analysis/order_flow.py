"""What changes between two states of a book: order-flow imbalance, added and cancelled sizes, lifetimes of levels."""

from __future__ import annotations

from collections.abc import Sequence

from domain.book.analysis.bins import Flow
from domain.book.depth import PublicTrade

WATCHED = 20
"""The levels of each side whose changes are followed."""
OFI_LEVELS = 5
UNCHANGED = (0.0,)
FLEETING_MS = 1_000
"""A level that is removed within this time is fleeting."""
ROUNDING = 1e-9
"""Sizes that differ by less than this part of themselves are equal: sums of decimals are not exact in binary."""
# A member of an enumeration is looked up by a function call; these are read for each message.
_ADDED = Flow.ADDED
_CANCELLED = Flow.CANCELLED
_FLEETING = Flow.FLEETING
_LIFETIMES = Flow.LIFETIMES
_REMOVED_LEVELS = Flow.REMOVED_LEVELS


class SideFlow:
    """The best levels of one side, their first times, and what their changes add to the sums of a bin.

    Part of a level's decrease is explained by trades at its price that were matched by then, also where the trade is
    received after the levels; the rest is cancelled. What was traded beyond the decrease was hidden: a refill.
    Trades that were matched after the levels wait for later ones; `BookAnalysis` makes a new side where those do not
    come within `STALE_MS`, so no more wait than are matched in that time.
    A level that leaves or enters the view because others enter or leave before it is neither removed nor added.
    """

    __slots__ = ("_hidden", "_traded", "_way", "born", "prices", "reduced", "refills", "sizes", "waiting")

    def __init__(self, way: float, hidden: Flow) -> None:
        """`way` is 1 for asks and -1 for bids; `hidden` is the column of the refills."""
        self._way, self._hidden = way, hidden
        self.prices: list[float] = []
        self.sizes: list[float] = []
        self.born: dict[float, int] = {}
        self._traded: dict[float, float] = {}
        self.waiting: list[PublicTrade] = []
        self.reduced: dict[float, float] = {}
        self.refills: dict[float, float] = {}
        """By price, what the last step has found refilled; read it after each step."""

    def trade(self, trade: PublicTrade, last_ms: int, flow: list[float]) -> None:
        """Takes a trade against this side. `last_ms` is the time of the last levels."""
        if trade.matched_ms > last_ms:
            self.waiting.append(trade)
            return
        known = self.reduced.get(trade.price, 0.0)
        explained = min(known, trade.size)
        if explained > 0.0:
            self.reduced[trade.price] = known - explained
            flow[_CANCELLED] -= explained
        rest = trade.size - explained
        if rest > ROUNDING * trade.size:
            self._traded[trade.price] = self._traded.get(trade.price, 0.0) + rest

    def step(self, prices: list[float], sizes: list[float], at: int, flow: list[float]) -> None:
        """Takes the next levels, best first, matched at `at` (Unix milliseconds)."""
        old_prices, old_sizes = self.prices, self.sizes
        self.prices, self.sizes = prices, sizes
        if self.reduced:
            self.reduced = {}
        if self.refills:
            self.refills = {}
        if self.waiting:
            self._take_waiting(at)
        if prices == old_prices:
            if sizes != old_sizes:
                for price, before, now in zip(prices, old_sizes, sizes, strict=True):
                    if before != now:
                        self._changed(price, before, now, flow)
        elif old_prices:
            self._moved(old_prices, old_sizes, at, flow)
        else:
            self.born = dict.fromkeys(prices, at)
        if self._traded:
            self._settle(flow)

    def _take_waiting(self, at: int) -> None:
        later = [one for one in self.waiting if one.matched_ms > at]
        for one in self.waiting:
            if one.matched_ms <= at:
                self._traded[one.price] = self._traded.get(one.price, 0.0) + one.size
        self.waiting = later

    def _moved(self, old_prices: list[float], old_sizes: list[float], at: int, flow: list[float]) -> None:
        prices, way, born = self.prices, self._way, self.born
        before = dict(zip(old_prices, old_sizes, strict=True))
        sees_all = len(prices) < WATCHED
        saw_all = len(old_prices) < WATCHED
        end = way * prices[-1] if prices else 0.0
        old_end = way * old_prices[-1]
        for price, size in zip(prices, self.sizes, strict=True):
            known = before.pop(price, None)
            if known is None:
                born[price] = at
                traded = self._traded.pop(price, 0.0)
                if saw_all or way * price < old_end:
                    flow[_ADDED] += size + traded
            elif known != size:
                self._changed(price, known, size, flow)
        for price, size in before.items():
            life = at - born.pop(price)
            if sees_all or way * price < end:
                self._changed(price, size, 0.0, flow)
                flow[_REMOVED_LEVELS] += 1.0
                flow[_LIFETIMES] += life
                if life <= FLEETING_MS:
                    flow[_FLEETING] += 1.0

    def _changed(self, price: float, before: float, now: float, flow: list[float]) -> None:
        """Splits a change into what was added, traded, cancelled and refilled."""
        traded = self._traded.pop(price, 0.0) if self._traded else 0.0
        change = now - before + traded
        if traded > 0.0 and abs(change) <= ROUNDING * (before + traded):
            return
        if change < 0.0:
            flow[_CANCELLED] -= change
            self.reduced[price] = -change
        elif traded > 0.0:
            flow[self._hidden] += change
            self.refills[price] = change
        else:
            flow[_ADDED] += change

    def _settle(self, flow: list[float]) -> None:
        """Trades at prices whose levels did not decrease: all was refilled where the level is still there."""
        shown = set(self.prices)
        for price, size in self._traded.items():
            if price in shown:
                flow[self._hidden] += size
                self.refills[price] = size
        self._traded = {}


def ofi(
    way: float, old_prices: list[float], old_sizes: list[float], prices: list[float], sizes: list[float]
) -> Sequence[float]:
    """What one side adds to the order-flow imbalance, in base currency, for each of the best five levels.

    `way` as `SideFlow`; levels that one of the states lacks add nothing. At least one level is in both.
    Where none of them has changed, it is `UNCHANGED`.
    Source: Cont, Kukanov and Stoikov, "The Price Impact of Order Book Events" (2014), equation 1.
    """
    if prices[:OFI_LEVELS] == old_prices[:OFI_LEVELS]:
        if sizes[:OFI_LEVELS] == old_sizes[:OFI_LEVELS]:
            return UNCHANGED
        return [way * (before - now) for before, now in zip(old_sizes[:OFI_LEVELS], sizes, strict=False)]
    found: list[float] = []
    for old, before, new, now in zip(old_prices[:OFI_LEVELS], old_sizes, prices, sizes, strict=False):
        step = way * (new - old)
        found.append(way * (before - now) if step == 0.0 else -way * now if step < 0.0 else way * before)
    return found
