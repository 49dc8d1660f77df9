"""The closed candles of one instrument and interval: each once, in order, without a hole. Pure, without I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from adapters.milliseconds import at_ms
from domain.candle import Candle

_REMEMBERED = 20


class Hole(Struct, frozen=True, gc=False):
    """Candles that are missing: those that open in `since` <= time < `until`."""

    since: datetime
    until: datetime


class Difference(Struct, frozen=True, gc=False):
    """A candle that is not used, because another one of the same time is."""

    unused: Candle
    used: Candle


def opening(at: datetime, interval: timedelta) -> datetime:
    """When the candle of a time opens."""
    return at - (at - at_ms(0)) % interval


def first_opening(since: datetime, interval: timedelta) -> datetime:
    """When the first candle opens that does not open before `since`."""
    return since + (at_ms(0) - since) % interval


class CandleLine:
    """`following` is the open time of the next candle to be returned.

    A candle of the stream waits until those before it are there. Where stream and query give different candles, that of
    the stream is used, unless the other one has been returned already; both cases are in `differences`. `absent` holds
    what the venue does not have.
    """

    def __init__(self, interval: timedelta, first: datetime) -> None:
        self.interval, self.following = interval, first
        self.differences: list[Difference] = []
        self.absent: list[Hole] = []
        self._pushed: dict[datetime, Candle] = {}
        self._fetched: dict[datetime, Candle] = {}
        self._returned: dict[datetime, Candle] = {}

    def push(self, candle: Candle) -> list[Candle]:
        """Takes a confirmed candle of the stream; returns those that are due."""
        known = self._returned.get(candle.open_time) or self._pushed.get(candle.open_time)
        if known is not None and known != candle:
            self.differences.append(Difference(candle, known))
        elif candle.open_time >= self.following:
            self._pushed[candle.open_time] = candle
        return self._due()

    def fetched(self, hole: Hole, candles: Iterable[Candle], *, later: bool) -> list[Candle]:
        """Takes the candles of a query for the hole; returns those that are due.

        `later` states that a later candle is closed at the venue: what the venue does not have then will never exist,
        so the line goes on behind it.
        """
        for one in candles:
            if one.open_time >= self.following:
                self._fetched[one.open_time] = one
        due = self._due()
        while later and self.following < hole.until:
            self._skip(hole.until)
            due.extend(self._due())
        return due

    def hole(self, late: datetime) -> Hole | None:
        """The candles that are missing before one that was pushed, or that closed by `late`."""
        closed = self.following + (late - self.following) // self.interval * self.interval
        until = min(self._pushed, default=closed)
        return Hole(self.following, until) if self.following < until else None

    def _due(self) -> list[Candle]:
        due: list[Candle] = []
        while (candle := self._next()) is not None:
            due.append(candle)
            self._returned[self.following] = candle
            self.following += self.interval
        for at in list(self._returned)[:-_REMEMBERED]:
            del self._returned[at]
        return due

    def _next(self) -> Candle | None:
        pushed, fetched = self._pushed.pop(self.following, None), self._fetched.pop(self.following, None)
        if pushed is not None and fetched is not None and pushed != fetched:
            self.differences.append(Difference(fetched, pushed))
        return pushed or fetched

    def _skip(self, until: datetime) -> None:
        begins = self.following
        self.following = min([until, *self._pushed, *self._fetched])
        self.absent.append(Hole(begins, self.following))
