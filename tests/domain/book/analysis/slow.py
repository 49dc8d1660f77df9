"""The figures of a book once more, slow and obvious: from all messages, in plain Python, without sums that are kept."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import fmean, pstdev

from domain.book.depth import Depth, PublicTrade

Message = Depth | PublicTrade
Levels = list[tuple[float, float]]

SHORT, MINUTE, LONG = 20, 120, 240


@dataclass
class Change:
    """What one step of a side was: added, cancelled and refilled sizes, lifetimes of removed levels, refills."""

    added: float = 0.0
    cancelled: float = 0.0
    hidden: float = 0.0
    lives: list[int] = field(default_factory=list[int])
    refills: dict[float, float] = field(default_factory=dict[float, float])
    reduced: dict[float, float] = field(default_factory=dict[float, float])


def is_better(one: float, other: float, *, bids: bool) -> bool:
    return one > other if bids else one < other


def levels_of(depth: Depth, *, bids: bool) -> Levels:
    prices, sizes = (depth.bid_prices, depth.bid_sizes) if bids else (depth.ask_prices, depth.ask_sizes)
    return list(zip(prices[:200].tolist(), sizes[:200].tolist(), strict=True))


def skewness(values: Sequence[float]) -> float | None:
    deviation = pstdev(values)
    if deviation < 1e-6:
        return None
    return fmean(((one - fmean(values)) / deviation) ** 3 for one in values)


def correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    first, second = pstdev(one), pstdev(other)
    if first * second < 1e-13:
        return None
    a, b = fmean(one), fmean(other)
    return fmean((x - a) * (y - b) for x, y in zip(one, other, strict=True)) / (first * second)


def slope(values: Sequence[float], on: Sequence[float]) -> float | None:
    if pstdev(on) < 1e-13:
        return None
    a, b = fmean(values), fmean(on)
    return sum((x - b) * (y - a) for x, y in zip(on, values, strict=True)) / sum((x - b) ** 2 for x in on)


class History:
    """All messages of one instrument in order of receipt; the book is never empty, crossed or stale in them."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = list(messages)
        self.last_ms = max(one.matched_ms for one in messages)
        self.depths = [one for one in messages if isinstance(one, Depth)]
        self.trades = [one for one in messages if isinstance(one, PublicTrade)]
        self.numbers: list[int] = []
        for one in messages:
            self.numbers.append(max([one.matched_ms // 500, *self.numbers[-1:]]))
        first = next(place for place, one in enumerate(messages) if isinstance(one, Depth))
        self.bins = list(range(self.numbers[first], self.numbers[-1]))
        self.in_bin: dict[int, list[int]] = defaultdict(list)
        for place in range(first, len(messages)):
            self.in_bin[self.numbers[place]].append(place)
        self.first = first
        self._views: dict[bool, list[tuple[int, dict[float, float]]]] = {}

    @cached_property
    def book_at(self) -> Mapping[int, Depth]:
        """The last levels by the end of each closed bin."""
        found: dict[int, Depth] = {}
        for number in self.bins:
            for place in self.in_bin[number]:
                one = self.messages[place]
                if isinstance(one, Depth):
                    found[number] = one
            if number not in found:
                found[number] = found[number - 1]
        return found

    @cached_property
    def changes(self) -> Mapping[int, tuple[Change, Change]]:
        """By the place of each levels' message: what changed on the bid and on the ask side."""
        bids, asks = self._side_changes(bids=True), self._side_changes(bids=False)
        nothing = Change()
        places = sorted({*bids, *asks})
        return {place: (bids.get(place, nothing), asks.get(place, nothing)) for place in places}

    def _side_changes(self, *, bids: bool) -> dict[int, Change]:
        found: dict[int, Change] = {}
        views: list[tuple[int, dict[float, float]]] = []
        pending: list[PublicTrade] = []
        last: Change | None = None
        for place in range(self.first, len(self.messages)):
            one = self.messages[place]
            if isinstance(one, PublicTrade):
                if one.is_buy is not bids:
                    self._late(one, views[-1][0], last, pending, place, found)
                continue
            now = dict(levels_of(one, bids=bids)[:20])
            due = [trade for trade in pending if trade.matched_ms <= one.matched_ms]
            pending = [trade for trade in pending if trade.matched_ms > one.matched_ms]
            traded: dict[float, float] = defaultdict(float)
            for trade in due:
                traded[trade.price] += trade.size
            change = last = found[place] = Change()
            if views:
                before = views[-1][1]
                worst_before, worst = list(before)[-1], list(now)[-1]
                for price in {**before, **now}:
                    if price not in now and len(now) == 20 and not is_better(price, worst, bids=bids):
                        continue  # it left the view
                    if (
                        price not in before
                        and len(before) == 20
                        and not is_better(price, worst_before, bids=bids)
                    ):
                        continue  # it entered the view
                    old, new = before.get(price, 0.0), now.get(price, 0.0)
                    self._split(change, price, old, new, traded.get(price, 0.0))
                    if price not in now:
                        change.lives.append(one.matched_ms - self._since(views, price))
            views.append((one.matched_ms, now))
        self._views[bids] = views
        return found

    def _late(
        self,
        trade: PublicTrade,
        last_ms: int,
        last: Change | None,
        pending: list[PublicTrade],
        place: int,
        found: dict[int, Change],
    ) -> None:
        """A trade that the last levels already show explains their decrease; the rest waits."""
        explained = 0.0
        if last is not None and trade.matched_ms <= last_ms:
            explained = min(last.reduced.get(trade.price, 0.0), trade.size)
            last.reduced[trade.price] = last.reduced.get(trade.price, 0.0) - explained
            found[place] = Change(cancelled=-explained)
        if trade.size > explained:
            pending.append(
                PublicTrade(
                    instrument=trade.instrument,
                    id=trade.id,
                    price=trade.price,
                    size=trade.size - explained,
                    is_buy=trade.is_buy,
                    matched_ms=trade.matched_ms,
                )
            )

    @staticmethod
    def _split(change: Change, price: float, old: float, new: float, traded: float) -> None:
        rest = new - old + traded
        if traded > 0 and abs(rest) <= 1e-9 * (old + traded):
            return
        if old == 0:
            change.added += rest
        elif rest < 0:
            change.cancelled += -rest
            change.reduced[price] = -rest
        elif traded > 0:
            change.hidden += rest
            change.refills[price] = rest
        else:
            change.added += rest

    @staticmethod
    def _since(views: Sequence[tuple[int, dict[float, float]]], price: float) -> int:
        """Since when the price was in each view without a break."""
        since = views[-1][0]
        for at, view in reversed(views):
            if price not in view:
                break
            since = at
        return since

    def ages(self, *, bids: bool) -> list[float]:
        """The ages of the levels in view, in seconds at the last message."""
        assert self.changes
        views = self._views[bids]
        return [(self.last_ms - self._since(views, price)) / 1000 for price in views[-1][1]]

    def in_window(self, bins: int, back: int = 0) -> list[int] | None:
        """The numbers of the last closed bins; None where there are fewer."""
        if len(self.bins) < bins + back:
            return None
        return self.bins[len(self.bins) - back - bins : len(self.bins) - back]

    def trades_in(self, bins: Sequence[int]) -> list[PublicTrade]:
        found = [self.messages[place] for number in bins for place in self.in_bin[number]]
        return [one for one in found if isinstance(one, PublicTrade)]

    def changes_in(self, bins: Sequence[int]) -> list[Change]:
        places = [place for number in bins for place in self.in_bin[number]]
        return [side for place in places if place in self.changes for side in self.changes[place]]

    def ofi_in(self, bins: Sequence[int], levels: int) -> float:
        """The order-flow imbalance of the steps in these bins: the mean over the levels."""
        found = 0.0
        for number in bins:
            for place in self.in_bin[number]:
                after = self.messages[place]
                if isinstance(after, Depth) and place != self.first:
                    before = next(one for one in reversed(self.messages[:place]) if isinstance(one, Depth))
                    found += sum(self._ofi(before, after, level) for level in range(levels)) / levels
        return found

    @staticmethod
    def _ofi(before: Depth, after: Depth, level: int) -> float:
        """Equation 1 of Cont, Kukanov and Stoikov at one level."""
        bid, size = after.bid_prices[level], after.bid_sizes[level]
        bid_before, size_before = before.bid_prices[level], before.bid_sizes[level]
        ask, ask_size = after.ask_prices[level], after.ask_sizes[level]
        ask_before, ask_size_before = before.ask_prices[level], before.ask_sizes[level]
        return float(
            (size if bid >= bid_before else 0.0)
            - (size_before if bid <= bid_before else 0.0)
            - (ask_size if ask <= ask_before else 0.0)
            + (ask_size_before if ask >= ask_before else 0.0)
        )

    def mids(self, bins: int, back: int = 0) -> list[float] | None:
        window = self.in_window(bins, back)
        return None if window is None else [mid_of(self.book_at[number]) for number in window]

    def returns(self, back: int = 0) -> list[float] | None:
        """The logarithmic returns of 120 s, in basis points."""
        mids = self.mids(LONG + 1, back)
        if mids is None:
            return None
        return [math.log(after / before) * 1e4 for before, after in itertools.pairwise(mids)]

    def deltas(self) -> list[float] | None:
        window = self.in_window(LONG)
        return None if window is None else [signed(self.trades_in([number])) for number in window]


def mid_of(depth: Depth) -> float:
    return float(depth.bid_prices[0] + depth.ask_prices[0]) / 2


def signed(trades: Sequence[PublicTrade]) -> float:
    return sum(one.size if one.is_buy else -one.size for one in trades)


def volume(trades: Sequence[PublicTrade]) -> float:
    return sum(one.size for one in trades)


def ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
