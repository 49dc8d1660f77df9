"""What is recorded of the candles that were played, in the order in which they were played."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

Figures = Mapping[str, str | None]
"""A candle's fields as text, by name; None for a missing figure."""


@dataclass(frozen=True, slots=True)
class PlayedCandles:
    """`checksums` has the CRC-32 of each candle (`domain.candle_hash.checksum`) from the first one on.

    `latest` has the figures of the last of these candles, at least of those since the last mark where all of them were
    recorded; it may be empty.
    """

    checksums: array[int]
    latest: Sequence[Figures] = ()

    def figures(self, number: int) -> Figures | None:
        """The figures of the candle with this number, counted from 0; None where they are not recorded any more."""
        at = number - (len(self.checksums) - len(self.latest))
        return self.latest[at] if at >= 0 else None


NOTHING_PLAYED = PlayedCandles(array("I"))


class PlayedStore(Protocol):
    """Keeps the record of one log at a time. It may lose what it was given: then fewer candles can be compared."""

    def read(self, log_id: UUID) -> PlayedCandles:
        """The record of this log; nothing where there is none, or where it cannot be read."""
        ...

    def add(self, log_id: UUID, first: int, checksums: array[int], latest: Sequence[Figures]) -> None:
        """Adds the candles from the number `first` on; `latest` replaces the figures. Raises nothing."""
        ...

    def mark_complete(self, log_id: UUID, ordinal: int) -> None:
        """Records that the log's events up to this ordinal are those of complete instants. Raises nothing."""
        ...

    def complete_at(self, log_id: UUID) -> int | None:
        """The ordinal that was marked last; None where there is none, or where it cannot be read."""
        ...

    def close(self) -> None:
        """Releases its resources; idempotent."""
        ...
