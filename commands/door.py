"""The door: how requests reach the engine that owns the log, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from commands.request import ManualTerms, Requested


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNamed:
    """One event that followed: its ordinal in the log, its id, its stream, its full name."""

    ordinal: int
    event_id: UUID
    stream: str
    type: str


@dataclass(frozen=True, slots=True)
class Completed:
    """Done, and durable. `events` are all that followed; none where it was already so.

    `repeated` is true where this key was answered before: these are the events of then, nothing was done again.
    """

    command_id: str
    events: Sequence[EventNamed]
    repeated: bool = False

    @property
    def ordinal(self) -> int:
        """The ordinal of the last event that followed; 0 where none did."""
        return self.events[-1].ordinal if self.events else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A draft holds: what it would cost, in quote currency, at `price` (its limit, trigger, or the last known)."""

    command_id: str
    terms: ManualTerms
    price: Decimal | None
    notional: Decimal | None
    margin: Decimal | None
    fee: Decimal | None
    risk: Decimal | None
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class Declined:
    """Nothing was done and nothing was recorded. `code` is the error's class: Refused, InvalidInput, Expired …"""

    command_id: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Time ran out. `known` says what is certain: whether the request is durable, and what asking again will do."""

    command_id: str
    known: str


Answer = Completed | Drafted | Declined | TimedOut


class Door(Protocol):
    """Where requests go in; safe to call from any thread."""

    def ask(self, requested: Requested, patience: float) -> Answer:
        """Waits at most `patience` seconds for the answer.

        Raises LogOwned where this process may only read; the message names the owner. Asking again with the same id
        never does a thing twice.
        """
        ...
