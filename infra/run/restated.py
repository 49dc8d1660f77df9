"""Compares the candles of a tape with those that were played on the log before, and records those played now.

The record (`adapters/played`) lies beside the log. Without it, changed candles are found by the hash of the next mark
only, to the hour.
"""

from __future__ import annotations

import time
from array import array
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from adapters.avro import iso
from adapters.played import NOTHING_PLAYED, PlayedStore
from adapters.played.record import Figures
from domain.candle import Candle
from domain.candle_hash import candle_bytes, checksum
from domain.errors import TapeMismatch

_EVERY_SECONDS = 2.0
"""A process that is killed loses the record of at most the last seconds."""

_KEPT = 512
"""The figures of this many candles are kept: more than an hour of eight instruments with a candle each minute."""

_FIGURES = ("open", "high", "low", "close", "volume", "turnover", "bid", "ask", "funding_rate")


class PlayedTape:
    """Takes every candle of a run before it is traded, in the order of play."""

    def __init__(
        self, store: PlayedStore, log_id: UUID, files: Mapping[str, Path | None], *, begins: bool
    ) -> None:
        """`files` are the candle files by instrument, None for a synthetic tape.

        `begins` is true for an empty log. What is recorded for its id belongs to a log that was removed.
        """
        self._store, self._log_id, self._files = store, log_id, files
        self._recorded = NOTHING_PLAYED if begins else store.read(log_id)
        self._number = 0
        self._new = array("I")
        self._latest: deque[Candle] = deque(maxlen=_KEPT)
        self._due = time.monotonic() + _EVERY_SECONDS
        self._complete, self._marked = 0, 0

    def instant_is_complete(self, ordinal: int) -> None:
        """Takes the ordinal of the log's last event after everything that an instant led to was recorded."""
        self._complete = ordinal

    def take(self, candles: Sequence[Candle]) -> None:
        """Takes the candles of one instant.

        Raises TapeMismatch, which names the file, the candle's time and the figures, where another candle was played.
        """
        for candle in candles:
            found = checksum(candle_bytes(candle))
            if self._number >= len(self._recorded.checksums):
                self._new.append(found)
            elif found != self._recorded.checksums[self._number]:
                raise TapeMismatch(self._difference(candle))
            self._number += 1
            self._latest.append(candle)
        has_more = self._new or self._complete != self._marked
        if has_more and time.monotonic() >= self._due:
            self.write()

    def write(self) -> None:
        """Records the candles that were taken since the last call, and the ordinal of the last complete instant."""
        if self._new:
            first = self._number - len(self._new)
            self._store.add(self._log_id, first, self._new, [_figures(one) for one in self._latest])
            self._new = array("I")
        if self._complete != self._marked:
            self._store.mark_complete(self._log_id, self._complete)
            self._marked = self._complete
        self._due = time.monotonic() + _EVERY_SECONDS

    def _difference(self, candle: Candle) -> str:
        file = self._files.get(candle.instrument)
        where = f"{file or candle.instrument}: the candle of {iso(candle.open_time)}"
        return f"{where} {_compared(self._recorded.figures(self._number), _figures(candle))}; {_REMEDY}"


_REMEDY = "play the candles that this log was made from, or begin another log with --log"


def _compared(played: Figures | None, found: Figures) -> str:
    if played is None:
        given = ", ".join(f"{name} {found[name]}" for name in _FIGURES[:5])
        return f"is not the one that was played on this log: the file was changed since. It has {given} now"
    if (played["instrument"], played["open_time"]) != (found["instrument"], found["open_time"]):
        return (
            f"stands where the candle of {played['instrument']} from {played['open_time']} was played on this log: "
            "candles were added before it, or removed"
        )
    changed = (name for name in _FIGURES if played[name] != found[name])
    figures = ", ".join(f"{name} {played[name]} was played, {found[name]} is in the file" for name in changed)
    return f"was changed after it was played on this log: {figures}"


def _figures(candle: Candle) -> Figures:
    amounts = {name: getattr(candle, name) for name in _FIGURES}
    texts = {name: None if amount is None else str(amount) for name, amount in amounts.items()}
    return {"instrument": candle.instrument, "open_time": iso(candle.open_time), **texts}
