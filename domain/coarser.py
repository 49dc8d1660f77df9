"""Coarser candles, built from the finer ones of a tape or a stream as they close."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.arithmetic import total
from domain.candle import Candle, interval_name
from domain.errors import InvalidInput

_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
"""The start of a week, which is also the start of a day, an hour and a minute. Intervals are counted from here."""


class CoarserCandles:
    """Takes closed candles of one instrument in time order; returns the coarser candles that they complete.

    A coarser candle begins at a whole multiple of its interval (UTC, weeks on Monday) and aggregates the finer candles
    within it. The first coarser candle is returned only if it was seen from its beginning. A coarser candle whose last
    finer candle is missing closes when a later candle arrives.
    """

    __slots__ = ("_candles", "_interval", "_opened")

    def __init__(self, interval: timedelta, since: datetime | None = None) -> None:
        """`since` is a time within a coarser candle of which the builder gets no finer one: all after it are seen from
        their beginning."""
        self._interval = interval
        self._candles: list[Candle] = []
        self._opened = None if since is None else begin_of(since, interval)

    def take(self, candle: Candle) -> list[Candle]:
        """The coarser candles that this candle closes, oldest first; at most two."""
        opened = begin_of(candle.open_time, self._interval)
        closed = [] if opened == self._opened else self._close()
        if opened != self._opened and (self._opened is not None or opened == candle.open_time):
            self._opened = opened
        if opened == self._opened:
            self._candles.append(candle)
        if candle.close_time == opened + self._interval:
            closed += self._close()
        return closed

    @property
    def forming(self) -> Candle | None:
        """The coarser candle that is not closed yet, as of the last finer candle; None where none has begun."""
        if not self._candles or self._opened is None:
            return None
        return _aggregated(self._candles, self._opened, self._interval)

    def _close(self) -> list[Candle]:
        if not self._candles or self._opened is None:
            return []
        closed = _aggregated(self._candles, self._opened, self._interval)
        self._candles = []
        return [closed]


def begin_of(at: datetime, interval: timedelta) -> datetime:
    """When the candle of the interval opens that is open at this time (UTC)."""
    return at - (at - _MONDAY) % interval


def check_coarser(instrument: str, finer: timedelta, interval: timedelta) -> None:
    """Raises InvalidInput unless candles of `interval` can be built from those of `finer`."""
    if interval < finer:
        raise InvalidInput(
            f"candles of {interval_name(interval)} cannot be built for {instrument}: its candles are of "
            f"{interval_name(finer)}; choose that interval or a coarser one"
        )
    if interval % finer:
        raise InvalidInput(
            f"candles of {interval_name(interval)} cannot be built for {instrument}: that interval is no multiple "
            f"of {interval_name(finer)}"
        )


def coarser_of(
    interval: timedelta | None, instrument: str, given: timedelta, group: str
) -> CoarserCandles | None:
    """The builder of the candles that a group of settings names with its `interval`; None where they are the market's.

    Raises InvalidInput where they cannot be built from candles of `given`.
    """
    if interval is None or interval == given:
        return None
    try:
        check_coarser(instrument, given, interval)
    except InvalidInput as fault:
        raise InvalidInput(f"{group}.interval: {fault}") from None
    return CoarserCandles(interval)


def _aggregated(finer: list[Candle], opened: datetime, interval: timedelta) -> Candle:
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
