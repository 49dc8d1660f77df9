"""Reads a candle file into a tape; errors name file, row and fault."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from adapters.tapes.clocks import clock_notes
from adapters.tapes.columns import OPTIONAL, PRICES
from adapters.tapes.content import Content, read_content
from adapters.tapes.figures import Column, read_figures
from adapters.tapes.file_name import instrument_of, interval_in
from adapters.tapes.funding import at_settlements, funding_in
from adapters.tapes.gaps import gaps_in
from adapters.tapes.notes import Reading, notes_of
from adapters.tapes.orders import check_order
from adapters.tapes.recording import Recording
from adapters.tapes.repeats import distinct
from adapters.tapes.sheets import read_sheet, symbol_in
from adapters.tapes.table import Table, table_of
from adapters.tapes.tape import Tape
from adapters.tapes.times import Times, interval_of, read_times, runs_backwards
from adapters.tapes.volumes import check_currency
from domain.candle import Candle
from domain.errors import InvalidInput, InvalidTape


def read_tape(
    path: Path, *, symbol: str | None = None, now: datetime, funding_hours: int | None = None
) -> Tape:
    """Reads and checks a file of candles; omits candles that close after `now` (UTC) and other incomplete ones.

    The formats are listed in docs/candles.md. The instrument comes from `symbol` (BTCUSDT or BTCUSDT-SPOT.BYBIT) where
    given, else from the file's name (`BTCUSDT_5m.csv`), else from the file's column of symbols. With `funding_hours`,
    only the candles that open at a settlement, every so many hours from midnight (UTC) on, keep their funding rate.
    Raises InvalidTape where the file is not a valid tape, InvalidInput where `symbol` is not a symbol.
    """
    return read_recording(path, symbol=symbol, now=now, funding_hours=funding_hours).tape


def read_tapes(
    files: Sequence[Path], symbols: Sequence[str], *, now: datetime, funding_hours: int | None = None
) -> Sequence[Tape]:
    """The tapes of these files in their order, with the symbol of each; without symbols as their names have it.

    Raises what `read_tape` raises, and InvalidInput where there is not one symbol for each file.
    """
    if symbols and len(symbols) != len(files):
        raise InvalidInput(
            f"{len(files)} files were given with {len(symbols)} symbols: give one for each, in order"
        )
    named: Sequence[str | None] = symbols or [None] * len(files)
    return [
        read_tape(file, symbol=symbol, now=now, funding_hours=funding_hours)
        for file, symbol in zip(files, named, strict=True)
    ]


def read_recording(
    path: Path, *, symbol: str | None = None, now: datetime, funding_hours: int | None = None
) -> Recording:
    """Reads a file as `read_tape` does, and returns what else the file showed."""
    content = read_content(path)
    sheet = read_sheet(content)
    table = table_of(sheet)
    instrument = instrument_of((content.name, content.inner), symbol, symbol_in(sheet))
    check_currency(table, instrument)
    rows = _read(table, instrument, interval_in(path), funding_hours)
    return _recording(path, content, rows, now)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a file as candles, oldest first, the last of which may be incomplete."""

    table: Table
    candles: Sequence[Candle]
    reading: Reading


def _read(table: Table, instrument: str, named: timedelta | None, funding_hours: int | None) -> _Rows:
    times = read_times(table)
    clocks = tuple(clock_notes(table, times.opened))
    once = distinct(table, times.opened)
    newest_first = runs_backwards(once.table, once.opened)
    interval = interval_of(once.table, once.opened, named)
    if not table.headed:
        check_order(once.table, once.opened)
    figures = dict(read_figures(once.table))
    if funding_hours is not None and "funding_rate" in figures:
        figures["funding_rate"] = at_settlements(figures["funding_rate"], once.opened, funding_hours)
    candles = _candles(instrument, interval, once.opened, figures)
    last = candles[:-1] if once.table.unended else candles
    reading = Reading(once.table, Times(once.opened, times.unzoned), newest_first, once.repeats, clocks)
    return _Rows(once.table, last[::-1] if newest_first else last, reading)


def _candles(
    instrument: str, interval: timedelta, opened: Sequence[datetime], figures: Mapping[str, Column]
) -> list[Candle]:
    absent: Column = [None] * len(opened)
    columns = (figures.get(name, absent) for name in (*PRICES, "volume", *OPTIONAL))
    return [
        Candle(
            instrument=instrument,
            interval=interval,
            open_time=time,
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
        for time, first, high, low, close, volume, turnover, bid, ask, funding_rate in zip(
            opened, *columns, strict=True
        )
    ]


def _recording(path: Path, content: Content, rows: _Rows, now: datetime) -> Recording:
    read, table = rows.candles, rows.table
    until = min(now, _written(content, read))
    over = read[: bisect_right(read, until, key=_close_time)]
    if not over:
        raise InvalidTape(table.file, None, f"no complete candle ends by {until}")
    first = over[0]
    gaps = gaps_in([candle.open_time for candle in over], first.interval)
    silent = not any(candle.volume for candle in over)
    funding = funding_in([candle.funding_rate for candle in over], first.interval)
    notes = notes_of(rows.reading, gaps, read[len(over) :], until, silent=silent, funding=funding)
    return Recording(
        tape=Tape(first.instrument, first.interval, tuple(over), gaps, tuple(notes), path),
        form=table.form,
        packing=content.packing,
        rows=len(table.numbers) + len(rows.reading.repeats) + len(table.unconfirmed),
        repeats=rows.reading.repeats,
        unconfirmed=table.unconfirmed,
        unfinished=len(read) - len(over),
        silent=silent,
        funding=funding,
    )


def _written(content: Content, read: Sequence[Candle]) -> datetime:
    """When the file was written, if that was during its last candle; else the end of that candle.

    A file that was copied later has a later time, and an unpacked one may have any; only a time within the last candle
    shows that this candle was incomplete.
    """
    if not read:
        raise InvalidTape(content.file, None, "contains no complete line with a candle")
    last, modified = read[-1], content.modified
    within = modified is not None and last.open_time < modified < last.close_time
    return modified if within and modified is not None else last.close_time


def _close_time(candle: Candle) -> datetime:
    return candle.open_time + candle.interval
