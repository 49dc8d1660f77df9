"""Coarser candles, built from the finer ones of a tape or a stream as they close."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.arithmetic import total
from domain.candle import Candle, interval_name
from domain.errors import InvalidInput

_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
"""Weeks begin here; so do days, hours and minutes."""


class CoarserCandles:
    """Takes closed candles of one instrument in time order; returns the coarser ones that they complete.

    A coarser candle begins at a whole multiple of its interval (UTC, weeks on Monday) and is made of the finer candles
    that lie in it. The first one counts only if its first finer candle is there: the market before it is not known.
    Where the last finer candle of one is missing, it closes when a later candle comes.
    """

    __slots__ = ("_candles", "_interval", "_opened")

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval
        self._candles: list[Candle] = []
        self._opened: datetime | None = None

    def take(self, candle: Candle) -> list[Candle]:
        """The coarser candles that are closed with this one, oldest first; at most two."""
        opened = _begin_of(candle.open_time, self._interval)
        closed = [] if opened == self._opened else self._close()
        if opened != self._opened and (self._opened is not None or opened == candle.open_time):
            self._opened = opened
        if opened == self._opened:
            self._candles.append(candle)
        if candle.close_time == opened + self._interval:
            closed += self._close()
        return closed

    def _close(self) -> list[Candle]:
        if not self._candles or self._opened is None:
            return []
        closed = _whole(self._candles, self._opened, self._interval)
        self._candles = []
        return [closed]


def check_coarser(instrument: str, finer: timedelta, interval: timedelta) -> None:
    """Raises InvalidInput unless candles of `interval` can be built from those of `finer`."""
    if interval < finer:
        raise InvalidInput(
            f"candles of {interval_name(interval)} cannot be built for {instrument}: its own are of "
            f"{interval_name(finer)}; choose that interval or a coarser one"
        )
    if interval % finer:
        raise InvalidInput(
            f"candles of {interval_name(interval)} cannot be built for {instrument}: they are no whole number of "
            f"candles of {interval_name(finer)}"
        )


def _begin_of(at: datetime, interval: timedelta) -> datetime:
    return at - (at - _MONDAY) % interval


def _whole(finer: list[Candle], opened: datetime, interval: timedelta) -> Candle:
    last = finer[-1]
    return Candle(
        instrument=last.instrument,
        interval=interval,
        open_time=opened,
        open=finer[0].open,
        high=max(candle.high for candle in finer),
        low=min(candle.low for candle in finer),
        close=last.close,
        volume=total([candle.volume for candle in finer]),
        turnover=_total_where_known([candle.turnover for candle in finer]),
        bid=last.bid,
        ask=last.ask,
    )


def _total_where_known(amounts: list[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return total(known) if len(known) == len(amounts) else None
