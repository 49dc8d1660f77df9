"""The position and entries that a signal opposes, and the part of them that is taken out for the signal.

To take out means to close a position or to cancel an entry. By default only what the signal's own strategy owns may be
taken out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.direction import Direction
from domain.grid import Grid
from domain.portfolio import OpenPosition, Portfolio, WorkingEntry
from domain.strategies import Intent


class Opposed(Struct, frozen=True, gc=False):
    """An open position, and waiting entries by order id, in the direction opposite to a signal's."""

    held: OpenPosition | None
    waiting: Mapping[str, WorkingEntry]

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a position nor an entry."""
        return self.held is None and not self.waiting

    @property
    def owners(self) -> tuple[str, ...]:
        """The owners, each once; the position's owner comes first."""
        held = () if self.held is None else (self.held.owner,)
        return tuple(dict.fromkeys((*held, *(entry.owner for entry in self.waiting.values()))))

    def of(self, owner: str) -> Opposed:
        """The part that this owner owns."""
        held = self.held if self.held is not None and self.held.owner == owner else None
        return Opposed(held, {one: entry for one, entry in self.waiting.items() if entry.owner == owner})


class Directed(Protocol):
    """The fields that a proposal and a signal have in common."""

    @property
    def instrument(self) -> str:
        """The instrument of the signal or proposal."""
        ...

    @property
    def direction(self) -> Direction:
        """The direction of the proposed position."""
        ...

    @property
    def intent(self) -> Intent:
        """Whether the signal or proposal enters or exits."""
        ...


def opposed(signal: Directed, portfolio: Portfolio) -> Opposed:
    """The position and entries that the signal opposes, with any owner."""
    where = (signal.instrument, signal.direction)
    return Opposed(portfolio.against(*where), portfolio.waiting_against(*where))


def taken_out(signal: Directed, owner: str, portfolio: Portfolio) -> Opposed:
    """The opposed position and entries that `owner` owns; they may be closed or cancelled for the signal.

    With the setting `reverse_others` an entry may also take out those of other owners. `owner` is the strategy instance
    or the scanner that the signal comes from.
    """
    found = opposed(signal, portfolio)
    if signal.intent is Intent.ENTER and portfolio.settings.settings.reverse_others:
        return found
    return found.of(owner)


class Recordable(Directed, Protocol):
    """The fields of `Directed`, and the grid."""

    @property
    def grid(self) -> Grid | None:
        """The levels of an entry, None for an entry at the market."""
        ...


def is_worth_recording(signal: Recordable, owner: str, portfolio: Portfolio, at: datetime) -> bool:
    """False for what would change nothing at `at` (UTC).

    That is an exit that could take nothing out here or at another engine, and a grid while anything is held or waits in
    its instrument: a grid is not moved while it lasts, and the next one begins flat. An entry in an instrument that
    another engine trades is proposed by a reading of its book, and is recorded only where it opposes what was routed:
    it is made nowhere, and would be proposed and refused at each reading.
    """
    is_entry = signal.intent is Intent.ENTER
    if is_entry and not portfolio.settings.settings.venues.is_elsewhere(signal.instrument):
        return signal.grid is None or not portfolio.is_engaged(signal.instrument)
    routed = portfolio.routed_against(owner, signal.instrument, signal.direction, at)
    return routed is not None or not taken_out(signal, owner, portfolio).is_empty
