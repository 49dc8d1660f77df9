"""A scalper on the order book: short trades with the imbalance of the book, behind a strong level."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

from domain.market import BookReading
from domain.strategies.about import About
from domain.strategies.book_figures import trend_of
from domain.strategies.book_scalper_parameters import BookScalperParameters
from domain.strategies.book_scalper_reading import BookScalperFigures, BookScalperScores, BookScalperSight
from domain.strategies.book_strategy import BookStrategy
from domain.strategies.parameters import Parameters, read_parameters

_NAME = "book-scalper"


@dataclass(frozen=True, slots=True)
class BookScalper(BookStrategy[BookScalperParameters]):
    """Short trades with the imbalance of the book, which an absorption or a breakout confirms, behind a strong level.

    It reads the order book and proposes nothing at candles. ENTER LONG is proposed at the ask where, in `readings`
    readings in a row, the imbalance of `depth` levels is above its limit and confirmed: by an absorption (takers sold
    more than they bought in 60 s, and the absorption of 10 s is at its limit), or by a breakout (the mid is above the
    value area of 300 s, and the volume delta of 60 s is at its limit). ENTER SHORT, at the bid, is the mirror image.
    Limits are as given up to the usual `volatility` of 120 s. Above it they are stricter by the ratio of the two, 3 at
    most: absorption and delta are multiplied by it, and the limit of the imbalance becomes 1 - (1 - limit) / ratio.
    There is no ENTER where the walls of its side are suspected of spoofing, and none within `cooldown` of the last one.

    The stop is `behind` the nearest strong level of the position's side that is `stop_least` volatilities away, at that
    distance where all strong levels are nearer, and there is no ENTER where none is within `stop_most`. The target is
    `reward` distances of the stop away, or before a strong level on the way there. EXIT is proposed where the imbalance
    has turned to the other side by `turned` in as many readings, once after an ENTER, and once after a beginning or a
    gap of the book. A gap, a missing figure and ten seconds of silence begin everything anew, but for the cooldown.
    `inputs` are the figures of `book.1` and the scores of the confidence (`BookScalperScores`).
    """

    about: ClassVar[About] = About(
        formula=(
            "ENTER LONG at the ask where, readings times in a row, imbalance_depth > 1 - (1 - imbalance) / s, and "
            "either the absorption of 10 s >= absorption * s and volume_delta < 0, or value_place > 1 and "
            "volume_delta >= delta * s, with s = min(3, max(1, volatility of 120 s / volatility)), and spoofing_bid < "
            "spoofing; a short is the mirror image. EXIT where the imbalance has turned by turned. Stop: behind the "
            "nearest strong level, stop_least to stop_most volatilities away. Target: reward distances of the stop, "
            "or before a strong level."
        ),
        source=(
            "Imbalance: Cao, Hansch and Wang (2009); volume profile: Steidlmayer (2003); volatility: Andersen and "
            "Bollerslev (1998); all figures are of the table in book-analysis.md. The rule and its limits are our own."
        ),
        confidence=(
            "0.5 pressure + 0.3 trigger + 0.2 lean; pressure = the imbalance in this direction, trigger = absorption / "
            "(2 * its limit) or 0.5 + the distance beyond the value area in widths of it, lean = the microprice in this"
            " direction / half the spread."
        ),
        loses=(
            "After taker fees everywhere that we have measured: stops and targets are a few basis points away, and the "
            "fees in and out are 11. On 5.7 minutes of recorded BTCUSDT of Binance, futures and spot, it entered four "
            "times. Held to stop or target, an entry gained 0.4 basis points before fees and lost 10.6 after them."
            " An entry whose target does not pay the fees is refused at any limit of reward to risk, as most are by "
            "default. The example of order-book.md has wider stops and targets."
        ),
        alpha={"minimum_trend": "-1"},
        own={"models.minimum_confidence": "0.8"},
        scores=BookScalperScores,
        trend=trend_of,
    )
    parameters: BookScalperParameters = field(default_factory=BookScalperParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, BookScalperParameters(), given))

    @property
    def name(self) -> str:
        """`book-scalper`."""
        return _NAME

    @property
    def rule(self) -> Self:
        """The strategy itself, because each book is judged alone."""
        return self

    def look(self, reading: BookReading) -> BookScalperSight | None:
        """The scalper's reading of a known book; None where a figure is missing."""
        figures = BookScalperFigures.of(reading, imbalance=f"imbalance_{self.parameters.depth}")
        return BookScalperSight(reading, figures, self.parameters) if figures.usable else None

    def forget(self) -> None:
        """Nothing: each book is judged alone."""
