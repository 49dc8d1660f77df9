"""Marking: values the account at every candle, and makes one mark of each UTC hour in which candles closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from commands.identity import ENGINE
from commands.mark import MarkAccount
from commands.stimulus import Ask
from domain.account import Account
from domain.arithmetic import EXACT
from domain.candle import Candle
from domain.candle_hash import ALGORITHM, candle_bytes, hash_after
from domain.mark import HOUR, AccountMarked, cause_of, end_of_hour
from domain.market import MarketEvent, MarketView
from domain.portfolio import OpenPosition, Portfolio
from domain.valuation import unrealised, unrealised_at_worst

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_NO_MARKS: tuple[Ask, ...] = ()


class Marking:
    """Takes the candles in the order in which they are played.

    The mark of an hour is made at the candles that close at its end. If none closes then, the mark is made at the next
    later candles, from the values at the last candles of its own hour.
    """

    __slots__ = ("_at", "_candles", "_ends", "_hash", "_last", "_played", "_values")

    def __init__(self) -> None:
        self._at = self._ends = _BEFORE_ALL
        self._played: list[bytes] = []
        self._candles, self._hash = 0, b""
        self._values: _Values | None = None
        self._last: AccountMarked | None = None

    def take(
        self, at: datetime, events: Sequence[MarketEvent], portfolio: Portfolio, market: MarketView
    ) -> Sequence[Ask]:
        """Values the account at the candles among these events; returns the marks of the hours that are over.

        `market` holds the prices of these events already. Other events than candles change nothing. An account that
        was never opened is not marked.
        """
        candles = [event for event in events if type(event) is Candle]
        if not candles:
            return _NO_MARKS
        marks = _NO_MARKS
        if at > self._ends:
            marks = self._end_hour()
            self._ends = end_of_hour(at)
        self._at = at
        self._played += map(candle_bytes, candles)
        account = portfolio.account_state
        if type(account) is Account:
            self._value(account.balance, candles, portfolio.positions, market)
        return marks + self._end_hour() if at == self._ends else marks

    def latest(self) -> AccountMarked | None:
        """The account at the last candle, also in an hour that is not over yet; None before the first candle."""
        return self._last if self._values is None else self._mark(self._values)

    def _value(
        self,
        balance: Decimal,
        candles: Sequence[Candle],
        positions: Mapping[str, OpenPosition],
        market: MarketView,
    ) -> None:
        values = self._values
        if not positions and values is not None and values.equity is balance:
            return
        equity = worst = balance
        if positions:
            held, by_name = positions.values(), {candle.instrument: candle for candle in candles}
            equity = EXACT.add(balance, unrealised(held, market))
            worst = EXACT.add(balance, unrealised_at_worst(held, market, by_name, self._at))
        if values is None:
            self._values = _Values(balance, equity, worst)
        else:
            values.take(balance, equity, worst)

    def _end_hour(self) -> tuple[Ask, ...]:
        """Ends the hour if candles closed in it; its mark if the account was open."""
        if not self._played:
            return _NO_MARKS
        mark = None if self._values is None else self._mark(self._values)
        self._hash, self._candles = self._hash_now(), self._candles + len(self._played)
        self._played, self._values = [], None
        if mark is None:
            return _NO_MARKS
        self._last = mark
        return (Ask(command=MarkAccount(mark), cause=cause_of(mark), occurred_at=self._at, actor=ENGINE),)

    def _mark(self, values: _Values) -> AccountMarked:
        return AccountMarked(
            hour=self._ends - HOUR,
            balance=values.balance,
            unrealised=EXACT.subtract(values.equity, values.balance),
            equity=values.equity,
            low=values.low,
            high=values.high,
            worst=values.worst,
            candles=self._candles + len(self._played),
            candle_hash=self._hash_now().hex(),
            hash_algorithm=ALGORITHM,
        )

    def _hash_now(self) -> bytes:
        return hash_after(self._hash, self._played)


class _Values:
    """The account at the last candle, and its lowest and highest equity since the last mark."""

    __slots__ = ("balance", "equity", "high", "low", "worst")

    def __init__(self, balance: Decimal, equity: Decimal, worst: Decimal) -> None:
        self.balance, self.equity = balance, equity
        self.low = self.high = equity
        self.worst = min(worst, equity)

    def take(self, balance: Decimal, equity: Decimal, worst: Decimal) -> None:
        """Takes the account at the next candle."""
        self.balance, self.equity = balance, equity
        self.low, self.high = min(self.low, equity), max(self.high, equity)
        self.worst = min(self.worst, worst, equity)
