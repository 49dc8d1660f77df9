"""A seeded flow of orders that makes a market: quotes around a price that wanders, and takers. Prices are invented."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from hashlib import sha256
from math import exp, sqrt
from random import Random

from adapters.simulated.venue.candles import MINUTE, Bar
from adapters.simulated.venue.categories import LINEAR, SPOT
from adapters.simulated.venue.venue import Venue
from domain.arithmetic import EXACT, ZERO
from domain.direction import Side
from domain.instrument import Instrument

STEP = 100
"""The ms between two steps of the flow."""

DEPTH = 200
"""Quoted levels on each side."""

PAST = 600
"""Minutes of candles before the first step."""

_VOLATILITY = 0.6
_YEAR = 365 * 86_400_000
_TAKERS = 0.5
_REFRESHED = 5
_LONGEST_GAP = 60_000
_VALUE_OF_A_LEVEL = 20_000.0


class SyntheticMarket:
    """The market of one symbol. The same seed and steps give the same orders; `price` is where it begins.

    The price is a geometric Brownian motion with an annual volatility of 60 %. Each step moves the quotes with it,
    fills up the best levels, and with a probability of one half sends a market order of exponential size. A market with
    a `leader`, as a pair has in its contract, is quoted around the leader's price.
    """

    def __init__(
        self,
        venue: Venue,
        symbol: str,
        price: Decimal,
        seed: int,
        now: int,
        category: str = LINEAR,
        leader: SyntheticMarket | None = None,
    ) -> None:
        self._venue, self._symbol, self._category, self._leader = venue, symbol, category, leader
        self._market = venue.listed(category)[symbol]
        self._rules = self._market.contract.instrument
        name = f"{seed}/{_named(category, symbol)}"
        number = int.from_bytes(sha256(name.encode()).digest(), "big")
        self._random = Random(number)  # noqa: S311 - the draws are no secret
        self._price = float(price)
        self._quoted = {side: range(0) for side in Side}
        self._next = now
        self._market.candles.prepend(self._past(now))
        self._begin(now)

    def move(self, now: int) -> None:
        """Plays the steps up to `now` (ms); after a gap of more than a minute the steps before are left out."""
        self._next = max(self._next, now - _LONGEST_GAP)
        while self._next <= now:
            self._step(self._market.not_before(self._next))
            self._next += STEP

    def _begin(self, now: int) -> None:
        self._quote(now)
        price = EXACT.multiply(Decimal(self._center), self._rules.tick)
        self._venue.trade(self._symbol, Side.BUY, price, self._rules.min_quantity, now, self._category)

    def _step(self, now: int) -> None:
        self._follow_displacement()
        self._price = self._wandered() if self._leader is None else self._leader.price
        self._quote(now)
        self._refresh(now)
        if self._random.random() < _TAKERS:
            self._take(now)

    def _follow_displacement(self) -> None:
        displaced, self._market.displaced = self._market.displaced, None
        if displaced is not None:
            self._price = float(displaced)
            self._quoted = {side: self._ticks_shown(side) for side in Side}

    def _ticks_shown(self, side: Side) -> range:
        ticks = [
            int(level.price / self._rules.tick) for level in self._market.book.sides[side] if level.foreign
        ]
        return range(min(ticks, default=0), max(ticks, default=-1) + 1)

    @property
    def price(self) -> float:
        return self._price

    def _wandered(self) -> float:
        return self._price * exp(_VOLATILITY * sqrt(STEP / _YEAR) * self._random.gauss(0, 1))

    @property
    def _center(self) -> int:
        return max(DEPTH + 2, round(self._price / float(self._rules.tick)))

    def _quote(self, now: int) -> None:
        center = self._center
        wanted = {
            Side.BUY: range(center - DEPTH, center),
            Side.SELL: range(center + 1, center + DEPTH + 1),
        }
        before, self._quoted = self._quoted, wanted
        for side, ticks in before.items():
            for tick in _without(ticks, wanted[side]):
                self._show(side, tick, ZERO, now)
        for side, ticks in wanted.items():
            for tick in _without(ticks, before[side]):
                self._show(side, tick, self._size(), now)

    def _refresh(self, now: int) -> None:
        for side, ticks in self._quoted.items():
            best = ticks[-_REFRESHED:] if side is Side.BUY else ticks[:_REFRESHED]
            self._show(side, self._random.choice(best), self._size(), now)
            for tick in best:
                level = self._market.book.sides[side].at(self._rules.tick * tick)
                if level is None or not level.foreign:
                    self._show(side, tick, self._size(), now)

    def _take(self, now: int) -> None:
        side = self._random.choice((Side.BUY, Side.SELL))
        best = self._market.book.best(side.opposite)
        if best is not None:
            limit = best + self._rules.tick * 3 * (1 if side is Side.BUY else -1)
            self._venue.arrive(
                self._symbol, side, limit, self._size(), now, rests=False, category=self._category
            )

    def _show(self, side: Side, tick: int, size: Decimal, now: int) -> None:
        self._venue.show(self._symbol, side, self._rules.tick * tick, size, now, self._category)

    def _size(self) -> Decimal:
        wanted = self._random.expovariate(1.0) * _VALUE_OF_A_LEVEL / self._price
        return _lots(wanted, self._rules)

    def _past(self, now: int) -> list[Bar]:
        """Minutes that end before `now` at the first price."""
        close, first = self._price, now - now % MINUTE
        bars: list[Bar] = []
        for number in range(1, PAST + 1):
            opened = close * exp(_VOLATILITY * sqrt(MINUTE / _YEAR) * self._random.gauss(0, 1))
            bars.append(self._bar(first - number * MINUTE, opened, close))
            close = opened
        return bars[::-1]

    def _bar(self, start: int, opened: float, closed: float) -> Bar:
        width = abs(self._random.gauss(0, 1)) * abs(opened - closed) / 2
        prices = (opened, max(opened, closed) + width, min(opened, closed) - width, closed)
        first, high, low, last = map(self._on_tick, prices)
        volume = self._size()
        return Bar(start, first, high, low, last, volume, EXACT.multiply(volume, last))

    def _on_tick(self, price: float) -> Decimal:
        return self._rules.tick * max(1, round(price / float(self._rules.tick)))


def market_of(
    venue: Venue, prices: Mapping[str, Mapping[str, Decimal]], seed: int, now: int
) -> Callable[[int], None]:
    """Makes a synthetic market of every symbol in `prices`, by category; a pair follows the contract of its symbol.

    Returns the function that plays them up to a time.
    """
    leaders = {
        symbol: SyntheticMarket(venue, symbol, price, seed, now)
        for symbol, price in prices.get(LINEAR, {}).items()
    }
    pairs = [
        SyntheticMarket(venue, symbol, price, seed, now, SPOT, leaders.get(symbol))
        for symbol, price in prices.get(SPOT, {}).items()
    ]
    markets = [*leaders.values(), *pairs]

    def move(until: int) -> None:
        for market in markets:
            market.move(until)

    return move


def _named(category: str, symbol: str) -> str:
    return symbol if category == LINEAR else f"{category}/{symbol}"


def _without(ticks: range, others: range) -> list[int]:
    return [tick for tick in ticks if tick not in others]


def _lots(wanted: float, rules: Instrument) -> Decimal:
    lots = max(int(wanted / float(rules.lot)), 1)
    return max(rules.lot * lots, rules.min_quantity)
