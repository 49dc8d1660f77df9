"""What a strategy on books is beside its rule.

It proposes nothing at candles. A tape without readings of the book leads to no proposals, so `scan` returns none, and
`whence backtest` states it in a note.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.candle import Candle
from domain.strategies import Proposal
from domain.strategies.book_parameters import BookParameters
from domain.strategies.book_watching import BookRule, PacedWatcher

P = TypeVar("P", bound=BookParameters)


@dataclass(frozen=True, slots=True)
class BookStrategy(ABC, Generic[P]):
    """A strategy that reads the order book of an instrument, by its `rule`."""

    parameters: P

    @property
    @abstractmethod
    def rule(self) -> BookRule:
        """The rule for one instrument, which has read no book."""

    def watch(self) -> PacedWatcher:
        """A new watcher that has read no book."""
        return PacedWatcher(self.rule, self.parameters.readings, self.parameters.cooldown)

    def scan(self, candles: Sequence[Candle]) -> list[Proposal | None]:
        """None for each candle, as a watcher returns."""
        return [None] * len(candles)
