"""Following a tape while an engine writes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from adapters.inputs.batch import TapedInput


class FollowedTape(Protocol):
    """A tape that is read from its oldest kept session on, and read on as it grows. It is only read."""

    def new(self) -> Iterator[TapedInput]:
        """The inputs that became durable since the last call; ends where there are no more at present.

        Raises LogLost where the tape was removed or replaced, LogCorrupt, LogUnavailable, UnknownSchema, KeyMissing.
        """
        ...

    def close(self) -> None:
        """Releases the tape; idempotent."""
        ...
