"""A signal: what a strategy saw, and what both committees made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from domain.direction import Direction
from domain.strategies import Intent


class Chamber(StrEnum):
    """ALPHA asks whether it is worth trading, RISK whether we may."""

    ALPHA = "ALPHA"
    RISK = "RISK"


class Verdict(StrEnum):
    """ENTER opens a position, CLOSE ends the one the signal speaks against, SKIP does nothing."""

    ENTER = "ENTER"
    CLOSE = "CLOSE"
    SKIP = "SKIP"


class Tier(StrEnum):
    """How much confidence the Alpha committee asks for, by how trading went lately."""

    NORMAL = "NORMAL"
    STRICT = "STRICT"
    RELAXED = "RELAXED"


class Vote(Struct, frozen=True, gc=False, kw_only=True):
    """One member's vote: its reasons in the field's words, the figures it looked at by name."""

    member: str
    chamber: Chamber
    approves: bool
    reasons: tuple[str, ...]
    figures: Mapping[str, str]


class SignalDetected(Struct, frozen=True, gc=False, kw_only=True):
    """A strategy's proposal at the close of one candle, whole (see `domain.strategies.Proposal`)."""

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


class DecisionMade(Struct, frozen=True, gc=False, kw_only=True):
    """What was decided about a signal, every vote with its inputs: enough to decide it again.

    `reasons` are those of the members that voted no, or why the verdict is what it is. `quantity` in base
    currency, `stop` and `target` on the instrument's ticks; all three are zero unless the verdict is ENTER.
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


SignalEvent = SignalDetected | DecisionMade


class Undetected(Struct, frozen=True, gc=False):
    """No signal of this id yet."""


class Detected(Struct, frozen=True, gc=False):
    """Waits for its decision."""

    signal: SignalDetected


class Decided(Struct, frozen=True, gc=False):
    """Closed: a signal is decided once."""

    signal: SignalDetected
    decision: DecisionMade


SignalState = Undetected | Detected | Decided
UNDETECTED = Undetected()


def with_policy(decision: DecisionMade, *, policy_version: int) -> DecisionMade:
    """The decision as one of an earlier policy."""
    return replace(decision, policy_version=policy_version)


def evolve(state: SignalState, event: SignalEvent) -> SignalState:
    """The state after the event; a decision without its signal breaks the log and raises ValueError."""
    match event:
        case SignalDetected():
            return Detected(event)
        case DecisionMade():
            if isinstance(state, Undetected):
                raise ValueError("a decision was recorded before its signal")
            return Decided(state.signal, event)
        case _:
            assert_never(event)
