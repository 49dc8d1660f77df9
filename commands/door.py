"""The door: how requests reach the engine that owns the log, and its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from commands.request import ManualTerms, Requested


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNamed:
    """One event that followed: its ordinal in the log, its id, its stream and its full name."""

    ordinal: int
    event_id: UUID
    stream: str
    type: str


@dataclass(frozen=True, slots=True)
class Completed:
    """The request is carried out and durable. `events` are all that followed; none where it changed nothing.

    `repeated` is true where this key was used before: the events are those of the first time, and nothing was done
    again.
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
    """The order of a draft can be placed; its costs in quote currency at `price` (limit, trigger or last price)."""

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
    """Nothing was done and nothing was recorded. `code` is the class of the error: Refused, InvalidInput, Expired …"""

    command_id: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The wait timed out. `known` states whether the request is durable, and what repeating it will do."""

    command_id: str
    known: str


Answer = Completed | Drafted | Declined | TimedOut


class Door(Protocol):
    """The entrance for requests; safe to call from any thread."""

    def ask(self, requested: Requested, patience: float) -> Answer:
        """Waits at most `patience` seconds for the answer.

        Raises LogOwned where this process may only read; the message names the owner. Repeating a request with the
        same id never carries it out twice.
        """
        ...
