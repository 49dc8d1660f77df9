"""The candles of one market, built from its trades."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.arithmetic import EXACT, ZERO

MINUTE = 60_000
KEPT = 20_000
"""Minutes that a market keeps: almost 14 days."""

_DAY = 1_440
_HOUR = 60
MINUTES: Mapping[str, int] = {
    "1": 1,
    "3": 3,
    "5": 5,
    "15": 15,
    "30": 30,
    "60": 60,
    "120": 120,
    "240": 240,
    "360": 360,
    "720": 720,
    "D": _DAY,
}
"""Bybit's intervals of a fixed length, in minutes; weeks and months are calendar intervals."""

INTERVALS = (*MINUTES, "W", "M")


@dataclass(slots=True, eq=False)
class Bar:
    """Prices in quote currency; `volume` in base, `turnover` in quote currency; `start` in ms."""

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal

    def add(self, other: Bar) -> None:
        """Extends the bar by a later one."""
        self.high, self.low = max(self.high, other.high), min(self.low, other.low)
        self.close = other.close
        self.volume = EXACT.add(self.volume, other.volume)
        self.turnover = EXACT.add(self.turnover, other.turnover)

    def copy(self) -> Bar:
        return Bar(self.start, self.open, self.high, self.low, self.close, self.volume, self.turnover)


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours: extremes, volumes, and the prices of 24 hours and of one hour ago."""

    high: Decimal
    low: Decimal
    volume: Decimal
    turnover: Decimal
    price_24h: Decimal
    price_1h: Decimal


class Candles:
    """Minutes in order; a minute without a trade has the last price and no volume."""

    def __init__(self) -> None:
        self._minutes: deque[Bar] = deque(maxlen=KEPT)

    def trade(self, price: Decimal, quantity: Decimal, now: int) -> None:
        """Adds a trade. A bar opens at the close of the bar before it."""
        self.move(now)
        turnover = EXACT.multiply(price, quantity)
        start = now - now % MINUTE
        bar = Bar(start, price, price, price, price, quantity, turnover)
        if self._minutes and self._minutes[-1].start >= start:
            self._minutes[-1].add(bar)
        else:
            self._minutes.append(bar)

    def move(self, now: int) -> None:
        """Begins the minutes up to `now` at the last price."""
        if not self._minutes:
            return
        last = self._minutes[-1]
        for start in range(max(last.start + MINUTE, now - now % MINUTE - KEPT * MINUTE), now + 1, MINUTE):
            price = last.close
            self._minutes.append(Bar(start, price, price, price, price, ZERO, ZERO))

    def prepend(self, bars: Sequence[Bar]) -> None:
        """Adds minutes before the first one, oldest first."""
        self._minutes.extendleft(reversed(bars))

    def minutes(self) -> list[Bar]:
        """Every minute that is kept, the oldest first."""
        return list(self._minutes)

    def replace_past(self, bars: Sequence[Bar]) -> None:
        """Puts `bars` in the place of the minutes before the current one; those that overlap with it are left out."""
        current = list(self._minutes)[-1:]
        begins = current[0].start if current else None
        self._minutes.clear()
        self._minutes.extend(bar for bar in bars if begins is None or bar.start < begins)
        self._minutes.extend(current)

    def bars(self, interval: str, start: int, end: int, limit: int) -> list[Bar]:
        """The bars that begin from `start` to `end` (ms, both included), the newest first, at most `limit`."""
        found: list[Bar] = []
        for minute in reversed(self._minutes):
            opens = opening(interval, minute.start)
            if opens > end:
                continue
            if opens < start:
                break
            if not found or found[-1].start != opens:
                if len(found) == limit:
                    break
                found.append(_merged_start(opens, minute))
            else:
                _put_before(found[-1], minute)
        return found

    def day(self) -> Day | None:
        """The figures of the last 24 hours; None before the first trade."""
        if not self._minutes:
            return None
        minutes = list(self._minutes)[-_DAY:]
        return Day(
            high=max(bar.high for bar in minutes),
            low=min(bar.low for bar in minutes),
            volume=sum((bar.volume for bar in minutes), ZERO),
            turnover=sum((bar.turnover for bar in minutes), ZERO),
            price_24h=minutes[0].open,
            price_1h=minutes[-_HOUR:][0].open,
        )


def opening(interval: str, at: int) -> int:
    """The time at which the interval that contains `at` begins, in ms; weeks begin on Monday, all of it in UTC."""
    if interval in MINUTES:
        return at - at % (MINUTES[interval] * MINUTE)
    day = datetime.fromtimestamp(at / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = day - timedelta(days=day.weekday()) if interval == "W" else day.replace(day=1)
    return int(begins.timestamp() * 1000)


def closing(interval: str, opens: int) -> int:
    """The time at which the interval that begins at `opens` ends, in ms."""
    if interval in MINUTES:
        return opens + MINUTES[interval] * MINUTE
    days = 7 if interval == "W" else 32
    return opening(interval, opens + days * _DAY * MINUTE)


def _merged_start(opens: int, minute: Bar) -> Bar:
    bar = minute.copy()
    bar.start = opens
    return bar


def _put_before(bar: Bar, earlier: Bar) -> None:
    bar.open = earlier.open
    bar.high, bar.low = max(bar.high, earlier.high), min(bar.low, earlier.low)
    bar.volume = EXACT.add(bar.volume, earlier.volume)
    bar.turnover = EXACT.add(bar.turnover, earlier.turnover)
