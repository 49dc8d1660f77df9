"""Pauses after losses: entries of the account, or of one strategy, wait after several losing positions in a row.

A loss is a position whose net result after fees and funding is below zero; it counts once, when the position is flat.
A gain ends the row. A result of zero neither continues the row nor ends it. The end of a pause ends the row, too, so
that the next pause needs as many losses as the first. A pause is of one strategy, by its id, or of the account, whose
row has the positions of all owners. It ends at the first input at or after its `until`, or by a person.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import assert_never

from msgspec import Struct

from domain.arithmetic import EXACT, ZERO
from domain.limits.settings import MOST_LOSSES

ACCOUNT = ""
"""The owner of a pause of the whole account."""


class EntriesPaused(Struct, frozen=True, gc=False, kw_only=True):
    """No entry of `owner` is made until `until` (UTC); None is until a person ends the pause.

    `owner` is the id of a strategy, empty for the account. `losses` counts the losing positions in a row, `positions`
    are the streams of the last of them, the latest last, and `net` is what all of them lost, in the account's currency.
    """

    owner: str
    losses: int
    net: Decimal
    positions: tuple[str, ...]
    until: datetime | None = None


class EntriesResumed(Struct, frozen=True, gc=False):
    """The pause of `owner` is over; `reason` is that of the person who ended it, empty where its time was over."""

    owner: str
    reason: str = ""


PauseEvent = EntriesPaused | EntriesResumed


class Pause(Struct, frozen=True, gc=False, kw_only=True):
    """A pause in force; its fields are those of `EntriesPaused`."""

    owner: str
    losses: int
    net: Decimal
    until: datetime | None

    def is_over(self, at: datetime) -> bool:
        """Whether the time of the pause is over at `at` (UTC)."""
        return self.until is not None and at >= self.until


PauseState = Pause | None


def evolve(state: PauseState, event: PauseEvent) -> PauseState:  # noqa: ARG001  (the signature of every fold)
    """The pause in force after the event; None for none."""
    match event:
        case EntriesPaused():
            return Pause(owner=event.owner, losses=event.losses, net=event.net, until=event.until)
        case EntriesResumed():
            return None
        case _:
            assert_never(event)


class Streak(Struct, frozen=True, gc=False):
    """Losing positions in a row: their number, their net results together, and the streams of the last of them."""

    losses: int = 0
    net: Decimal = ZERO
    positions: tuple[str, ...] = ()


NO_LOSSES = Streak()


def after_close(streak: Streak, stream: str, net: Decimal) -> Streak:
    """The losses in a row after one more position was closed with this net result (account's currency)."""
    if net > 0:
        return NO_LOSSES
    if net == 0:
        return streak
    last = (*streak.positions, stream)[-MOST_LOSSES:]
    return Streak(streak.losses + 1, EXACT.add(streak.net, net), last)
