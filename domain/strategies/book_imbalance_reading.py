"""What the trader of sustained imbalance reads of one book, and the confidence it gives."""

from __future__ import annotations

from dataclasses import dataclass

from domain.direction import Direction
from domain.strategies.book_figures import RuleFigures, raised
from domain.strategies.book_imbalance_parameters import BookImbalanceParameters
from domain.strategies.book_sight import BookSight
from domain.strategies.scores import sign_of, unit


@dataclass(frozen=True, slots=True)
class BookImbalanceFigures(RuleFigures):
    """Figures of the table `book.1`, by its names and in its units; `imbalance` is that of the depth."""

    imbalance: float
    ofi_excess: float
    microprice: float
    spread: float
    control_distance: float
    volatility: float
    spoofing_bid: float
    spoofing_ask: float


@dataclass(frozen=True, slots=True)
class BookImbalanceSight(BookSight[BookImbalanceFigures, BookImbalanceParameters]):
    """One known book, as the trader of sustained imbalance reads it."""

    @property
    def side(self) -> Direction | None:
        """The direction in which imbalance, order flow and microprice exceed their limits; None for neither."""
        return next((one for one in Direction if self._points(one)), None)

    @property
    def turned(self) -> Direction | None:
        """The direction of an imbalance and a flow that contradict a position in the other one."""
        found = self.figures
        for one in Direction:
            toward = sign_of(one)
            if toward * found.imbalance >= self.parameters.turned and toward * found.ofi_excess > 0.0:
                return one
        return None

    def scores(self, direction: Direction) -> BookImbalanceScores:
        """The three scores of a proposal in this direction."""
        toward, found = sign_of(direction), self.figures
        return BookImbalanceScores(
            pressure=unit(toward * found.imbalance),
            stream=unit(toward * found.ofi_excess / (2.0 * self.parameters.flow * self.strictness)),
            lean=unit(toward * self._lean),
        )

    @property
    def _lean(self) -> float:
        return 2.0 * self.figures.microprice / self.figures.spread

    def _points(self, direction: Direction) -> bool:
        toward, found, given = sign_of(direction), self.figures, self.parameters
        return (
            toward * found.imbalance > raised(given.imbalance, self.strictness)
            and toward * found.ofi_excess >= given.flow * self.strictness
            and toward * self._lean > given.lean
            and found.spoofing(direction) < given.spoofing
        )


@dataclass(frozen=True, slots=True)
class BookImbalanceScores:
    """The scores of a proposal, each 0..1.

    pressure  the imbalance in this direction
    stream    the order-flow imbalance in this direction / (2 * its limit)
    lean      the microprice in this direction / half the spread
    """

    pressure: float
    stream: float
    lean: float

    @property
    def confidence(self) -> float:
        """0.5 pressure + 0.3 stream + 0.2 lean, 0..1. The weights are our own; the result is not a probability."""
        return unit(0.5 * self.pressure + 0.3 * self.stream + 0.2 * self.lean)
