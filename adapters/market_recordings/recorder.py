"""Appends rows to the segments of a recording, and ends a segment with its hour."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from adapters.market_recordings.kind import KINDS, Numbered, kind_of
from adapters.market_recordings.lock import lock_folder
from adapters.market_recordings.manifest import begin_manifest
from adapters.market_recordings.parts import OPEN
from adapters.market_recordings.row import MarketRow
from adapters.market_recordings.segment import HOUR_NS, Place, Segment
from domain.errors import InvalidInput

_DIGITS = re.compile(r"\d+")


class Recorder:
    """One session: what one program records from its start on. Rows are kept in memory until `flush`.

    The folder belongs to one recorder at a time, by an advisory lock that ends with its process.
    """

    def __init__(self, folder: Path, session: int) -> None:
        """`session` is the time of the start in nanoseconds since 1970.

        Raises InvalidInput where the folder cannot be made or another recorder has it.
        """
        self._folder, self._session = folder / OPEN, session
        self._numbered = 0
        self._waiting = defaultdict[str, list[Numbered]](list)
        self._segments = dict[str, Segment]()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            begin_manifest(folder)
        except OSError as fault:
            raise InvalidInput(f"{folder} cannot be written: {fault.strerror}") from None
        self._lock = lock_folder(folder)

    @property
    def waiting(self) -> int:
        """The number of rows that `flush` would write."""
        return sum(map(len, self._waiting.values()))

    @property
    def counts(self) -> int:
        """The number of rows of this session."""
        return self._numbered

    def left(self) -> Sequence[Path]:
        """The segments that earlier sessions left unsealed, oldest first."""
        own = {segment.path for segment in self._segments.values()}
        return sorted(set(self._folder.glob("*.arrow")) - own, key=_age)

    def add(self, row: MarketRow) -> None:
        """Takes the next row of the session."""
        self._numbered += 1
        self._waiting[kind_of(row).name].append((self._numbered, row))

    def flush(self) -> Sequence[Path]:
        """Writes every waiting row, durable when this returns. Returns the segments that ended, which are to be sealed.

        Raises RecordingError where a file cannot be written. The rows are then lost, and so is the session.
        """
        ended = list[Path]()
        for name in KINDS:
            for hour, rows in _by_hour(self._waiting.pop(name, [])).items():
                ended += self._turn(name, hour, rows[0][0])
                self._segments[name].append(rows)
        return ended

    def close(self) -> Sequence[Path]:
        """Writes the waiting rows and ends the session. Returns the segments that ended."""
        ended = [*self.flush(), *(segment.path for segment in self._segments.values())]
        for segment in self._segments.values():
            segment.close()
        self._segments.clear()
        return ended

    def release(self) -> None:
        """Closes the files as they are and gives the folder free. Waiting rows are not written: see `close`."""
        for segment in self._segments.values():
            segment.abandon()
        self._segments.clear()
        os.close(self._lock)

    def _turn(self, name: str, hour: int, number: int) -> Sequence[Path]:
        """Begins the segment of this hour where it is not the present one. Returns the one that ended."""
        present = self._segments.get(name)
        if present is not None and present.place.hour == hour:
            return []
        if present is not None:
            present.close()  # first: a segment that another one follows is read as one that was ended
        self._segments[name] = Segment(self._folder, Place(KINDS[name], hour, self._session, number))
        return [] if present is None else [present.path]


def _age(path: Path) -> list[int]:
    """Hour, session and number of a segment, of any file in its folder."""
    return [int(digits) for digits in _DIGITS.findall(path.stem)]


def _by_hour(rows: Sequence[Numbered]) -> Mapping[int, Sequence[Numbered]]:
    """The rows by the hour of their arrival, in order of arrival."""
    found = defaultdict[int, list[Numbered]](list)
    for row in rows:
        found[row[1].arrived_ns // HOUR_NS].append(row)
    return found
