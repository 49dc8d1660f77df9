"""A strategy of tests that proposes what it is to propose at a candle, with all the confidence that settings need."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from domain.candle import Candle
from domain.direction import Direction
from domain.strategies import Intent, Proposal, Watcher


class Way(NamedTuple):
    """What is proposed at the close of a candle."""

    direction: Direction
    stop: Decimal
    target: Decimal
    intent: Intent = Intent.ENTER


class Proposing(ABC):
    """A strategy, and its watcher, that proposes the `way` of each candle."""

    name = "trend"

    @abstractmethod
    def way(self, candle: Candle) -> Way | None:
        """What it proposes at this candle."""

    def watch(self) -> Watcher:
        return self

    def on_candle(self, candle: Candle) -> Proposal | None:
        way = self.way(candle)
        if way is None:
            return None
        return Proposal(
            strategy=self.name,
            instrument=candle.instrument,
            interval=candle.interval,
            direction=way.direction,
            intent=way.intent,
            confidence=0.9,
            trend=0.9 if way.direction is Direction.LONG else -0.9,
            price=candle.close,
            stop=way.stop,
            target=way.target,
            inputs={},
        )

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        return [self.on_candle(one) for one in candles]
