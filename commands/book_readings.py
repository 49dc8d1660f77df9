"""The port to readings of order books: where the engine's books are kept, in this process or in others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.market import BookReading


class BookReadings(Protocol):
    """The readings of the instruments for which the source was made: at most ten a second each, the newest wins.

    Calls may come from any thread.
    """

    def start(self) -> None:
        """Begins to receive; returns at once."""
        ...

    def close(self) -> None:
        """Ends the connections and threads."""
        ...

    def readings(self) -> Sequence[BookReading]:
        """The newest reading of each instrument that changed since the last call, in order of instrument.

        A book that is lost, has a gap or is stale gives one reading with `is_known` false, until it is known again.
        """
        ...
