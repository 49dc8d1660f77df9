"""Repeats of signals are suppressed for a time after one that was sent, and counted.

A repeat has the account, strategy, instrument, direction and intent of the one that was sent. The alert that ends a
cooldown states how many were suppressed. Times are those of the events, so that the outcome does not depend on when the
bot runs. What was decided on each event after the cursor is in the state's file, so that a restart decides nothing
twice.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from infra.telegram.alerts import Found
from infra.telegram.state import Cooldown, StateFile


class Cooldowns:
    """Without minutes nothing is suppressed."""

    def __init__(self, file: StateFile, minutes: int) -> None:
        self._file, self._lasts = file, timedelta(minutes=minutes)

    def judged(self, found: Found) -> Found | None:
        """The alert as it is sent, with how many were suppressed before it; None where it is suppressed."""
        if found.ordinal is None or not found.similar or not self._lasts:
            return found
        state = self._file.state
        if found.ordinal <= state.decided:
            is_kept = found.ordinal not in state.suppressed
            return replace(found, suppressed=state.stated.get(found.ordinal, 0)) if is_kept else None
        before = state.cooldowns.get(found.similar)
        if before is not None and found.at - before.at < self._lasts:
            before.suppressed += 1
            state.suppressed.append(found.ordinal)
            return None
        count = 0 if before is None else before.suppressed
        state.cooldowns[found.similar] = Cooldown(found.at)
        if count:
            state.stated[found.ordinal] = count
        return replace(found, suppressed=count)

    def decided(self, upto: int) -> None:
        """Every event up to this ordinal was judged."""
        self._file.state.decided = max(upto, self._file.state.decided)

    def forget(self, cursor: int) -> None:
        """Every alert up to this ordinal has arrived, so none of them is judged again."""
        state = self._file.state
        state.suppressed = [one for one in state.suppressed if one > cursor]
        state.stated = {one: count for one, count in state.stated.items() if one > cursor}

    def begin_anew(self) -> None:
        """The events are those of another log."""
        state = self._file.state
        state.cooldowns, state.suppressed, state.stated, state.decided = {}, [], {}, 0
