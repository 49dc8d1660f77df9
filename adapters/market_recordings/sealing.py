"""Seals a segment: its rows by instrument in Parquet files, which the manifest lists, and then the segment is removed.

A program that is killed meanwhile leaves the segment, and the next sealing writes the same files again.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from adapters.market_recordings.digest import RowsDigest
from adapters.market_recordings.held import Held, held_in
from adapters.market_recordings.manifest import SealedFile, append_to_manifest
from adapters.market_recordings.segment import Place, batches, place_of
from adapters.whole_file import replacing, synchronise
from domain.errors import RecordingError

SUFFIX = ".parquet"
_ROWS = 5_000
"""The rows of an instrument that are kept in memory before they become a group of rows of its file."""


class Sealed(NamedTuple):
    """What was sealed: the number of rows, and the files."""

    rows: int
    files: tuple[Path, ...]


def seal(root: Path, segment: Path) -> Sealed:
    """Writes the rows of the segment to the recording at `root` and removes the segment.

    Raises InvalidInput for a file that is no segment, and RecordingError where a file cannot be read or written; the
    segment then stays.
    """
    place = place_of(segment)
    try:
        total, writers = _written(root, place, segment)
        for folder in {one.path.parent for one in writers}:
            synchronise(folder)
        append_to_manifest(root, [one.listed(root) for one in writers])
        segment.unlink()
    except OSError as fault:
        raise RecordingError(f"{segment} cannot be sealed: {fault.strerror or fault}") from None
    return Sealed(total, tuple(one.path for one in writers))


def file_of(root: Path, place: Place, instrument: str) -> Path:
    """The Parquet file of the instrument's rows in this segment."""
    began = datetime.fromtimestamp(place.hour * 3_600, UTC)
    folder = root / place.kind.name / f"{began:%Y-%m-%d}" / instrument
    return folder / f"{began:%H}-{place.session}-{place.number}{SUFFIX}"


def _written(root: Path, place: Place, segment: Path) -> tuple[int, Sequence[_InstrumentFile]]:
    """The number of rows, and the files, which are in their places."""
    with ExitStack() as files:
        writers = dict[str, _InstrumentFile]()
        total = 0
        for batch in batches(segment):
            for instrument, part in by_instrument(batch):
                if instrument not in writers:
                    path = file_of(root, place, instrument)
                    writers[instrument] = files.enter_context(_InstrumentFile(path, place))
                writers[instrument].add(part)
            total += batch.num_rows
        for writer in writers.values():
            writer.end()
    return total, list(writers.values())


class _InstrumentFile(ExitStack):
    """A Parquet file that is put in its place at the end, and not at all after an error."""

    def __init__(self, path: Path, place: Place) -> None:
        super().__init__()
        self.path = path
        self._arrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
        self._parts, self._rows = list[Any](), 0
        self._schema, self._digest = place.kind.schema(), RowsDigest()
        self._span: Held | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        file = self.enter_context(replacing(path))
        self.callback(lambda: os.fsync(file.fileno()))
        self.callback(file.flush)
        self._writer = self.enter_context(parquet.ParquetWriter(file, self._schema, compression="zstd"))

    def add(self, part: Any) -> None:
        """Appends rows."""
        self._parts.append(part)
        self._digest.take(part)
        held = held_in(part)
        self._span = held if self._span is None else held.with_(self._span)
        self._rows += part.num_rows
        if self._rows >= _ROWS:
            self.end()

    def listed(self, root: Path) -> SealedFile:
        """The line of the manifest, once the file is in its place."""
        assert self._span is not None  # a file is opened for its first rows
        return SealedFile(
            file=self.path.relative_to(root).as_posix(),
            bytes=self.path.stat().st_size,
            rows=self._span.rows,
            first=self._span.first,
            last=self._span.last,
            begin_ns=self._span.begin_ns,
            end_ns=self._span.end_ns,
            digest=self._digest.hexdigest(),
        )

    def end(self) -> None:
        """Writes what is in memory as a group of rows."""
        if self._parts:
            self._writer.write_table(self._arrow.Table.from_batches(self._parts, self._schema))
            self._parts, self._rows = [], 0


def by_instrument(batch: Any) -> Iterator[tuple[str, Any]]:
    """The rows of each instrument of an Arrow batch."""
    compute = importlib.import_module("pyarrow.compute")
    column = batch.column("instrument")
    for instrument in compute.unique(column).to_pylist():
        yield instrument, batch.filter(compute.equal(column, instrument))
