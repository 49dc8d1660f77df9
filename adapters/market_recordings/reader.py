"""Reads a recording back, in the order in which its messages arrived."""

from __future__ import annotations

import heapq
import importlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from adapters.market_recordings.kind import KINDS, Kind, Numbered, kind_of
from adapters.market_recordings.parts import OPEN, parts_of
from adapters.market_recordings.removal import removed_files
from adapters.market_recordings.row import MarketRow
from adapters.market_recordings.sealing import SUFFIX
from adapters.market_recordings.segment import HOUR_NS, place_of
from adapters.market_recordings.stream import SegmentGone
from domain.errors import InvalidInput

_FIRST_DAY = date(1970, 1, 1)
_NOTICES = "notices"


class Wanted(NamedTuple):
    """What is read: instruments and kinds by name, all where None, and rows that arrived from `begin` until before
    `end`, in nanoseconds since 1970.
    """

    instruments: Collection[str] | None = None
    kinds: Collection[str] | None = None
    begin: int = 0
    end: int = 2**63 - 1

    def has(self, row: MarketRow) -> bool:
        """Whether the row is wanted."""
        is_named = self.instruments is None or row.instrument in self.instruments
        return is_named and self.begin <= row.arrived_ns < self.end

    def has_kind(self, name: str) -> bool:
        """Whether rows of the kind are wanted."""
        return self.kinds is None or name in self.kinds

    def has_hour(self, hour: int) -> bool:
        """Whether rows that arrived in this hour (counted from 1970, UTC) may be wanted."""
        return self.begin < (hour + 1) * HOUR_NS and hour * HOUR_NS < self.end


class _File(NamedTuple):
    """A file with rows from `number` on, which `rows` reads."""

    number: int
    rows: Iterator[Numbered]


def read(root: Path, wanted: Wanted | None = None) -> Iterator[MarketRow]:
    """The wanted rows of the sessions, one session after the other, each in its order of arrival.

    Segments that are not sealed are read, too. Raises InvalidInput for a folder or file that is no recording's.
    """
    if not root.is_dir():
        raise InvalidInput(f"{root} is no folder; name one that `whence record` wrote")
    rule = wanted or Wanted()
    for session, files in sorted(_sessions(root, rule).items()):
        for _, row in _rows_of(root, rule, session, files):
            if rule.has(row):
                yield row


def _rows_of(root: Path, rule: Wanted, session: int, files: Sequence[_File]) -> Iterator[Numbered]:
    """The rows of a session. A recorder may seal a segment before it is opened here: the session's files are listed
    again then, and what was yielded is passed over."""
    last = dict[tuple[str, str], int]()
    while True:
        try:
            yield from _merged(files, last)
        except SegmentGone:
            files = _sessions(root, rule)[session]
        else:
            return


def _sessions(root: Path, wanted: Wanted) -> dict[int, list[_File]]:
    found = defaultdict[int, list[_File]](list)
    removed = removed_files(root)
    for name, kind in KINDS.items():
        for path in sorted((root / name).glob(f"*/*/*{SUFFIX}")) if wanted.has_kind(name) else ():
            is_named = wanted.instruments is None or path.parent.name in wanted.instruments
            if is_named and not removed(path):
                hour, session, number = place_of_sealed(path)
                if wanted.has_hour(hour):
                    found[session].append(_File(number, _sealed_rows(kind, path)))
        # A damaged segment of any kind has notices, too.
        is_read = wanted.has_kind(name) or wanted.has_kind(_NOTICES)
        for path in sorted((root / OPEN).glob(f"{name}-*.arrow")) if is_read else ():
            place = place_of(path)
            if wanted.has_hour(place.hour):
                found[place.session].append(_File(place.number, _open_rows(root, path, wanted)))
    return found


def place_of_sealed(path: Path) -> tuple[int, int, int]:
    """The hour (counted from 1970, UTC), the session and the first number of a sealed file.

    Raises InvalidInput for another file.
    """
    try:
        hour, session, number = path.stem.split("-")
        day = date.fromisoformat(path.parent.parent.name)
        return (day - _FIRST_DAY).days * 24 + int(hour), int(session), int(number)
    except ValueError:
        raise InvalidInput(f"{path} is no file of a recording; move it to another folder") from None


def _merged(files: Sequence[_File], last: dict[tuple[str, str], int]) -> Iterator[Numbered]:
    """The rows of the files by number, each once. A file is opened when its first row is next. `last` has the last
    number by kind and instrument.

    A recorder that was killed while it sealed leaves rows both in a segment and in a sealed file. Rows of one kind and
    instrument never have equal numbers; a notice of lost rows may have that of a row of another kind.
    """
    waiting = sorted(files, key=lambda file: file.number)
    present = list[tuple[int, int, MarketRow, Iterator[Numbered]]]()
    opened = 0
    while present or opened < len(waiting):
        if opened < len(waiting) and (not present or waiting[opened].number <= present[0][0]):
            _push(present, opened, waiting[opened].rows)
            opened += 1
            continue
        number, place, row, rest = heapq.heappop(present)
        key = kind_of(row).name, row.instrument
        if number > last.get(key, 0):
            yield number, row
            last[key] = number
        _push(present, place, rest)


def _push(present: list[Any], place: int, rows: Iterator[Numbered]) -> None:
    first = next(rows, None)
    if first is not None:
        heapq.heappush(present, (first[0], place, first[1], rows))


def _open_rows(root: Path, segment: Path, wanted: Wanted) -> Iterator[Numbered]:
    for part in parts_of(root, segment):
        if wanted.has_kind(part.place.kind.name):
            yield from part.place.kind.rows(part.batch)


def _sealed_rows(kind: Kind, path: Path) -> Iterator[Numbered]:
    arrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
    try:
        with parquet.ParquetFile(path) as opened:
            missing = sorted(set(kind.columns) - set(opened.schema_arrow.names))
            if missing:
                raise unreadable(path, f"it has no column {', '.join(missing)}")
            for group in opened.iter_batches(batch_size=5_000):
                yield from kind.rows(group)
    except (OSError, arrow.ArrowException) as fault:
        raise unreadable(path, str(fault).rstrip(".")) from None


def unreadable(path: Path, why: str) -> InvalidInput:
    """The error for a sealed file that cannot be read."""
    return InvalidInput(
        f"{path} cannot be read: {why}; it is cut short or no file of a recording: restore or remove it"
    )
