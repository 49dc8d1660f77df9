"""The port to where processes announce themselves: a topic beside a log on Kafka, else a table of the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from adapters.processes.announcement import Announcement

MOST_READ = 1_000
"""The most announcements that are read: strangers may have written any number."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What a place holds of one process.

    `key` is the id under which it was found. `announcement` is None where what was found is not believed, and
    `refused` is then the reason.
    """

    key: str
    announcement: Announcement | None
    refused: str = ""


class ProcessPlace(Protocol):
    """Where the processes of a log announce themselves. Thread-safe.

    Every method raises StoreError or LogUnavailable where the place does not answer.
    """

    def announce(self, announcement: Announcement) -> None:
        """Replaces the last announcement of this process, signed with a key of the installation."""
        ...

    def announced(self) -> Sequence[Announced]:
        """The last announcement of each process, `MOST_READ` at most, believed or refused."""
        ...

    def forget(self, ids: Collection[str]) -> None:
        """Removes the announcements of these processes."""
        ...

    def close(self) -> None:
        """Releases its connections; idempotent."""
        ...
