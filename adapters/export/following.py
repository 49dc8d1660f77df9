"""Follows a log and writes its export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from adapters.export.folder import ExportFolder
from adapters.log.recorder_log import RecordedLog
from adapters.notary.leaves import leaf_of, log_id_of
from domain.errors import LogCorrupt

_AT_ONCE: Final = 1_000
"""Events that are made durable together."""
_PATIENCE: Final = 0.5


class Export:
    """The export of a log into a folder, continued after its last event."""

    def __init__(self, log: RecordedLog, path: Path) -> None:
        """Raises what `ExportFolder` raises, and LogCorrupt where the log is not the one that was exported."""
        self._log, self._folder = log, ExportFolder(path, str(log_id_of(log)))
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    @property
    def ordinal(self) -> int:
        """The last event that is durable in the files."""
        return self._folder.exported.ordinal

    def advance(self) -> Iterator[int]:
        """Writes all events that the log has now; yields after each durable part the ordinal of its last event."""
        rows = self._log.placed(self.ordinal, self._log.head())
        while part := list(islice(rows, _AT_ONCE)):
            self._folder.append(part)
            yield self.ordinal

    def follow(self, stopped: Callable[[], bool]) -> None:
        """Writes the events that the log has and each new one, until `stopped()` is true."""
        while not stopped():
            for _ in self.advance():
                if stopped():
                    return
            self._log.wait(self.ordinal, _PATIENCE)

    def close(self) -> None:
        """Gives up the folder."""
        self._folder.close()

    def _check(self) -> None:
        """Compares the last exported event with the log's."""
        exported = self._folder.exported
        if not exported.ordinal:
            return
        row = next(
            iter(self._log.placed(exported.ordinal - 1, min(exported.ordinal, self._log.head()))), None
        )
        if row is None or leaf_of(row).hash.hex() != exported.leaf:
            what = "does not have it" if row is None else "has another one"
            raise LogCorrupt(
                f"the export ends with event {exported.ordinal}, and the log {what} there: an earlier or "
                "changed log is not exported into the same folder"
            )
