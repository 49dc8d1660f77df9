"""States once that market data does not arrive, with the reason, and once that it arrives again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from commands.feed import FeedState

_log = logging.getLogger(__name__)
_NAMED = 3
"""So many instruments are named; further ones are counted."""


class FeedOutages:
    """Logs a line where instruments lose their market data, and one where they have it again."""

    def __init__(self) -> None:
        self._since: dict[str, datetime] = {}

    def look(self, states: Sequence[FeedState], at: datetime) -> None:
        """Takes the state of each instrument at `at` (UTC). One without a fault is only not connected yet."""
        down = {one.instrument: one for one in states if not one.is_live and one.fault}
        self._state_again([one.instrument for one in states if one.is_live], at)
        lost = [one for name, one in down.items() if name not in self._since]
        for fault in dict.fromkeys(one.fault for one in lost):
            self._state_lost([one for one in lost if one.fault == fault], at)

    def _state_lost(self, lost: Sequence[FeedState], at: datetime) -> None:
        """Those have the same fault, as all instruments of one connection do."""
        since = {one.instrument: one.heard_at or at for one in lost}
        self._since |= since
        retry_at = lost[0].retry_at
        _log.warning(
            "no market data of %s since %s: %s; next try %s",
            _named(list(since)),
            min(since.values()).isoformat(timespec="seconds"),
            lost[0].fault,
            "under way" if retry_at is None else f"at {retry_at.isoformat(timespec='seconds')}",
        )

    def _state_again(self, live: Sequence[str], at: datetime) -> None:
        since = {name: self._since.pop(name) for name in live if name in self._since}
        if since:
            seconds = (at - min(since.values())).total_seconds()
            _log.warning("market data of %s arrives again, after %.0f s", _named(list(since)), seconds)


def _named(instruments: Sequence[str]) -> str:
    more = len(instruments) - _NAMED
    return ", ".join(instruments[:_NAMED]) + (f" and {more} more" if more > 0 else "")
