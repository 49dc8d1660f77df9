"""What a caller of a feed has to know of its lines of candles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adapters.candle_line import CandleLine, Difference, Hole
from commands.exchange import Unread


def candle_notes(lines: Iterable[CandleLine], instrument: str, venue: str) -> list[Unread]:
    """The candles since the last call that are not used, and those that the venue does not have."""
    return [note for line in lines for note in _notes(line, instrument, venue)]


def _notes(line: CandleLine, instrument: str, venue: str) -> Iterator[Unread]:
    yield from map(_difference, line.differences)
    yield from (Unread(f"{instrument} {line.interval}", _absence(one, venue)) for one in line.absent)
    line.differences, line.absent = [], []


def _difference(one: Difference) -> Unread:
    return Unread(repr(one.unused), f"not used: the candle of this time is {one.used!r}")


def _absence(hole: Hole, venue: str) -> str:
    return f"{venue} has no candles from {hole.since.isoformat()} to {hole.until.isoformat()}"
