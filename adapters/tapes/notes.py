"""The notes on a candle file: what was left out, assumed or not read, in sentences for the user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.tapes.funding import Funding
from adapters.tapes.gaps import Gap
from adapters.tapes.table import Table
from adapters.tapes.times import Times
from domain.candle import Candle, interval_name

_MOST_ROWS = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file was read: its order, the rows that were left out as repeats, the notes on its columns of times."""

    table: Table
    times: Times
    newest_first: bool
    repeats: Sequence[int]
    clocks: tuple[str, ...]


def notes_of(
    reading: Reading,
    gaps: Sequence[Gap],
    unfinished: Sequence[Candle],
    until: datetime,
    *,
    silent: bool,
    funding: Funding | None,
) -> Iterator[str]:
    """Every note; `unfinished` are the candles that were left out because they end after `until`."""
    yield from reading.table.notes
    yield from _reading_notes(reading)
    yield from _row_notes(reading)
    yield from _unfinished_note(unfinished, until)
    yield from _gap_note(gaps)
    yield from _figure_notes(silent=silent, funding=funding)


def _reading_notes(reading: Reading) -> Iterator[str]:
    table = reading.table
    if reading.times.unzoned:
        yield "times carry no zone: read as UTC"
    if reading.newest_first:
        yield "newest-first order was reversed"
    if table.unended:
        last = table.numbers[-1]
        yield f"row {last} has no line end, so it may be cut off: omitted (add a line end to include it)"
    yield from reading.clocks
    if table.unread:
        yield f"columns not read: {', '.join(table.unread)}"


def _row_notes(reading: Reading) -> Iterator[str]:
    if reading.repeats:
        yield repeats_note(reading.repeats)
    if reading.table.unconfirmed:
        yield f"{_rows(reading.table.unconfirmed)} marked as unconfirmed: omitted"


def repeats_note(numbers: Sequence[int]) -> str:
    """The note on rows that were left out because they repeat others."""
    return f"{_rows(numbers)} repeated earlier rows to the digit: read once"


def _rows(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:_MOST_ROWS])) + (", …" if len(numbers) > _MOST_ROWS else "")
    return f"1 row ({named})" if len(numbers) == 1 else f"{len(numbers)} rows ({named})"


def _unfinished_note(unfinished: Sequence[Candle], until: datetime) -> Iterator[str]:
    if unfinished:
        which = "the last candle ends" if len(unfinished) == 1 else f"the last {len(unfinished)} candles end"
        first = unfinished[0]
        yield f"{which} after {until}, omitted: {interval_name(first.interval)} from {first.open_time}"


def _gap_note(gaps: Sequence[Gap]) -> Iterator[str]:
    if gaps:
        count = "1 gap" if len(gaps) == 1 else f"{len(gaps)} gaps"
        missing = sum(gap.missing for gap in gaps)
        yield f"{count}, {missing} candles missing, from {gaps[0].start} to {gaps[-1].end}: not filled"


def _figure_notes(*, silent: bool, funding: Funding | None) -> Iterator[str]:
    if silent:
        yield "the volume of every candle is 0: no order is filled, because a fill is a share of the volume"
    if funding is not None and funding.carried:
        yield (
            f"{funding.rates:,} of {funding.rows:,} candles have a funding rate, each settled at its candle's end: "
            "funding is charged at every candle. If the file carries each rate on from its settlement, add "
            "--funding-hours 8 (the hours between two settlements), which keeps the rates of the settlements only"
        )
