"""How an exchange numbers the messages of a book: which delta is the next one, which is old, and what is a gap.

A rule is a pure object; `Book` asks it about each message and keeps the place that the last one reached.
Sources: Bybit v5 documentation, "Orderbook"; Binance documentation, "How to manage a local order book correctly", spot
and USD-M.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

from msgspec import Struct

from domain.book.frame import BookFrame


class Step(Enum):
    """NEXT: to be applied. OLD: what it states is in the book already. GAP: messages between are missing."""

    NEXT = auto()
    OLD = auto()
    GAP = auto()


class Place(Struct, frozen=True, gc=False):
    """What the last message reached: its update, sequence and time. `is_snapshot`: no delta has followed it yet."""

    update: int
    sequence: int
    matched_ms: int
    is_snapshot: bool


class SequenceRule(Protocol):
    """`holds_early`: deltas that come before a snapshot are kept for it, because the snapshot is queried apart."""

    @property
    def holds_early(self) -> bool:
        """See the class."""
        ...

    def is_whole(self, frame: BookFrame) -> bool:
        """Whether the message replaces the book."""
        ...

    def snapshot(self, floor: Place, frame: BookFrame) -> Step:
        """NEXT or OLD for a whole book; `floor` is the highest place of this connection, also before a gap."""
        ...

    def delta(self, place: Place, frame: BookFrame) -> Step:
        """The step of a delta from the place of a known book."""
        ...


class Bybit(Struct, frozen=True):
    """`u` rises by 1. A message with `u` = 1 follows a restart of the service and replaces the book, whatever its type.

    `cts` decides which of two messages is later, `seq` where `cts` is equal; `seq` alone may go back. So a copy that is
    delivered late changes nothing, and a delta from before a restart is not taken for the next one after it.
    """

    holds_early: bool = False

    def is_whole(self, frame: BookFrame) -> bool:
        """See `SequenceRule.is_whole`."""
        return frame.is_snapshot or frame.last == 1

    def snapshot(self, floor: Place, frame: BookFrame) -> Step:
        """See `SequenceRule.snapshot`."""
        return Step.OLD if _is_earlier(frame, floor) else Step.NEXT

    def delta(self, place: Place, frame: BookFrame) -> Step:
        """See `SequenceRule.delta`."""
        if frame.last == place.update + 1:
            return Step.OLD if _is_earlier(frame, place) else Step.NEXT
        is_known = frame.last <= place.update and not _is_later(frame, place)
        return Step.OLD if is_known or _is_earlier(frame, place) else Step.GAP


class _Binance(Struct, frozen=True):
    """What the markets of Binance share: a snapshot is queried apart, and a delta up to the last update is old."""

    holds_early: bool = True

    def is_whole(self, frame: BookFrame) -> bool:
        """See `SequenceRule.is_whole`."""
        return frame.is_snapshot

    def snapshot(self, floor: Place, frame: BookFrame) -> Step:
        """See `SequenceRule.snapshot`."""
        return Step.OLD if frame.last < floor.update else Step.NEXT


class BinanceSpot(_Binance, frozen=True):
    """A delta covers `U` to `u`. It is next where it covers the update after the last one (`U` <= last + 1 <= `u`)."""

    def delta(self, place: Place, frame: BookFrame) -> Step:
        """See `SequenceRule.delta`."""
        return _step(place, frame, follows=frame.first <= place.update + 1)


class BinanceFutures(_Binance, frozen=True):
    """A delta covers what follows `pu`, up to `u`. It is next where `pu` is the last `u`.

    After a snapshot the first delta has to cover its `lastUpdateId`: `pu` <= `lastUpdateId` <= `u`.
    """

    def delta(self, place: Place, frame: BookFrame) -> Step:
        """See `SequenceRule.delta`."""
        is_first = place.is_snapshot and 0 <= frame.previous <= place.update
        is_later = not place.is_snapshot and frame.previous == place.update
        return _step(place, frame, follows=is_first or is_later)


def _step(place: Place, frame: BookFrame, *, follows: bool) -> Step:
    """What a delta of Binance is: old up to the last update, else next where it follows, else a gap."""
    if frame.last <= place.update:
        return Step.OLD
    return Step.NEXT if follows else Step.GAP


def _is_earlier(frame: BookFrame, place: Place) -> bool:
    return (frame.matched_ms, frame.sequence) < (place.matched_ms, place.sequence)


def _is_later(frame: BookFrame, place: Place) -> bool:
    return (frame.matched_ms, frame.sequence) > (place.matched_ms, place.sequence)
