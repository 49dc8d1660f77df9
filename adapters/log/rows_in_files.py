"""What the `Rows` of a log that is kept in files have in common: such a log is a copy, and nobody writes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

from adapters.log.recorder_log import Refusals, Row
from domain.errors import InvalidInput


class RowsInFiles(ABC):
    """The methods of `adapters.log.recorder_log.Rows` that do not depend on the kind of files."""

    @abstractmethod
    def head(self) -> int:
        """See `Rows`."""

    @abstractmethod
    def rows(self, after: int, upto: int) -> Iterator[Row]:
        """See `Rows`."""

    @abstractmethod
    def named(self) -> str:
        """The files and their kind, as the beginning of a sentence: `/backups/main is a backup`."""

    def stream_rows(self, stream: str, after: int) -> Iterator[Row]:
        """See `Rows`."""
        return (row for row in self.rows(0, self.head()) if row[1] == stream and row[2] > after)

    def wait(self, after: int, seconds: float) -> bool:
        """Raises InvalidInput, because files that are read do not grow. See `Rows`."""
        raise InvalidInput(f"{self.named()}, which is not followed: follow the log")

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
