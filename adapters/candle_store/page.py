"""A page of the chart: the latest candles of an interval, built from finer ones where the store has no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.candle_store.book import CandleBook
from domain.candle import Candle, interval_name
from domain.coarser import CoarserCandles, begin_of
from domain.errors import InvalidInput
from domain.plain_text import counted

MOST = 1_000
"""Candles of a page."""
_MOST_FINER = 20_000
"""Finer candles that are read for a page: those of nearly two weeks of minutes."""


@dataclass(frozen=True, slots=True)
class CandlePage:
    """`candles` are closed, in order of time. `forming` is the one that is not closed yet as of the last finer candle;
    None where there is none. With `has_earlier` the next page is that before the first candle's open time."""

    candles: Sequence[Candle]
    forming: Candle | None
    has_earlier: bool


def page_of(
    book: CandleBook,
    instrument: str,
    interval: timedelta,
    most: int,
    *,
    before: datetime | None = None,
    closed: datetime | None = None,
) -> CandlePage:
    """At most `most` candles that open before `before`, of those closed at `closed` or earlier (UTC).

    A page of a coarser interval may be shorter, because at most 20,000 finer candles are read for it. Raises
    InvalidInput where the candles of that interval are not stored and cannot be built, and the store's errors.
    """
    finer = source_of(book, instrument, interval)
    if finer == interval:
        found = book.latest(instrument, interval, most + 1, before=before, closed=closed)
        return CandlePage(found[-most:], None, len(found) > most)
    rows = min((most + 1) * (interval // finer), _MOST_FINER)
    if before is not None:
        before = _end_of(before, interval)
    found = book.latest(instrument, finer, rows + 1, before=before, closed=closed)
    since = found[0].open_time if len(found) > rows else None
    built, builder = coarser(found, interval, since)
    last = builder.forming
    if last is not None and _is_followed(book, finer, last, closed):
        built, last = [*built, last], None
    return CandlePage(built[-most:], last, len(found) > rows or len(built) > most)


def coarser(
    finer: Sequence[Candle], interval: timedelta, since: datetime | None = None
) -> tuple[Sequence[Candle], CoarserCandles]:
    """The coarser candles that these finer ones of one instrument, in order of time, complete; and their builder.

    Where there are earlier finer candles than these, `since` is the open time of the first one here; the coarser candle
    that it belongs to is left out, because it may have begun before.
    """
    builder = CoarserCandles(interval, since)
    if since is not None:
        end = begin_of(since, interval) + interval
        finer = [candle for candle in finer if candle.open_time >= end]
    return [built for candle in finer for built in builder.take(candle)], builder


def source_of(book: CandleBook, instrument: str, interval: timedelta) -> timedelta:
    """The stored interval from which candles of `interval` are built: itself, or the coarsest that divides it.

    Raises InvalidInput where there is none.
    """
    stored = [one.interval for one in book.series() if one.instrument == instrument]
    fitting = [one for one in stored if interval % one == timedelta(0)]
    if not fitting:
        raise InvalidInput(_missing(instrument, interval, stored))
    return max(fitting)


def _end_of(before: datetime, interval: timedelta) -> datetime:
    """Where the candles of the interval end that open before this time."""
    begin = begin_of(before, interval)
    return begin if begin == before else begin + interval


def _is_followed(book: CandleBook, finer: timedelta, last: Candle, closed: datetime | None) -> bool:
    """Whether a later finer candle has closed, so that the coarser one is complete although its end is missing."""
    later = book.later(last.instrument, finer, last.close_time, 1)
    return bool(later) and (closed is None or later[0].close_time <= closed)


def _missing(instrument: str, interval: timedelta, stored: Sequence[timedelta]) -> str:
    if not stored:
        return f"the candle store has no candles of {instrument}; `candleSeries` lists what it has"
    names = ", ".join(map(interval_name, stored))
    return (
        f"candles of {interval_name(interval)} cannot be built for {instrument}: "
        f"the store has {counted(len(stored), 'interval')} of it: {names}"
    )
