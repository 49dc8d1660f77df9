"""Detects that a log was restored from a backup and has other events now where it had those that were alerted.

A log keeps its id when it is restored, so the cursor alone would make alerts wait until the log is as long as it was.
The state's file has the ids of the last events that were looked at; the last one that the log has at its ordinal is
where alerts begin anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from infra.telegram.state import StateFile, Witness

_MOST: Final = 64
"""So many events are remembered. With a log that differs from all of them, alerts begin at its end."""


class Witnesses:
    """Compares one remembered event with the log at each look: the last one that the log may have."""

    def __init__(self, file: StateFile) -> None:
        self._file = file
        self._head: int | None = None
        self._differing: int | None = None

    @property
    def next(self) -> Witness | None:
        """The event to compare next; None where no remembered one is left, or none is within the log."""
        return next(
            (one for one in reversed(self._file.state.witnesses) if self._is_within(one.ordinal)), None
        )

    def _is_within(self, ordinal: int) -> bool:
        is_earlier = self._differing is None or ordinal < self._differing
        return is_earlier and (self._head is None or ordinal <= self._head)

    def compared(self, found: str | None, head: int) -> int | None:
        """`found` is the id that the log has at the ordinal of `next`, None without an event there; `head` is the
        ordinal up to which the read models have the log.

        Returns the ordinal after which alerts begin anew once it is known, else None.
        """
        witness, self._head = self.next, head
        if witness is not None and found is not None and found != witness.id:
            self._differing = witness.ordinal
            return None
        if self._differing is None or (witness is not None and found is None):
            return None
        state, differing = self._file.state, self._differing
        state.witnesses = [one for one in state.witnesses if one.ordinal < differing]
        self._differing = None
        return head if witness is None else witness.ordinal

    @property
    def is_searching(self) -> bool:
        """Whether the log differs, and where it began to is not known yet."""
        return self._differing is not None

    def remember(self, events: Iterable[Witness]) -> None:
        """Events that were looked at, in the order of the log."""
        state = self._file.state
        last = state.witnesses[-1].ordinal if state.witnesses else 0
        state.witnesses = [*state.witnesses, *(one for one in events if one.ordinal > last)][-_MOST:]

    def begin_anew(self) -> None:
        """The events are those of another log."""
        self._file.state.witnesses = []
        self._head = self._differing = None
