"""Reads a candle file into a tape; errors name file, row and fault."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from adapters.tapes.columns import OPTIONAL, PRICES
from adapters.tapes.figures import Column, read_figures
from adapters.tapes.file_name import instrument_of, interval_in
from adapters.tapes.gaps import Gap, gaps_in
from adapters.tapes.table import Table, read_table
from adapters.tapes.tape import Tape
from adapters.tapes.times import Times, interval_of, read_times
from domain.candle import Candle, interval_name
from domain.errors import InvalidTape


def read_tape(path: Path, *, symbol: str | None = None, now: datetime) -> Tape:
    """Reads and checks a CSV file of candles; omits candles that close after `now` (UTC).

    Columns are named by a header in any order and case: timestamp, time, date, datetime, open_time, start or startTime;
    open, high, low, close, volume; optionally turnover, bid, ask, funding_rate. Without a header they are in the order
    of Bybit's REST klines: start, open, high, low, close, volume[, turnover]. Cells may be empty in optional columns
    only. Times are open times, oldest or newest first: whole numbers since 1970 (10 digits are seconds, 13
    milliseconds, 16 microseconds, which is unambiguous within 2009-2100) or ISO 8601; times without a zone are read as
    UTC. A last line without a line end is checked but omitted, because its last figure may be truncated.

    The instrument comes from `symbol` (BTCUSDT or BTCUSDT-SPOT.BYBIT) where given, else from the file's name
    (`BTCUSDT_5m.csv`). Raises InvalidTape where the file is not a valid tape, InvalidInput where `symbol` is not a
    symbol.
    """
    table = read_table(path)
    instrument = instrument_of(path, symbol)
    times = read_times(table)
    interval = interval_of(table, times, interval_in(path))
    candles = _candles(instrument, interval, times, read_figures(table))
    return _tape(path, table, times, _oldest_first(candles, table, times), now)


def _candles(
    instrument: str, interval: timedelta, times: Times, figures: Mapping[str, Column]
) -> list[Candle]:
    absent: Column = [None] * len(times.opened)
    columns = (figures.get(name, absent) for name in (*PRICES, "volume", *OPTIONAL))
    return [
        Candle(
            instrument=instrument,
            interval=interval,
            open_time=opened,
            open=first,
            high=high,
            low=low,
            close=close,
            volume=volume,
            turnover=turnover,
            bid=bid,
            ask=ask,
            funding_rate=funding_rate,
        )
        for opened, first, high, low, close, volume, turnover, bid, ask, funding_rate in zip(
            times.opened, *columns, strict=True
        )
    ]


def _tape(path: Path, table: Table, times: Times, read: Sequence[Candle], now: datetime) -> Tape:
    over = read[: bisect_right(read, now, key=_close_time)]
    if not over:
        raise InvalidTape(table.file, None, f"no complete candle ends by {now}")
    gaps = gaps_in([candle.open_time for candle in over], over[0].interval)
    notes = (*_reading_notes(table, times), *_unfinished_note(read[len(over) :], now), *_gap_note(gaps))
    return Tape(over[0].instrument, over[0].interval, tuple(over), gaps, notes, path)


def _oldest_first(candles: list[Candle], table: Table, times: Times) -> list[Candle]:
    whole = candles[:-1] if table.unended else candles
    return whole[::-1] if times.newest_first else whole


def _close_time(candle: Candle) -> datetime:
    return candle.open_time + candle.interval


def _reading_notes(table: Table, times: Times) -> Iterator[str]:
    if times.unzoned:
        yield "times carry no zone: read as UTC"
    if times.newest_first:
        yield "newest-first order was reversed"
    if table.unended:
        last = table.top + len(times.opened) - 1
        yield f"row {last} has no line end, so it may be cut off: omitted (add a line end to include it)"
    if table.unread:
        yield f"columns not read: {', '.join(table.unread)}"


def _unfinished_note(unfinished: Sequence[Candle], now: datetime) -> Iterator[str]:
    if unfinished:
        which = "the last candle ends" if len(unfinished) == 1 else f"the last {len(unfinished)} candles end"
        first = unfinished[0]
        yield f"{which} after {now}, omitted: {interval_name(first.interval)} from {first.open_time}"


def _gap_note(gaps: Sequence[Gap]) -> Iterator[str]:
    if gaps:
        count = "1 gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
        missing = sum(gap.missing for gap in gaps)
        yield f"{count}, {missing} candles missing, from {gaps[0].start} to {gaps[-1].end}: not filled"
