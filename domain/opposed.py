"""What a signal speaks against, and how much of it may be taken out for it: one's own, and no more by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from domain.direction import Direction
from domain.portfolio import OpenPosition, Portfolio, WorkingEntry
from domain.strategies import Intent


class Opposed(Struct, frozen=True, gc=False):
    """An open position, and entries that wait by order id, all in the direction against a signal's."""

    held: OpenPosition | None
    waiting: Mapping[str, WorkingEntry]

    @property
    def is_empty(self) -> bool:
        """Whether there is neither."""
        return self.held is None and not self.waiting

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose they are, each owner once: the position's first."""
        held = () if self.held is None else (self.held.owner,)
        return tuple(dict.fromkeys((*held, *(entry.owner for entry in self.waiting.values()))))

    def of(self, owner: str) -> Opposed:
        """The part that is this owner's."""
        held = self.held if self.held is not None and self.held.owner == owner else None
        return Opposed(held, {one: entry for one, entry in self.waiting.items() if entry.owner == owner})


class Said(Protocol):
    """What a proposal and a signal have in common."""

    @property
    def instrument(self) -> str:
        """What it is about."""
        ...

    @property
    def direction(self) -> Direction:
        """Which way."""
        ...

    @property
    def intent(self) -> Intent:
        """In or out."""
        ...


def opposed(said: Said, portfolio: Portfolio) -> Opposed:
    """Everything that it speaks against, whoever owns it."""
    where = (said.instrument, said.direction)
    return Opposed(portfolio.against(*where), portfolio.waiting_against(*where))


def taken_out(said: Said, owner: str, portfolio: Portfolio) -> Opposed:
    """What may be taken out for it: the owner's own; everything where it enters and the settings let it reverse others.

    `owner` is the strategy instance that says it, or the scanner.
    """
    found = opposed(said, portfolio)
    if said.intent is Intent.ENTER and portfolio.settings.settings.reverse_others:
        return found
    return found.of(owner)


def is_worth_saying(said: Said, owner: str, portfolio: Portfolio) -> bool:
    """An exit with nothing of one's own to exit is no signal: nothing would follow from it."""
    return said.intent is Intent.ENTER or not taken_out(said, owner, portfolio).is_empty
