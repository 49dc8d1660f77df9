"""The intent of a strategy's entry, known from the position that the strategy holds when it proposes the entry."""

from __future__ import annotations

from typing import Protocol

from domain.direction import Direction
from domain.portfolio import Portfolio
from domain.settings import IntentSettings
from domain.signal import SignalIntent


class ProposedEntry(Protocol):
    """The fields that a proposal and a signal have in common, of an entry."""

    @property
    def instrument(self) -> str:
        """The instrument of the entry."""
        ...

    @property
    def direction(self) -> Direction:
        """The direction of the proposed position."""
        ...

    @property
    def confidence(self) -> float:
        """The strategy's confidence, 0 to 1."""
        ...


def known_intent(entry: ProposedEntry, owner: str, portfolio: Portfolio) -> SignalIntent:
    """The intent of the entry. `owner` is the strategy instance that proposes it.

    A position of another owner and a waiting entry do not count. Which entries are strong or weak is in
    `IntentSettings`.
    """
    held = portfolio.positions.get(entry.instrument)
    if held is None or held.owner != owner:
        return SignalIntent.ENTRY
    settings = portfolio.settings.settings.intents_of(owner)
    if held.state.direction is entry.direction:
        strong = entry.confidence >= settings.reinforce_confidence
        return SignalIntent.REINFORCE if strong else SignalIntent.HOLD
    weak = entry.confidence < settings.noise_confidence
    return SignalIntent.NOISE if weak else SignalIntent.REVERSAL


def is_of_a_series(intent: SignalIntent, settings: IntentSettings) -> bool:
    """Whether entries of this intent are recorded as a series, and not one by one."""
    return intent is SignalIntent.NOISE or (intent is SignalIntent.HOLD and settings.hold_series)
