"""A signal that another engine carries out, in an equal instrument of its own account; see `docs/venues.md`.

Two engines have two logs. This one records that it has routed the signal, and trades nothing for it. The other one
records the signal under the id of this chain as its key, so that it is carried out once. What the other engine reports
is recorded here. A route is open until the other engine has refused the entry, or has neither a position nor a waiting
order of it any more; an exit, until it was taken or refused. A person may end a route to an engine that never starts
again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.direction import Direction
from domain.strategies import Intent


class SignalRouted(Struct, frozen=True, gc=False, kw_only=True):
    """The signal is for the engine that trades `instrument`; nothing is traded here for it.

    `direction` is that of the signal. `intent` is EXIT where the position against `direction` is to be closed there.
    `price`, `stop` and `target` are in quote currency: those of an entry are on the tick of `instrument`, as far as the
    settings state it, those of an exit are as proposed.
    """

    instrument: str
    direction: Direction
    intent: Intent
    price: Decimal
    stop: Decimal
    target: Decimal


class RouteOutcome(StrEnum):
    """TAKEN: the other engine has decided to carry the signal out. REFUSED: it has not, and never will.

    ENDED: what it has entered is closed there, and no order of it waits.
    """

    TAKEN = "TAKEN"
    REFUSED = "REFUSED"
    ENDED = "ENDED"


class RouteState(StrEnum):
    """What is known of a route: UNANSWERED before the first report, else the outcome that was reported last;
    ENDED_BY_PERSON where a person has ended it.
    """

    UNANSWERED = "UNANSWERED"
    TAKEN = "TAKEN"
    REFUSED = "REFUSED"
    ENDED = "ENDED"
    ENDED_BY_PERSON = "ENDED_BY_PERSON"


OPEN_STATES = (RouteState.UNANSWERED, RouteState.TAKEN)
"""The states of open routes; an exit is over once it was taken."""


class RouteReported(Struct, frozen=True, gc=False, kw_only=True):
    """What the other engine has reported. `signal` is the id of the signal in its log, empty where it recorded none;
    `reasons` are those of its decision, or why it has refused.
    """

    outcome: RouteOutcome
    signal: str
    reasons: tuple[str, ...]


class RouteEnded(Struct, frozen=True, gc=False):
    """A person has ended the route, with the statement that the other engine holds nothing of it.

    A later report that the other engine has taken the signal opens the route again.
    """

    reason: str


def is_open_after(outcome: RouteOutcome, intent: Intent) -> bool:
    """Whether a route with this intent is open after the report: an entry that was taken may be held there."""
    return outcome is RouteOutcome.TAKEN and intent is Intent.ENTER


EXIT_AGAIN = timedelta(seconds=30)
"""The time after which an exit that was taken may be followed by another one of the same entry."""

STALE = "STALE_DATA"
"""The reason of a decision on a signal that was too old on its arrival."""
_PROMPT = timedelta(seconds=5)
"""A signal that is refused for its age within this time was not late: the two clocks differ."""


class OpenRoute(Struct, frozen=True, gc=False, kw_only=True):
    """A route that is not over: its chain, the owner of the signal, the proposed instrument and what was routed.

    `routed_at` and `closed_at` (UTC) are when it was recorded, or opened again by a report that it was taken, and the
    close of the signal's candle. `taken_as` is the
    signal's id in the other log, empty before the other engine has taken it. `left_at` (UTC) is when an exit of the
    entry was last taken there; None where none was.
    """

    chain: str
    owner: str
    proposed: str
    routed: SignalRouted
    routed_at: datetime
    closed_at: datetime
    interval_seconds: int
    confidence: float
    trend: float
    taken_as: str = ""
    left_at: datetime | None = None

    @property
    def state(self) -> RouteState:
        """UNANSWERED or TAKEN; a route with another state is not open."""
        return RouteState.TAKEN if self.taken_as else RouteState.UNANSWERED

    def is_being_left(self, at: datetime) -> bool:
        """Whether the other engine is closing the entry at `at` (UTC), by an exit that it has taken."""
        return self.left_at is not None and at < self.left_at + EXIT_AGAIN

    def is_exit_of(self, entry: OpenRoute) -> bool:
        """Whether this route closes what that one has entered."""
        is_pair = entry.is_entry and not self.is_entry
        return is_pair and (self.owner, self.routed.instrument) == (entry.owner, entry.routed.instrument)

    def was_too_late(self, report: RouteReported, at: datetime) -> bool:
        """Whether this is an exit that the other engine has refused for its age alone, by a report of `at` (UTC).

        It is not where it was refused at once: the next attempt would be as old.
        """
        is_stale = report.outcome is RouteOutcome.REFUSED and report.reasons == (STALE,)
        return is_stale and not self.is_entry and at - self.routed_at >= _PROMPT

    @property
    def is_entry(self) -> bool:
        """Whether it may hold exposure at the other engine."""
        return self.routed.intent is Intent.ENTER

    def after(self, report: RouteReported) -> OpenRoute | None:
        """The route after the report; None where it is over."""
        if is_open_after(report.outcome, self.routed.intent):
            return replace(self, taken_as=report.signal)
        return None


def left_now(entry: OpenRoute, *, at: datetime) -> OpenRoute:
    """The route of an entry, an exit of which was taken at `at` (UTC)."""
    return replace(entry, left_at=at)
