"""Breakout of a cluster: the price leaves a dense cluster of volume with the takers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Self

from domain.market import BookReading
from domain.strategies.about import About
from domain.strategies.book_figures import trend_of
from domain.strategies.book_strategy import BookStrategy
from domain.strategies.book_watching import BookRule
from domain.strategies.cluster_breakout_parameters import ClusterBreakoutParameters
from domain.strategies.cluster_breakout_reading import ClusterFigures, ClusterScores, ClusterSight
from domain.strategies.parameters import Parameters, read_parameters

_NAME = "cluster-breakout"


@dataclass(frozen=True, slots=True)
class ClusterBreakout(BookStrategy[ClusterBreakoutParameters]):
    """Trades with a price that leaves a dense cluster of traded volume, where the takers push it.

    It reads the order book and its trades, and proposes nothing at candles. The cluster is the value area of the volume
    of 300 s. It is dense where its point of control has at least `share` of the volume and its width is at most `width`
    volatilities of 120 s. ENTER LONG is proposed at the ask where the mid was within a dense cluster in the last
    `memory` seconds, and, in `readings` readings in a row, is above the value area by more than `beyond` of its width,
    the volume delta of 60 s is at its limit, and the volume of 10 s is at least `volume` times the average of 120 s.
    ENTER SHORT, at the bid, is the mirror image. Limits are as given up to the usual `volatility` of 120 s. Above it
    both are multiplied by the ratio of the two, 3 at most. There is no ENTER where the walls of its side are suspected
    of spoofing, and none within `cooldown` of the last one.

    The stop is `behind` the point of control, at least `stop_least` volatilities away; there is no ENTER where it would
    be more than `stop_most` away. The target is `reward` distances of the stop away, or before a strong level on the
    way there. EXIT is proposed where the mid is back beyond the middle of the value area in `readings` readings in a
    row, once after an ENTER, and once after a beginning or a gap of the book. A gap, a missing figure and ten seconds
    of silence begin everything anew, but for the cooldown. `inputs` are the figures of `book.1` and the scores of the
    confidence (`ClusterScores`).
    """

    about: ClassVar[About] = About(
        formula=(
            "ENTER LONG at the ask where, readings times in a row, value_place > 1 + beyond, volume_delta >= delta * "
            "s and volume_ratio >= volume * s, with s = min(3, max(1, volatility of 120 s / volatility)), if in the "
            "last memory seconds 0 <= value_place <= 1 with control_share >= share and value_width <= width * "
            "volatility of 120 s, and spoofing_bid < spoofing; a short is the mirror image. EXIT beyond value_place "
            "0.5. Stop: behind the point of control. Target: reward distances of the stop, or before a strong level."
        ),
        source=(
            "Volume profile, value area and point of control: Steidlmayer (2003); volatility: Andersen and Bollerslev "
            "(1998); all figures are of the table in book-analysis.md. The rule and its limits are our own."
        ),
        confidence=(
            "0.4 takers + 0.3 volume + 0.3 backing; takers = the volume delta in this direction / (2 * its limit), "
            "volume = the volume ratio / (2 * its limit), backing = the density of the densest bucket of levels behind "
            "the price / the sum of it and that ahead."
        ),
        loses=(
            "Where the price comes back into the cluster, as it mostly does; the entry pays the spread of a moving "
            "market. On 5.7 minutes of recorded BTCUSDT of Binance, futures and spot, it never entered, so nothing is "
            "known of its profit there. The default limit of reward to risk after fees refuses most of its entries."
        ),
        own={"models.minimum_confidence": "0.8"},
        scores=ClusterScores,
        trend=trend_of,
    )
    parameters: ClusterBreakoutParameters = field(default_factory=ClusterBreakoutParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, ClusterBreakoutParameters(), given))

    @property
    def name(self) -> str:
        """`cluster-breakout`."""
        return _NAME

    @property
    def rule(self) -> BookRule:
        """A rule that has read no book."""
        return _Cluster(self.parameters)


class _Cluster:
    """The rule on one instrument: it remembers when the mid was within a dense cluster."""

    __slots__ = ("_parameters", "_within_at")

    name = _NAME

    def __init__(self, parameters: ClusterBreakoutParameters) -> None:
        self._parameters = parameters
        self._within_at: datetime | None = None

    def look(self, reading: BookReading) -> ClusterSight | None:
        """The strategy's reading of a known book; None where a figure is missing."""
        figures = ClusterFigures.of(reading)
        if not figures.usable:
            return None
        if figures.is_within_dense(self._parameters):
            self._within_at = reading.at
        return ClusterSight(reading, figures, self._parameters, self._was_within(reading.at))

    def forget(self) -> None:
        """The book is not known: the cluster may have gone."""
        self._within_at = None

    def _was_within(self, at: datetime) -> bool:
        memory = timedelta(seconds=self._parameters.memory)
        return self._within_at is not None and at - self._within_at <= memory
