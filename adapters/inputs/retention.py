"""Retention: which sessions of a tape may be removed, so that what is left can still be replayed.

Whole sessions are removed, from the beginning of the tape on, by the engine that owns it, when it starts. What is left
begins with a session that is covered: the states that it began from are kept in a snapshot on the disk, or there are
none, because it opened the log.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from commands.input_tape import InputTape, SessionBegun

Covered = Callable[[SessionBegun], bool]
"""Whether a replay can begin with this session, without the inputs before it; what it needs is on the disk then."""


class RetainedTape(InputTape, Protocol):
    """A tape whose old sessions can be removed."""

    def remove(self, before: datetime, is_covered: Covered) -> SessionBegun | None:
        """Removes the sessions before the last one that began before this time and is covered.

        The last sessions are considered first. Returns the session with which the tape begins now; None where nothing
        was removed. Called before the first `take`. Raises LogUnavailable, LogCorrupt, UnknownSchema, KeyMissing.
        """
        ...

    def begins(self) -> SessionBegun | None:
        """The session with which the tape begins; None for an empty tape. Called before the first `take`.

        Raises LogUnavailable, LogCorrupt, UnknownSchema, KeyMissing.
        """
        ...
