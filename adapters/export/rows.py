"""The events of an export as a log that can be read, and so copied into another storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import merge
from pathlib import Path

from adapters.avro import AvroCodec
from adapters.export.folder import files_of, lines_of, read_state
from adapters.export.line import row_of
from adapters.log.recorder_log import RecordedLog, Refusals, Row
from adapters.marks.mark import Link
from domain.errors import InvalidInput, LogCorrupt


def read_export(folder: Path) -> RecordedLog:
    """The export in this folder as a log. Raises InvalidInput where it is none; see `ExportRows`."""
    return RecordedLog(ExportRows(folder), AvroCodec())


class ExportRows:
    """The events of the files, encoded as they were first written; see `adapters.log.recorder_log.Rows`.

    Reading raises LogCorrupt for a line that was changed, removed, added or moved, for an event that does not give the
    hash of its leaf, and where the files end before the export did; UnknownSchema.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._state = folder, read_state(folder)

    def head(self) -> int:
        """The last durable event of the export."""
        return self._state.ordinal

    def arrived(self) -> int:
        """See `Rows`."""
        return self.head()

    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """See `Rows`."""
        types = [lines_of(type_, files) for type_, files in files_of(self._folder).items()]
        last, leaf = 0, ""
        for line in merge(*types, key=lambda one: one.ordinal):
            if line.ordinal > self._state.ordinal:
                break
            if line.ordinal != last + 1:
                raise LogCorrupt(
                    f"{self._folder}: event {last + 1} is missing; the next one is {line.ordinal}"
                )
            last, leaf = line.ordinal, line.leaf
            if after < last <= upto:
                yield row_of(line)
        if (last, leaf) != (self._state.ordinal, self._state.leaf):
            raise LogCorrupt(
                f"{self._folder} ends at event {last}, and the export stated that it has {self._state.ordinal}, or "
                "another one there"
            )

    def stream_rows(self, stream: str, after: int) -> Iterator[Row]:
        """See `Rows`."""
        return (row for row in self.rows(0, self.head()) if row[1] == stream and row[2] > after)

    def wait(self, after: int, seconds: float) -> bool:
        """An export that is read does not grow. See `Rows`."""
        raise InvalidInput(f"{self._folder} is an export, which is not followed: follow the log")

    def storage(self) -> str:
        """See `Rows`."""
        return ""

    def is_copy(self) -> bool:
        """See `Rows`."""
        return True

    def refused(self) -> Mapping[int, str]:
        """See `Rows`."""
        return {}

    def refusals(self) -> Refusals:
        """See `Rows`."""
        return Refusals(0, 0)

    def unverified(self) -> str:
        """Empty: files of an export have no marks, and each line is verified by its hashes when it is read."""
        return ""

    def link(self, ordinal: int) -> Link | None:
        """See `Rows`."""
        return None

    def close(self) -> None:
        """See `Rows`: no file is open between two readings."""
