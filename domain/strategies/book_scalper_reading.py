"""What the scalper reads of one book, and the confidence it gives."""

from __future__ import annotations

from dataclasses import dataclass

from domain.direction import Direction
from domain.strategies.book_figures import RuleFigures, beyond_value_area, raised
from domain.strategies.book_scalper_parameters import BookScalperParameters
from domain.strategies.book_sight import BookSight
from domain.strategies.scores import sign_of, unit


@dataclass(frozen=True, slots=True)
class BookScalperFigures(RuleFigures):
    """Figures of the table `book.1`, by its names and in its units; `imbalance` is that of the depth."""

    imbalance: float
    microprice: float
    spread: float
    absorption: float
    volume_delta: float
    value_place: float
    control_distance: float
    volatility: float
    spoofing_bid: float
    spoofing_ask: float


@dataclass(frozen=True, slots=True)
class BookScalperSight(BookSight[BookScalperFigures, BookScalperParameters]):
    """One known book, as the scalper reads it."""

    @property
    def side(self) -> Direction | None:
        """The direction of the imbalance, where it exceeds its limit and is confirmed."""
        found = Direction.LONG if self.figures.imbalance > 0.0 else Direction.SHORT
        if abs(self.figures.imbalance) <= raised(self.parameters.imbalance, self.strictness):
            return None
        if self.figures.spoofing(found) >= self.parameters.spoofing:
            return None
        is_confirmed = not self.parameters.confirmed or self._absorbed(found) or self._broke_out(found)
        return found if is_confirmed else None

    @property
    def turned(self) -> Direction | None:
        """The direction of an imbalance that contradicts a position in the other one."""
        if abs(self.figures.imbalance) < self.parameters.turned:
            return None
        return Direction.LONG if self.figures.imbalance > 0.0 else Direction.SHORT

    def scores(self, direction: Direction) -> BookScalperScores:
        """The three scores of a proposal in this direction."""
        toward, found, given = sign_of(direction), self.figures, self.parameters
        absorbed = (
            found.absorption / (2.0 * given.absorption * self.strictness)
            if self._absorbed(direction)
            else 0.0
        )
        broke_out = 0.5 + self._beyond(direction) if self._broke_out(direction) else 0.0
        return BookScalperScores(
            pressure=unit(toward * found.imbalance),
            trigger=unit(max(absorbed, broke_out)),
            lean=unit(2.0 * toward * found.microprice / found.spread),
        )

    def _absorbed(self, direction: Direction) -> bool:
        """Whether takers have traded against the direction without moving the price."""
        is_against = sign_of(direction) * self.figures.volume_delta < 0.0
        return is_against and self.figures.absorption >= self.parameters.absorption * self.strictness

    def _broke_out(self, direction: Direction) -> bool:
        """Whether the price has left the cluster of the volume in this direction, with the takers."""
        delta = sign_of(direction) * self.figures.volume_delta
        return self._beyond(direction) > 0.0 and delta >= self.parameters.delta * self.strictness

    def _beyond(self, direction: Direction) -> float:
        return beyond_value_area(self.figures.value_place, direction)


@dataclass(frozen=True, slots=True)
class BookScalperScores:
    """The scores of a proposal, each 0..1.

    pressure  the imbalance in this direction
    trigger   absorption / (2 * its limit), or 0.5 + the distance beyond the value area in widths of it; the larger one
    lean      the microprice in this direction / half the spread
    """

    pressure: float
    trigger: float
    lean: float

    @property
    def confidence(self) -> float:
        """0.5 pressure + 0.3 trigger + 0.2 lean, 0..1. The weights are our own; the result is not a probability."""
        return unit(0.5 * self.pressure + 0.3 * self.trigger + 0.2 * self.lean)
