"""The position and entries that a signal opposes, and the part of them that may be taken out for it.

By default that part is what the signal's own strategy owns.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from domain.direction import Direction
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
        """The instrument it is about."""
        ...

    @property
    def direction(self) -> Direction:
        """The direction of the proposed position."""
        ...

    @property
    def intent(self) -> Intent:
        """Whether it enters or exits."""
        ...


def opposed(signal: Directed, portfolio: Portfolio) -> Opposed:
    """Everything that the signal opposes, whoever owns it."""
    where = (signal.instrument, signal.direction)
    return Opposed(portfolio.against(*where), portfolio.waiting_against(*where))


def taken_out(signal: Directed, owner: str, portfolio: Portfolio) -> Opposed:
    """What may be closed or cancelled for the signal: what its owner owns.

    An entry may take out everything where `reverse_others` is set. `owner` is the strategy instance or the scanner
    that the signal comes from.
    """
    found = opposed(signal, portfolio)
    if signal.intent is Intent.ENTER and portfolio.settings.settings.reverse_others:
        return found
    return found.of(owner)


def is_worth_recording(signal: Directed, owner: str, portfolio: Portfolio) -> bool:
    """False for an exit that could take nothing out: no decision would follow from it."""
    return signal.intent is Intent.ENTER or not taken_out(signal, owner, portfolio).is_empty
