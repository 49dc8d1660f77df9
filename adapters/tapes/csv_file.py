"""A candle file becomes a tape, or an error that names file, row and fault."""

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
    """Reads a CSV file of candles whole, checks all of it, and leaves out what is not over at `now` (UTC).

    Columns: by header (any order and case; timestamp, time, date, datetime, open_time, start or startTime; open, high,
    low, close, volume; perhaps turnover, bid, ask, funding_rate) or, without one, in the order of Bybit's REST klines:
    start, open, high, low, close, volume[, turnover]. Empty cells are allowed in the optional columns only.
    Times: when candles open; whole numbers since 1970 (10 digits are seconds, 13 milliseconds, 16 microseconds; within
    2009-2100 these cannot be confused) or ISO 8601, which without a zone is read as UTC; oldest or newest first.
    A last line without its line end may be cut off within its last figure, so it is checked, but left out.

    Instrument: of `symbol` (BTCUSDT or BTCUSDT-SPOT.BYBIT), else of the file's name (`BTCUSDT_5m.csv`).
    Raises InvalidTape where the file is not such a tape, InvalidInput where `symbol` is not one.
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
        raise InvalidTape(table.file, None, f"no candle is whole and over at {now}")
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
        yield f"row {last} has no line end, so it may be cut off: left out (end the line to have it read)"
    if table.unread:
        yield f"columns not read: {', '.join(table.unread)}"


def _unfinished_note(unfinished: Sequence[Candle], now: datetime) -> Iterator[str]:
    if unfinished:
        which = "the last candle is" if len(unfinished) == 1 else f"the last {len(unfinished)} candles are"
        first = unfinished[0]
        yield f"{which} not over at {now} and left out: {interval_name(first.interval)} from {first.open_time}"


def _gap_note(gaps: Sequence[Gap]) -> Iterator[str]:
    if gaps:
        count = "1 gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
        missing = sum(gap.missing for gap in gaps)
        yield f"{count}, {missing} candles missing, from {gaps[0].start} to {gaps[-1].end}: never filled"
