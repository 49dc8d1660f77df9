"""Marking: values the account at every candle, and makes one mark of each UTC hour in which candles closed.

An hour is that in which a candle closed, not that in which it came: a live candle comes a moment after its close.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from commands.identity import ENGINE
from commands.mark import MarkAccount
from commands.stimulus import Ask
from domain.account import Account
from domain.arithmetic import EXACT, ZERO, total
from domain.candle import Candle
from domain.candle_hash import ALGORITHM, candle_bytes, hash_after
from domain.direction import Direction
from domain.mark import HOUR, AccountMarked, cause_of, end_of_hour
from domain.market import MarketEvent, MarketView
from domain.portfolio import OpenPosition, Portfolio
from domain.valuation import profit_at, unrealised, unrealised_at_worst

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_NO_MARKS: tuple[Ask, ...] = ()
_PATIENCE = timedelta(seconds=5)
"""How long after the end of an hour a live market's last candles of that hour may come."""


class Marking:
    """Takes the candles in the order in which they are played.

    The mark of an hour is made at the candles that close at its end. If none closes then, the mark is made at the next
    later candles, from the values at the last candles of its own hour. Candles that come after their close may be
    followed by others of the same instant, so their hour is marked by a tick five seconds after its end, or at the next
    later candle.
    """

    __slots__ = ("_at", "_candles", "_ends", "_hash", "_last", "_played", "_stretch", "_values")

    def __init__(self) -> None:
        self._at = self._ends = _BEFORE_ALL
        self._played: list[Candle] = []
        self._candles, self._hash = 0, b""
        self._values: _Values | None = None
        self._stretch: _Stretch | None = None
        self._last: AccountMarked | None = None

    def take(
        self, at: datetime, events: Sequence[MarketEvent], portfolio: Portfolio, market: MarketView
    ) -> Sequence[Ask]:
        """Values the account at the candles among these events; returns the marks of the hours that are over.

        `market` holds the prices of these events already. Other events than candles change nothing. An account that
        was never opened is not marked.
        """
        candles = _candles_among(events)
        if not candles:
            return _NO_MARKS
        marks, closed = _NO_MARKS, _close_of(candles)
        if closed > self._ends:
            if not self._is_marked:
                marks = self._end_hour()
            self._ends = end_of_hour(closed)
        self._at = max(closed, self._at)
        self._played += candles
        account = portfolio.account_state
        if type(account) is Account:
            self._value(account.balance, candles, portfolio.positions, market)
        return marks + self._end_hour() if at == self._ends else marks

    def tick(self, at: datetime) -> Sequence[Ask]:
        """The mark of the hour that has been over for five seconds, if candles closed in it."""
        is_over = self._played and at >= self._ends + _PATIENCE
        return self._end_hour() if is_over and not self._is_marked else _NO_MARKS

    @property
    def _is_marked(self) -> bool:
        """Whether the hour has its mark. A candle of this hour that comes later counts in the next one."""
        return self._last is not None and self._last.hour + HOUR >= self._ends

    @property
    def hour_ends(self) -> datetime:
        """Candles that close before this time end no hour (UTC)."""
        return self._ends

    def is_steady(self, at: datetime, portfolio: Portfolio) -> bool:
        """Whether `pass_over` may take the candles from `at` on: no position has to be valued at each of them."""
        account, stretch = portfolio.account_state, self._stretch
        if type(account) is not Account:
            return True
        if stretch is not None:
            return stretch.is_of(account.balance, portfolio.positions, at)
        values = self._values
        return not portfolio.positions and values is not None and values.equity is account.balance

    def pass_over(self, at: datetime, candles: Sequence[Candle]) -> None:
        """Does what `take` does for each instant of these candles, up to `at`, where the account is steady."""
        self._at = at
        self._played += candles
        if self._stretch is not None:
            self._stretch.pass_over(candles)

    def latest(self) -> AccountMarked | None:
        """The account at the last candle, also in an hour that is not over yet; None before the first candle."""
        values = self._valued()
        return self._last if values is None else self._mark(values, self._hash_now())

    def _value(
        self,
        balance: Decimal,
        candles: Sequence[Candle],
        positions: Mapping[str, OpenPosition],
        market: MarketView,
    ) -> None:
        stretch = self._stretch
        if stretch is not None and stretch.positions is positions and stretch.balance is balance:
            stretch.take(candles, market, self._at)
            return
        values = self._valued()
        if not positions:
            if values is None or values.equity is not balance:
                self._take_values(balance, equity=balance, low=balance, high=balance, worst=balance)
            return
        stretch = self._stretch = _stretch_of(balance, positions, market)
        if stretch is not None:
            stretch.take(candles, market, self._at)
            return
        equity, worst = _worth(balance, candles, positions, market, self._at)
        self._take_values(balance, equity=equity, low=equity, high=equity, worst=min(worst, equity))

    def _valued(self) -> _Values | None:
        """The values since the last mark, with those of the stretch that has not been valued yet, which ends."""
        stretch, self._stretch = self._stretch, None
        if stretch is not None:
            low, high = stretch.extremes()
            self._take_values(
                stretch.balance, equity=stretch.equity(), low=low, high=high, worst=stretch.worst()
            )
        return self._values

    def _take_values(
        self, balance: Decimal, *, equity: Decimal, low: Decimal, high: Decimal, worst: Decimal
    ) -> None:
        if self._values is None:
            self._values = _Values(low, high, worst)
        self._values.take(balance, equity=equity, low=low, high=high, worst=worst)

    def _end_hour(self) -> tuple[Ask, ...]:
        """Ends the hour if candles closed in it; its mark if the account was open."""
        if not self._played:
            return _NO_MARKS
        values, candle_hash = self._valued(), self._hash_now()
        mark = None if values is None else self._mark(values, candle_hash)
        self._hash, self._candles = candle_hash, self._candles + len(self._played)
        self._played, self._values = [], None
        if mark is None:
            return _NO_MARKS
        self._last = mark
        return (Ask(command=MarkAccount(mark), cause=cause_of(mark), occurred_at=self._at, actor=ENGINE),)

    def _mark(self, values: _Values, candle_hash: bytes) -> AccountMarked:
        return AccountMarked(
            hour=self._ends - HOUR,
            balance=values.balance,
            unrealised=EXACT.subtract(values.equity, values.balance),
            equity=values.equity,
            low=values.low,
            high=values.high,
            worst=values.worst,
            candles=self._candles + len(self._played),
            candle_hash=candle_hash.hex(),
            hash_algorithm=ALGORITHM,
        )

    def _hash_now(self) -> bytes:
        return hash_after(self._hash, map(candle_bytes, self._played))


def _close_of(candles: Sequence[Candle]) -> datetime:
    return candles[0].close_time if len(candles) == 1 else max(one.close_time for one in candles)


def _candles_among(events: Sequence[MarketEvent]) -> Sequence[Candle]:
    """The candles; fast for a single one, as on the tape of one instrument."""
    first = events[0] if len(events) == 1 else None
    return (first,) if type(first) is Candle else [event for event in events if type(event) is Candle]


class _Values:
    """The account at the last candle, and its lowest and highest equity since the last mark."""

    __slots__ = ("balance", "equity", "high", "low", "worst")

    def __init__(self, low: Decimal, high: Decimal, worst: Decimal) -> None:
        self.balance = self.equity = ZERO
        self.low, self.high, self.worst = low, high, worst

    def take(self, balance: Decimal, *, equity: Decimal, low: Decimal, high: Decimal, worst: Decimal) -> None:
        """Takes the account at the next candles."""
        self.balance, self.equity = balance, equity
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.worst = min(self.worst, worst)


class _Stretch:
    """Candles over which the balance and the only position do not change, so that only prices have to be compared.

    The equity rises with the price for a long and falls with it for a short. Its extremes are therefore those of the
    prices, and the position is valued at four prices, not at two prices of every candle.
    """

    __slots__ = (
        "_closes",
        "_held",
        "_instrument",
        "_is_long",
        "_opened_at",
        "_reached",
        "balance",
        "positions",
    )

    def __init__(self, balance: Decimal, positions: Mapping[str, OpenPosition], held: OpenPosition) -> None:
        self.balance, self.positions, self._held = balance, positions, held
        self._instrument, self._opened_at = held.state.instrument, held.opened_at
        self._is_long = held.state.direction is Direction.LONG
        self._closes: list[Decimal] = []
        self._reached: list[Decimal] = []

    def take(self, candles: Sequence[Candle], market: MarketView, at: datetime) -> None:
        """Takes the prices at the next candles."""
        last = market.last(self._instrument)
        assert last is not None
        if self._opened_at < at:
            for candle in candles:
                if candle.instrument == self._instrument:
                    self._reached.append(candle.low if self._is_long else candle.high)
        self._reached.append(last.price)
        self._closes.append(last.price)

    def is_of(self, balance: Decimal, positions: Mapping[str, OpenPosition], at: datetime) -> bool:
        """Whether this balance and these positions are those of the stretch, and were there before `at`."""
        return self.positions is positions and self.balance is balance and self._opened_at < at

    def pass_over(self, candles: Sequence[Candle]) -> None:
        """Takes the prices of candles that close after the first one of the stretch, in order of time."""
        for candle in candles:
            if candle.instrument == self._instrument:
                self._reached.append(candle.low if self._is_long else candle.high)
                self._reached.append(candle.close)
                self._closes.append(candle.close)

    def equity(self) -> Decimal:
        """The equity at the last price."""
        return self._at(self._closes[-1])

    def extremes(self) -> tuple[Decimal, Decimal]:
        """The lowest and the highest equity at the closes."""
        lowest, highest = self._at(min(self._closes)), self._at(max(self._closes))
        return (lowest, highest) if self._is_long else (highest, lowest)

    def worst(self) -> Decimal:
        """The lowest equity at the closes and at the worst prices of the candles."""
        return self._at(min(self._reached) if self._is_long else max(self._reached))

    def _at(self, price: Decimal) -> Decimal:
        return EXACT.add(self.balance, total((profit_at(self._held.state, price),)))


def _stretch_of(
    balance: Decimal, positions: Mapping[str, OpenPosition], market: MarketView
) -> _Stretch | None:
    """A stretch that begins; None with several positions, or where the only position has no price."""
    if len(positions) != 1:
        return None
    (held,) = positions.values()
    return None if market.last(held.state.instrument) is None else _Stretch(balance, positions, held)


def _worth(
    balance: Decimal,
    candles: Sequence[Candle],
    positions: Mapping[str, OpenPosition],
    market: MarketView,
    at: datetime,
) -> tuple[Decimal, Decimal]:
    """The equity at the last prices, and at the worst prices of these candles."""
    held, by_name = positions.values(), {candle.instrument: candle for candle in candles}
    return (
        EXACT.add(balance, unrealised(held, market)),
        EXACT.add(balance, unrealised_at_worst(held, market, by_name, at)),
    )
