"""What the strategies on books read of one book in the same way: trend, stop, target, confidence and inputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass
from decimal import Decimal
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from domain.direction import Direction
from domain.market import BookReading
from domain.strategies.book_figures import RuleFigures, strictness, trend_of
from domain.strategies.book_levels import StopBounds, stop_behind_level, target_before_level
from domain.strategies.book_parameters import BookParameters
from domain.strategies.book_watching import Levels


class Scores(Protocol):
    """A dataclass of the scores of a proposal, each 0..1."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def confidence(self) -> float:
        """The weighted sum of the scores, 0..1."""
        ...


F = TypeVar("F", bound=RuleFigures)
P = TypeVar("P", bound=BookParameters)


@dataclass(frozen=True, slots=True)
class BookSight(ABC, Generic[F, P]):
    """One known book, as a strategy reads it; a `Sight` but for `side` and `turned`."""

    reading: BookReading
    figures: F
    parameters: P

    @property
    def trend(self) -> float:
        """The longer trend, as `trend_of`."""
        return trend_of(self.figures.control_distance, self.figures.volatility)

    @property
    def span(self) -> float:
        """The volatility of 120 s, in bps."""
        return self.figures.volatility

    @property
    def strictness(self) -> float:
        """By how much limits are stricter in this volatility, 1..3."""
        return strictness(self.figures.volatility, self.parameters.volatility)

    def levels(self, direction: Direction) -> Levels | None:
        """The stop behind its level, the target before the next strong level on the way; None without a stop."""
        given = self.parameters
        bounds = given.bounds(self.figures.volatility)
        stop = self.stop(direction, bounds)
        if stop is None:
            return None
        target = target_before_level(
            self.reading, direction, bounds, stop, reward=given.reward, least_reward=given.least_reward
        )
        return Levels(stop, target)

    def stop(self, direction: Direction, bounds: StopBounds) -> Decimal | None:
        """The stop behind the nearest strong level of the position's side; None where there is none within bounds."""
        return stop_behind_level(self.reading, direction, bounds)

    def confidence(self, direction: Direction) -> float:
        """The confidence of an entry, 0..1."""
        return self.scores(direction).confidence

    def inputs(self, direction: Direction) -> Mapping[str, float]:
        """Figures and scores."""
        return asdict(self.figures) | asdict(self.scores(direction))

    @abstractmethod
    def scores(self, direction: Direction) -> Scores:
        """The scores of a proposal in this direction."""
