"""The events of a backup as a log that can be read, and so copied into another storage."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.avro import AvroCodec
from adapters.backup.manifest import Manifest
from adapters.backup.place import Place
from adapters.backup.segment import EVENTS, events_of
from adapters.log.recorder_log import RecordedLog, Row
from adapters.log.rows_in_files import RowsInFiles
from adapters.marks.mark import Link


def read_backup(place: Place, manifest: Manifest) -> RecordedLog:
    """The events of the backup as a log; see `SegmentRows`."""
    return RecordedLog(SegmentRows(place, manifest), AvroCodec())


class SegmentRows(RowsInFiles):
    """The events of the segments; see `adapters.log.recorder_log.Rows`.

    One segment is in memory at a time. Reading raises LogCorrupt for a segment that is missing or not as it was
    written, and BackupUnavailable.
    """

    def __init__(self, place: Place, manifest: Manifest) -> None:
        self._place, self._manifest = place, manifest

    def head(self) -> int:
        """See `Rows`."""
        return self._manifest.events

    def arrived(self) -> int:
        """See `Rows`."""
        return self._manifest.events

    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """See `Rows`."""
        for segment in self._manifest.segments:
            if segment.last <= after or segment.first > upto:
                continue
            name = segment.name(EVENTS)
            for row in events_of(segment, self._place.read(name), f"{self._place}/{name}"):
                if after < row[0] <= upto:
                    yield row

    def named(self) -> str:
        """See `RowsInFiles`."""
        return f"{self._place} is a backup"

    def unverified(self) -> str:
        """See `Rows`: the manifest's signature proves the events, where there is one."""
        return "the events of a backup have no marks"

    def is_unproven(self) -> bool:
        """See `Rows`."""
        return self._manifest.unproven

    def link(self, ordinal: int) -> Link | None:
        """See `Rows`."""
        return None

    def close(self) -> None:
        """See `Rows`: nothing is open between two readings."""
