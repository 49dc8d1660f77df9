"""The events of an export as a log that can be read, and so copied into another storage."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from hashlib import sha256
from heapq import merge
from pathlib import Path

from adapters.avro import AvroCodec
from adapters.export.folder import STATE, files_of, lines_of, read_state
from adapters.export.line import Line, row_of
from adapters.log.recorder_log import RecordedLog, Row
from adapters.log.rows_in_files import RowsInFiles
from adapters.marks.mark import Link
from adapters.notary.leaves import log_id_of
from domain.errors import LogCorrupt

_log = logging.getLogger(__name__)


def read_export(folder: Path) -> RecordedLog:
    """The export in this folder as a log.

    Raises InvalidInput where it is none, and LogCorrupt where the events are another log's than the export states; see
    `ExportRows`.
    """
    rows = ExportRows(folder)
    log = RecordedLog(rows, AvroCodec())
    if log.head() and (found := str(log_id_of(log))) != rows.log_id:
        raise LogCorrupt(f"{folder / STATE} states the log {rows.log_id}, and the events are of {found}")
    return log


class ExportRows(RowsInFiles):
    """The events of the files, encoded as they were first written; see `adapters.log.recorder_log.Rows`.

    Reading raises LogCorrupt for a line that was changed, removed, added or moved, for an event that does not give the
    line and the hash of its leaf, where the files end before the export did, and where a second reading finds other
    events than the first one; UnknownSchema.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._state = folder, read_state(folder)
        self._digest, self._has_warned = b"", False

    @property
    def log_id(self) -> str:
        """The id of the log, as the export states it."""
        return self._state.log

    def head(self) -> int:
        """The last durable event of the export."""
        return self._state.ordinal

    def arrived(self) -> int:
        """See `Rows`."""
        return self.head()

    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """See `Rows`."""
        types = [lines_of(type_, files) for type_, files in files_of(self._folder).items()]
        last, leaf, digest = 0, "", sha256()
        for line in merge(*types, key=lambda one: one.ordinal):
            if line.ordinal > self._state.ordinal:
                self._warn(line)
                break
            if line.ordinal != last + 1:
                raise LogCorrupt(
                    f"{self._folder}: event {last + 1} is missing; the next one is {line.ordinal}"
                )
            last, leaf = line.ordinal, line.leaf
            digest.update(leaf.encode())
            if after < last <= upto:
                yield row_of(line)
        if (last, leaf) != (self._state.ordinal, self._state.leaf):
            raise LogCorrupt(
                f"{self._folder} ends at event {last}, and the export stated that it has {self._state.ordinal}, or "
                "another one there"
            )
        if self._digest not in {b"", digest.digest()}:
            raise LogCorrupt(f"{self._folder} was changed while it was read")
        self._digest = digest.digest()

    def named(self) -> str:
        """See `RowsInFiles`."""
        return f"{self._folder} is an export"

    def unverified(self) -> str:
        """See `Rows`: the hashes of the lines prove that these are whole, and anybody can make them again."""
        return "the files of an export have no marks, and nothing else proves that an installation wrote their events"

    def is_unproven(self) -> bool:
        """See `Rows`; false, because it is no copy that a person accepted."""
        return False

    def link(self, ordinal: int) -> Link | None:
        """See `Rows`."""
        return None

    def close(self) -> None:
        """See `Rows`: no file is open between two readings."""

    def _warn(self, line: Line) -> None:
        """States, once, that later lines are not read: a kill of the export left them, or `exported` was changed."""
        if not self._has_warned:
            _log.warning(
                "%s has lines after event %d, where the export is durable, from event %d on: they are not read",
                self._folder,
                self._state.ordinal,
                line.ordinal,
            )
        self._has_warned = True
