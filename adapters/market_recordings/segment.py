"""A segment: an Arrow stream to which batches of one kind are appended.

A program that is killed, or a disk that is full, leaves a segment whose last batch is not whole. Every batch before it
is read (`adapters/market_recordings/stream.py`). Each batch states the digest of its rows, and how many were written
before it, so that damage is noticed.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from adapters.market_recordings.digest import digest_of
from adapters.market_recordings.kind import KINDS, Kind, Numbered
from adapters.whole_file import synchronise
from domain.errors import InvalidInput, RecordingError

_NAME: Final = re.compile(r"(?P<kind>[a-z]+)-(?P<hour>\d+)-(?P<session>\d+)-(?P<number>\d+)\.arrow")
HOUR_NS: Final = 3_600_000_000_000
STAMPED: Final = b"whence.stamped"
"""What the schema of a segment states whose batches have a digest and the number of rows before them."""
DIGEST: Final = b"whence.digest"
ROWS_BEFORE: Final = b"whence.rows_before"


class Place(NamedTuple):
    """What a segment holds: rows of a kind that arrived in an hour (counted from 1970, UTC), from the row `number` of a
    session on. `session` is the time at which the recorder began, in nanoseconds since 1970.
    """

    kind: Kind
    hour: int
    session: int
    number: int

    @property
    def file_name(self) -> str:
        """The name of the segment's file."""
        return f"{self.kind.name}-{self.hour}-{self.session}-{self.number}.arrow"


def place_of(path: Path) -> Place:
    """What the file of this name holds. Raises InvalidInput for a file that is no segment."""
    found = _NAME.fullmatch(path.name)
    if found is None or found["kind"] not in KINDS:
        raise InvalidInput(f"{path} is no segment of a recording; move it to another folder")
    return Place(KINDS[found["kind"]], int(found["hour"]), int(found["session"]), int(found["number"]))


class Segment:
    """The file of a segment that is written. Its methods raise RecordingError where the file cannot be written."""

    def __init__(self, folder: Path, place: Place) -> None:
        self.place = place
        self.path = folder / place.file_name
        arrow = importlib.import_module("pyarrow")
        self._rows = 0
        schema = place.kind.schema().with_metadata({STAMPED: b"1"})
        try:
            self._file = self.path.open("xb", buffering=0)
            options = arrow.ipc.IpcWriteOptions(compression="zstd")
            self._stream = arrow.ipc.new_stream(self._file, schema, options=options)
            synchronise(folder)
        except OSError as fault:
            raise self._refused(fault) from None

    def append(self, rows: Sequence[Numbered]) -> None:
        """Writes the rows as one batch, durable when this returns."""
        batch = self.place.kind.batch(rows)
        stamp = {DIGEST: digest_of([batch]), ROWS_BEFORE: str(self._rows)}
        try:
            self._stream.write_batch(batch, custom_metadata=stamp)
            os.fsync(self._file.fileno())
        except OSError as fault:
            raise self._refused(fault) from None
        self._rows += len(rows)

    def close(self) -> None:
        """Ends the stream, durably: a segment that another one follows has its end."""
        try:
            self._stream.close()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as fault:
            raise self._refused(fault) from None

    def abandon(self) -> None:
        """Closes the file as it is."""
        self._file.close()

    def _refused(self, fault: OSError) -> RecordingError:
        return RecordingError(f"{self.path} cannot be written: {fault.strerror or fault}")
