"""Parses the times of a candle file and determines their order and interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from operator import gt, lt, sub

from adapters.tapes.columns import TIME
from adapters.tapes.table import Table
from adapters.tapes.timestamps import instant, instants, iso_instants
from domain.candle import interval_name

# Bitcoin's first block is of 2009. A time before it, or after 2100, shows that the unit or the format is not the
# assumed one.
_EARLIEST, _LATEST = datetime(2009, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
_ANOTHER_INTERVAL = 24
"""So many equal gaps one after the other are no gaps: a market without trades misses candles irregularly."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Times:
    """Open times in UTC, in the order of the file. `unzoned`: at least one has no time zone in the file."""

    opened: Sequence[datetime]
    unzoned: bool


def read_times(table: Table) -> Times:
    """Parses the open times. Raises InvalidTape naming the first row whose time is invalid."""
    texts = table.columns[TIME]
    times = _in_utc(table, texts)
    if not _EARLIEST <= min(times.opened) <= max(times.opened) < _LATEST:
        _refuse_absurd(table, times.opened)
    return times


def runs_backwards(table: Table, opened: Sequence[datetime]) -> bool:
    """Whether each time is earlier than the one before, as in Bybit's responses; else each is later.

    Raises InvalidTape naming the first row that is out of order.
    """
    falls = sum(later < earlier for earlier, later in pairwise(opened))
    newest_first = 2 * falls > len(opened) - 1
    if falls != (len(opened) - 1) * newest_first:
        _refuse_order(table, opened, newest_first=newest_first)
    return newest_first


def interval_of(table: Table, opened: Sequence[datetime], named: timedelta | None) -> timedelta:
    """The interval: the smallest difference between consecutive times. Every other difference is a multiple of it.

    `named` is the interval in the file's name. Raises InvalidTape at the first row whose difference is not a multiple
    of `named` or, without `named`, of the most common difference. Also raises it where `named` is not the smallest
    difference.
    """
    if len(opened) == 1:
        raise table.fault(0, "only one candle: at least two are needed to determine the interval")
    steps = list(map(abs, map(sub, opened[1:], opened)))
    expected = named or _most_common(steps)
    if any(step % expected for step in set(steps)):
        _refuse_step(table, steps, expected)
    _check_smallest(table, steps, expected)
    _refuse_two_intervals(table, steps, expected)
    _check_whole_minutes(table, opened[0], expected)
    return expected


def _in_utc(table: Table, texts: Sequence[str]) -> Times:
    """Parses the whole column at once, which is fast; parses single texts where the column is not uniform."""
    if (counts := instants(texts)) is not None:
        return Times(counts, unzoned=False)
    if (dates := iso_instants(texts)) is not None:
        return Times(dates[0], unzoned=dates[1])
    read = [_instant(table, index, text) for index, text in enumerate(texts)]
    opened = [time if time.tzinfo is UTC else _to_utc(table, index, time) for index, time in enumerate(read)]
    return Times(opened, unzoned=any(time.tzinfo is None for time in read))


def _instant(table: Table, index: int, text: str) -> datetime:
    try:
        return instant(text)
    except (ValueError, OverflowError) as error:
        raise table.fault(index, str(error)) from None


def _to_utc(table: Table, index: int, time: datetime) -> datetime:
    try:
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except OverflowError:
        raise table.fault(index, _absurd(time)) from None


def _absurd(time: datetime) -> str:
    return f"the time {time} is out of range: expected {_EARLIEST.year} to {_LATEST.year - 1}"


def _refuse_absurd(table: Table, opened: Iterable[datetime]) -> None:
    for index, time in enumerate(opened):
        if not _EARLIEST <= time < _LATEST:
            raise table.fault(index, _absurd(time))


def _refuse_order(table: Table, opened: Sequence[datetime], *, newest_first: bool) -> None:
    in_order = gt if newest_first else lt
    turns = "goes forward in a file that is newest first" if newest_first else "goes back"
    for index, (above, time) in enumerate(pairwise(opened), start=1):
        if not in_order(above, time):
            raise table.fault(index, f"the time {turns}: {time} comes after {above}")


def _most_common(steps: Sequence[timedelta]) -> timedelta:
    counts = Counter(steps)
    return min(counts, key=lambda step: (-counts[step], step))


def _refuse_step(table: Table, steps: Sequence[timedelta], expected: timedelta) -> None:
    for index, step in enumerate(steps, start=1):
        if step % expected:
            raise table.fault(
                index,
                f"wrong interval: {_spelled(step)} from the row above, not a multiple of {_spelled(expected)}",
            )


def _check_smallest(table: Table, steps: Sequence[timedelta], expected: timedelta) -> None:
    smallest = min(steps)
    if smallest != expected:
        named, found = _spelled(expected), _spelled(smallest)
        raise table.fault(1, f"wrong interval: the file's name has {named}, its candles are {found} apart")


def _refuse_two_intervals(table: Table, steps: Sequence[timedelta], expected: timedelta) -> None:
    """Raises InvalidTape where `_ANOTHER_INTERVAL` rows one after the other have the same longer step.

    They are candles of that interval; read as candles with gaps, their prices would be those of shorter ones.
    """
    row = 0
    for step, group in groupby(steps):
        length = sum(1 for _ in group)
        if step != expected and length >= _ANOTHER_INTERVAL:
            raise table.fault(
                row + 1,
                f"{length} rows are {_spelled(step)} apart, and others {_spelled(expected)}: candles of two intervals "
                "are in one file; give each its own file",
            )
        row += length


def _check_whole_minutes(table: Table, first: datetime, interval: timedelta) -> None:
    if interval % _MINUTE:
        raise table.fault(1, f"wrong interval: {interval} is not a whole number of minutes")
    if first.second or first.microsecond:
        raise table.fault(0, f"the time {first} is not the start of a minute: expected open times of candles")


def _spelled(step: timedelta) -> str:
    return str(step) if step % _MINUTE else interval_name(step)
