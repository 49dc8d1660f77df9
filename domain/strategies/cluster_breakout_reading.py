"""What the breakout of a cluster reads of one book, and the confidence it gives."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.arithmetic import EXACT
from domain.direction import Direction
from domain.strategies.book_figures import RuleFigures, beyond_value_area
from domain.strategies.book_levels import StopBounds, mid_of, price_of, stop_behind
from domain.strategies.book_sight import BookSight
from domain.strategies.cluster_breakout_parameters import ClusterBreakoutParameters
from domain.strategies.scores import sign_of, unit


@dataclass(frozen=True, slots=True)
class ClusterFigures(RuleFigures):
    """Figures of the table `book.1`, by its names and in its units."""

    value_place: float
    value_width: float
    control_share: float
    control_distance: float
    volume_delta: float
    volume_ratio: float
    hot_density_bid: float
    hot_density_ask: float
    volatility: float
    spoofing_bid: float
    spoofing_ask: float

    def is_within_dense(self, given: ClusterBreakoutParameters) -> bool:
        """Whether the mid is in the value area, and the area is narrow and has its volume at one price."""
        is_dense = self.control_share >= given.share and self.value_width <= given.width * self.volatility
        return is_dense and 0.0 <= self.value_place <= 1.0


@dataclass(frozen=True, slots=True)
class ClusterSight(BookSight[ClusterFigures, ClusterBreakoutParameters]):
    """One known book after a dense cluster, or not (`was_within`), as the breakout of a cluster reads it."""

    was_within: bool

    @property
    def side(self) -> Direction | None:
        """The direction in which the price leaves a dense cluster, with the takers; None for neither."""
        return next((one for one in Direction if self._leaves(one)), None)

    @property
    def turned(self) -> Direction | None:
        """The direction from the middle of the value area: a price there contradicts a breakout to the other side."""
        place = self.figures.value_place
        if place == 0.5:
            return None
        return Direction.LONG if place > 0.5 else Direction.SHORT

    @property
    def control(self) -> Decimal:
        """The price with the largest volume of 300 s, from the mid and its distance."""
        share = Decimal(str(1.0 + self.figures.control_distance / 10_000.0))
        return EXACT.divide(mid_of(self.reading), share)

    def stop(self, direction: Direction, bounds: StopBounds) -> Decimal | None:
        """The stop behind the point of control; None where it would be beyond the greatest distance."""
        return stop_behind(price_of(self.reading, direction), self.control, direction, bounds)

    def scores(self, direction: Direction) -> ClusterScores:
        """The three scores of a proposal in this direction."""
        found, given, strict = self.figures, self.parameters, self.strictness
        delta = sign_of(direction) * found.volume_delta
        behind, ahead = found.hot_density_bid, found.hot_density_ask
        if direction is Direction.SHORT:
            behind, ahead = ahead, behind
        return ClusterScores(
            takers=unit(delta / (2.0 * given.delta * strict)),
            volume=unit(found.volume_ratio / (2.0 * given.volume * strict)),
            backing=unit(behind / (behind + ahead)),
        )

    def _leaves(self, direction: Direction) -> bool:
        found, given, strict = self.figures, self.parameters, self.strictness
        return (
            self.was_within
            and beyond_value_area(found.value_place, direction) > given.beyond
            and sign_of(direction) * found.volume_delta >= given.delta * strict
            and found.volume_ratio >= given.volume * strict
            and found.spoofing(direction) < given.spoofing
        )


@dataclass(frozen=True, slots=True)
class ClusterScores:
    """The scores of a proposal, each 0..1.

    takers   the volume delta in this direction / (2 * its limit)
    volume   the volume ratio / (2 * its limit)
    backing  the density of the densest bucket of levels behind the price / the sum of it and that ahead
    """

    takers: float
    volume: float
    backing: float

    @property
    def confidence(self) -> float:
        """0.4 takers + 0.3 volume + 0.3 backing, 0..1. The weights are our own; the result is not a probability."""
        return unit(0.4 * self.takers + 0.3 * self.volume + 0.3 * self.backing)
