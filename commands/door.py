"""The door: the interface through which requests reach the engine that owns the log, and the engine's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from commands.request import ManualTerms, Requested


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNamed:
    """One event that followed from a request: its ordinal in the log, its id, its stream and its full name."""

    ordinal: int
    event_id: UUID
    stream: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalDecided:
    """The decision of both committees on a signal; `verdict` is a `domain.signal.Verdict`, with its reasons."""

    signal_id: str
    verdict: str
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberVote:
    """What a committee member of `chamber` (a `domain.signal.Chamber`) says about a draft: see `domain.signal.Vote`."""

    member: str
    chamber: str
    approves: bool
    reasons: Sequence[str]
    figures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Completed:
    """The request was carried out and is durable. `events` are all events that followed; none if nothing changed.

    `repeated` is true if this key was used before. Then `events` are those of the first request, and nothing was done
    again. `note` states what holds already where no event followed, and what a trip of the kill switch leaves open.
    `decided` is the decision on a signal that the request raised; None for every other request.
    """

    command_id: str
    events: Sequence[EventNamed]
    repeated: bool = False
    note: str = ""
    decided: SignalDecided | None = None

    @property
    def ordinal(self) -> int:
        """The ordinal of the last event that followed; 0 if none followed."""
        return self.events[-1].ordinal if self.events else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """The order of a draft can be placed. Costs are in quote currency, at `price` (limit, trigger or last price).

    `votes` are those of the members that judge a person's entry; none for an order that only reduces.
    """

    command_id: str
    terms: ManualTerms
    price: Decimal | None
    notional: Decimal | None
    margin: Decimal | None
    fee: Decimal | None
    risk: Decimal | None
    warnings: Sequence[str]
    votes: Sequence[MemberVote] = ()


@dataclass(frozen=True, slots=True)
class Declined:
    """Nothing was done and nothing was recorded. `code` is the class of the error: Refused, InvalidInput, Expired …

    `votes` are those on the entry of a refused draft, where its terms could be judged; none for every other request.
    """

    command_id: str
    code: str
    reason: str
    votes: Sequence[MemberVote] = ()


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No answer came in time. `known` states whether the request is durable and what a repetition will do."""

    command_id: str
    known: str


Answer = Completed | Drafted | Declined | TimedOut


class Door(Protocol):
    """Passes requests to the engine; safe to call from any thread."""

    def ask(self, requested: Requested, patience: float) -> Answer:
        """Waits at most `patience` seconds for the answer.

        Raises LogOwned if this process may only read; the message names the owner. A request that is repeated with
        the same id is never carried out twice.
        """
        ...
