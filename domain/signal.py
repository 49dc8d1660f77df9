"""A signal: a strategy's proposal, and the decision of both committees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.arms.split import Arm
from domain.book.book_read import BookRead
from domain.direction import Direction
from domain.grid import Grid, GridEnd
from domain.model import ModelRole
from domain.routed import RouteEnded, RouteReported, SignalRouted, is_open_after
from domain.scored import SignalScored
from domain.strategies import Intent
from domain.venues.choice import VenueChoice


class Chamber(StrEnum):
    """ALPHA judges whether a trade is worthwhile, RISK whether it is permitted."""

    ALPHA = "ALPHA"
    RISK = "RISK"


class Verdict(StrEnum):
    """ENTER opens a position, CLOSE ends the position that the signal opposes, SKIP does nothing.

    REVERSE closes the opposed position and, once it is flat, opens the signal's own.
    """

    ENTER = "ENTER"
    CLOSE = "CLOSE"
    SKIP = "SKIP"
    REVERSE = "REVERSE"


class Tier(StrEnum):
    """The level of confidence that the Alpha committee requires, by the results of recent trades."""

    NORMAL = "NORMAL"
    STRICT = "STRICT"
    RELAXED = "RELAXED"


class Vote(Struct, frozen=True, gc=False, kw_only=True):
    """One member's vote: its reasons if it votes no, and the figures that it read, by name."""

    member: str
    chamber: Chamber
    approves: bool
    reasons: tuple[str, ...]
    figures: Mapping[str, str]


class SignalDetected(Struct, frozen=True, gc=False, kw_only=True):
    """A strategy's proposal at the close of one candle, with all its fields (see `domain.strategies.Proposal`).

    A proposal at a reading of a book has the reading's time in place of the candle's close. `book` is the order book
    with which the entry is judged; None where it needs none. `venue` is the choice among equal instruments: the signal
    is then in the chosen one, at its prices; None where there was no choice.
    """

    strategy: str
    instrument: str
    interval_seconds: int
    candle_closed_at: datetime
    direction: Direction
    intent: Intent
    confidence: float
    trend: float
    price: Decimal
    stop: Decimal
    target: Decimal
    inputs: Mapping[str, float]
    grid: Grid | None = None
    book: BookRead | None = None
    venue: VenueChoice | None = None

    @property
    def fact(self) -> str:
        """The candle, and who raised the signal on it: the same text in every log of the same market."""
        return (
            f"{self.strategy}/{self.instrument}/{self.interval_seconds}/{self.candle_closed_at.isoformat()}"
        )

    @property
    def is_scored(self) -> bool:
        """Whether models score it: an entry with one order. An exit has none, and no model was trained on a grid."""
        return self.intent is not Intent.EXIT and self.grid is None


class DecisionMade(Struct, frozen=True, gc=False, kw_only=True):
    """The decision on a signal, with every vote and the figures it was based on, so that it can be reproduced.

    `reasons` are those of the members that voted no, else the reason for the verdict. `quantity` is in base
    currency, `stop` and `target` on the instrument's ticks; all three are zero unless the verdict is ENTER or REVERSE.
    For a grid `quantity` is the sum of all levels, which have equal parts of it.
    The reasons of a CLOSE are REVERSAL, and those of the members that voted against an entry after it.
    `arm` is that of the entry, where entries are split (`domain/arms`).
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    votes: tuple[Vote, ...]
    tier: Tier
    quantity: Decimal
    stop: Decimal
    target: Decimal
    policy_version: int
    settings_version: int
    arm: Arm = Arm.NONE


class ReversalDecided(Struct, frozen=True, gc=False, kw_only=True):
    """The second leg of a decision to REVERSE: ENTER places its entry, SKIP withdraws it. The close is not affected.

    `price` (quote currency) is the price at which the committees judged the entry, None if it was withdrawn before the
    position was flat. `fresh_until` (UTC) is set for ENTER: the entry may be sent until then. `quantity` (in
    base currency) is set where less is entered than was decided, because less of the risk of one trade was left.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    price: Decimal | None
    fresh_until: datetime | None
    policy_version: int
    settings_version: int
    quantity: Decimal | None = None


class SignalIntent(StrEnum):
    """What an entry that a strategy proposes means for the strategy's own position; see `domain/known_intent.py`.

    ENTRY: there is no position. REVERSAL: it is against the position. REINFORCE: it is in the position's direction, and
    strong. HOLD: it is in the position's direction. NOISE: it is against the position, and too weak to count.
    """

    ENTRY = "ENTRY"
    REVERSAL = "REVERSAL"
    REINFORCE = "REINFORCE"
    HOLD = "HOLD"
    NOISE = "NOISE"


class SeriesEnded(Struct, frozen=True, gc=False, kw_only=True):
    """A series of entries of one strategy that changed nothing and were not recorded one by one.

    `intent` is HOLD or NOISE, `position` the id of the position that was held meanwhile, `count` their number. They
    were proposed at the closes of candles from `first_at` to `last_at` (UTC).
    """

    strategy: str
    instrument: str
    direction: Direction
    intent: SignalIntent
    position: str
    count: int
    first_at: datetime
    last_at: datetime

    @property
    def duration(self) -> timedelta:
        """The time from the first entry to the last; zero for one entry."""
        return self.last_at - self.first_at


class GridEnded(Struct, frozen=True, gc=False):
    """No level of the signal's grid is entered any more; its working entries are withdrawn.

    What is held keeps its targets and its stop.
    """

    reason: GridEnd


SignalEvent = (
    SignalDetected
    | DecisionMade
    | ReversalDecided
    | SeriesEnded
    | GridEnded
    | SignalScored
    | SignalRouted
    | RouteReported
    | RouteEnded
)


class Undetected(Struct, frozen=True, gc=False):
    """No signal of this id has been recorded yet."""


class Detected(Struct, frozen=True, gc=False):
    """The signal is recorded and its decision is not; `scores` are those that models in force returned."""

    signal: SignalDetected
    scores: tuple[SignalScored, ...] = ()


class Decided(Struct, frozen=True, gc=False):
    """The signal is decided; no second decision follows.

    `decision` has no votes here, and `signal` has no inputs where the verdict is SKIP: nothing is decided by them any
    more, the log has them, and an engine holds the state of every signal for as long as it runs.
    `reversal` is the second leg of a REVERSE, once decided. `grid_end` is why its grid ended, once it has. `routed` is
    what another engine was to carry out, `reported` its last report; `route_end` is why a person has ended the route.
    """

    signal: SignalDetected
    decision: DecisionMade
    reversal: ReversalDecided | None = None
    grid_end: GridEnd | None = None
    scores: tuple[SignalScored, ...] = ()
    routed: SignalRouted | None = None
    reported: RouteReported | None = None
    route_end: str | None = None

    @property
    def has_open_route(self) -> bool:
        """Whether another engine carries the signal out, or may."""
        if self.routed is None or self.route_end is not None:
            return False
        return self.reported is None or is_open_after(self.reported.outcome, self.routed.intent)

    @property
    def score(self) -> SignalScored | None:
        """The score that decided: the champion's, in arm B the first challenger's; None where no model decided."""
        challengers = (one for one in self.scores if one.role is ModelRole.CHALLENGER)
        if self.decision.arm is Arm.B and (found := next(challengers, None)) is not None:
            return found
        return next((one for one in self.scores if one.role is ModelRole.CHAMPION), None)

    @property
    def has_grid(self) -> bool:
        """Whether the levels of a grid were entered."""
        return self.signal.grid is not None and self.decision.verdict is Verdict.ENTER


class Series(Struct, frozen=True, gc=False):
    """The series of this id is recorded."""

    ended: SeriesEnded


SignalState = Undetected | Detected | Decided | Series
UNDETECTED = Undetected()
_NO_INPUTS: Mapping[str, float] = {}


def in_arm(decision: DecisionMade, arm: Arm) -> DecisionMade:
    """The decision with the arm of its entry."""
    return decision if arm is Arm.NONE else replace(decision, arm=arm)


def with_policy(decision: DecisionMade, *, policy_version: int) -> DecisionMade:
    """The decision with the version of an earlier policy."""
    return replace(decision, policy_version=policy_version)


def with_leg(decided: Decided, *, reversal: ReversalDecided) -> Decided:
    """The state with the second leg of its reversal."""
    return replace(decided, reversal=reversal)


def with_grid_end(decided: Decided, *, grid_end: GridEnd) -> Decided:
    """The state whose grid has ended."""
    return replace(decided, grid_end=grid_end)


def with_route(decided: Decided, *, routed: SignalRouted, reported: RouteReported | None) -> Decided:
    """The state whose signal another engine carries out, with what that has reported."""
    return replace(decided, routed=routed, reported=reported, route_end=None)


def with_route_end(decided: Decided, *, reason: str) -> Decided:
    """The state whose route a person has ended."""
    return replace(decided, route_end=reason)


def evolve(state: SignalState, event: SignalEvent) -> SignalState:
    """The state after the event.

    Raises ValueError for a score or a decision without its signal, a score after its decision, a leg without its
    REVERSE, the end of a grid without its ENTER, a route without a decision, or a report without its route.
    """
    match event:
        case SignalDetected():
            return Detected(event)
        case SignalScored():
            return _scored(state, event)
        case DecisionMade():
            return _decided(state, event)
        case ReversalDecided():
            if not isinstance(state, Decided) or state.decision.verdict is not Verdict.REVERSE:
                raise ValueError("the second leg of a reversal was recorded without a decision to reverse")
            return with_leg(state, reversal=event)
        case SeriesEnded():
            return Series(event)
        case GridEnded():
            if not isinstance(state, Decided) or not state.has_grid:
                raise ValueError("the end of a grid was recorded without a decision to enter it")
            return with_grid_end(state, grid_end=event.reason)
        case SignalRouted() | RouteReported() | RouteEnded():
            return _of_route(state, event)
        case _:
            assert_never(event)


def _scored(state: SignalState, event: SignalScored) -> Detected:
    if not isinstance(state, Detected):
        raise ValueError("a score was recorded before its signal, or after its decision")
    return Detected(state.signal, (*state.scores, event))


def _decided(state: SignalState, event: DecisionMade) -> Decided:
    if isinstance(state, Undetected | Series):
        raise ValueError("a decision was recorded before its signal")
    signal = state.signal if event.verdict is not Verdict.SKIP else _without_inputs(state.signal)
    return Decided(signal, _without_votes(event), scores=state.scores)


def _without_inputs(signal: SignalDetected) -> SignalDetected:
    return replace(signal, inputs=_NO_INPUTS)


def _without_votes(decision: DecisionMade) -> DecisionMade:
    return replace(decision, votes=())


def _of_route(state: SignalState, event: SignalRouted | RouteReported | RouteEnded) -> Decided:
    if not isinstance(state, Decided):
        raise ValueError("a route was recorded before the decision on its signal")
    if isinstance(event, SignalRouted):
        return with_route(state, routed=event, reported=None)
    if state.routed is None:
        raise ValueError(f"{type(event).__name__} was recorded without a route")
    if isinstance(event, RouteEnded):
        return with_route_end(state, reason=event.reason)
    return with_route(state, routed=state.routed, reported=event)
