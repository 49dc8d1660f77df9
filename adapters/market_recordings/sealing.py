"""Seals a segment: its rows by instrument in Parquet files, which the manifest lists, and then the segment is removed.

A program that is killed meanwhile leaves the segment, and the next sealing writes the same files again. A segment that
was damaged is kept in `damaged/`: what of it can be read is sealed, with notices of what is lost.
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
from adapters.market_recordings.parts import Part, parts_of
from adapters.market_recordings.segment import Place, place_of
from adapters.market_recordings.stamp import write_stamp
from adapters.whole_file import replacing, synchronise
from domain.errors import RecordingError

SUFFIX = ".parquet"
DAMAGED = "damaged"
"""The folder of the segments of which rows are lost."""
_ROWS = 5_000
"""The rows of an instrument that are kept in memory before they become a group of rows of its file."""


class Sealed(NamedTuple):
    """What was sealed: the number of rows, and the files; and a text for each loss of a segment that was damaged."""

    rows: int
    files: tuple[Path, ...]
    losses: tuple[str, ...] = ()


def seal(root: Path, segment: Path) -> Sealed:
    """Writes the rows of the segment to the recording at `root` and removes the segment.

    Nobody else seals in this recording meanwhile. Raises InvalidInput for a file that is no segment, and RecordingError
    where a file cannot be read or written; the segment then stays.
    """
    place_of(segment)
    try:
        sealed, writers = _written(root, segment)
        for folder in {one for writer in writers for one in _folders(root, writer.path)}:
            synchronise(folder)
        append_to_manifest(root, [one.listed(root) for one in writers])
        _retire(root, segment, is_damaged=bool(sealed.losses))
    except OSError as fault:
        raise RecordingError(f"{segment} cannot be sealed: {fault.strerror or fault}") from None
    return sealed


def _folders(root: Path, path: Path) -> Iterator[Path]:
    """The folders from that of the file up to the recording's: each may be new."""
    yield from path.parents[: len(path.relative_to(root).parts)]


def _retire(root: Path, segment: Path, *, is_damaged: bool) -> None:
    if not is_damaged:
        segment.unlink()
        return
    aside = root / DAMAGED
    aside.mkdir(exist_ok=True)
    segment.replace(aside / segment.name)
    synchronise(aside)
    synchronise(root)


def file_of(root: Path, place: Place, instrument: str) -> Path:
    """The Parquet file of the instrument's rows in this segment."""
    began = datetime.fromtimestamp(place.hour * 3_600, UTC)
    folder = root / place.kind.name / f"{began:%Y-%m-%d}" / instrument
    return folder / f"{began:%H}-{place.session}-{place.number}{SUFFIX}"


def _written(root: Path, segment: Path) -> tuple[Sealed, Sequence[_InstrumentFile]]:
    """What is sealed, and its files, which are in their places."""
    with ExitStack() as files:
        writers = dict[Path, _InstrumentFile]()
        total, losses = 0, list[str]()
        for part in parts_of(root, segment):
            if part.loss:
                losses.append(part.loss)
            else:
                total += part.batch.num_rows
            for path, rows in _by_file(root, part):
                if path not in writers:
                    writers[path] = files.enter_context(_InstrumentFile(path, part.place, segment.name))
                writers[path].add(rows)
        for writer in writers.values():
            writer.end()
    return Sealed(total, tuple(writers), tuple(losses)), list(writers.values())


def _by_file(root: Path, part: Part) -> Iterator[tuple[Path, Any]]:
    for instrument, rows in by_instrument(part.batch):
        yield file_of(root, part.place, instrument), rows


class _InstrumentFile(ExitStack):
    """A Parquet file that is put in its place at the end, and not at all after an error."""

    def __init__(self, path: Path, place: Place, segment: str) -> None:
        super().__init__()
        self.path, self._segment = path, segment
        self._arrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
        self._parts, self._rows = list[Any](), 0
        self._schema, self._digest = place.kind.schema(), RowsDigest()
        self._span: Held | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        for left in path.parent.glob(f".{path.name}.*"):
            left.unlink()  # of a program that was killed: it would stay for ever
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
            self._write()

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
        """Writes what is in memory, and states in the file from which segment it is and the digest of its rows."""
        self._write()
        write_stamp(self._writer, self._segment, self._digest.hexdigest())

    def _write(self) -> None:
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
