"""A trader of sustained imbalance of the order book, with the flow of orders and the microprice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

from domain.market import BookReading
from domain.strategies.about import About
from domain.strategies.book_figures import trend_of
from domain.strategies.book_imbalance_parameters import BookImbalanceParameters
from domain.strategies.book_imbalance_reading import (
    BookImbalanceFigures,
    BookImbalanceScores,
    BookImbalanceSight,
)
from domain.strategies.book_strategy import BookStrategy
from domain.strategies.parameters import Parameters, read_parameters

_NAME = "book-imbalance"


@dataclass(frozen=True, slots=True)
class BookImbalance(BookStrategy[BookImbalanceParameters]):
    """Trades with an imbalance of the book that lasts, where the flow of orders and the microprice agree.

    It reads the order book and proposes nothing at candles. ENTER LONG is proposed at the ask where, in `readings`
    readings in a row, the imbalance of `depth` levels is above its limit, the order-flow imbalance of 10 s is at least
    `flow` deviations of 120 s, and the microprice is above the mid by more than `lean` of half the spread. ENTER SHORT,
    at the bid, is the mirror image. Limits are as given up to the usual `volatility` of 120 s. Above it they are
    stricter by the ratio of the two, 3 at most: the flow is multiplied by it, and the limit of the imbalance becomes
    1 - (1 - limit) / ratio. There is no ENTER where the walls of its side are suspected of spoofing, and none within
    `cooldown` of the last one.

    Stop and target are as those of book-scalper: behind the nearest strong level of the position's side, and `reward`
    distances of the stop away or before a strong level on the way. EXIT is proposed where the imbalance has turned to
    the other side by `turned`, with the flow, in as many readings, once after an ENTER, and once after a beginning or a
    gap of the book. A gap, a missing figure and ten seconds of silence begin everything anew, but for the cooldown.
    `inputs` are the figures of `book.1` and the scores of the confidence (`BookImbalanceScores`).
    """

    about: ClassVar[About] = About(
        formula=(
            "ENTER LONG at the ask where, readings times in a row, imbalance_depth > 1 - (1 - imbalance) / s, "
            "ofi_excess >= flow * s and microprice > lean * spread / 2, with s = min(3, max(1, volatility of 120 s / "
            "volatility)), and spoofing_bid < spoofing; a short is the mirror image. EXIT where imbalance and flow "
            "have turned. Stop: behind the nearest strong level, stop_least to stop_most volatilities away. Target: "
            "reward distances of the stop, or before a strong level."
        ),
        source=(
            "Order-flow imbalance: Cont, Kukanov and Stoikov (2014); imbalance: Cao, Hansch and Wang (2009); "
            "microprice: Gatheral and Oomen (2010); all figures are of the table in book-analysis.md. The rule is our "
            "own."
        ),
        confidence=(
            "0.5 pressure + 0.3 stream + 0.2 lean; pressure = the imbalance in this direction, stream = the order-flow "
            "imbalance in this direction / (2 * its limit), lean = the microprice in this direction / half the spread."
        ),
        loses=(
            "Where the levels that make the imbalance are withdrawn before they are reached. On 5.7 minutes of "
            "recorded BTCUSDT of Binance, futures and spot, it entered three times. Held to stop or target, an entry "
            "gained 6 basis points before fees and lost 5 after fees of 11. Three entries show no edge. The default "
            "limit of reward to risk after fees refuses most of its entries."
        ),
        alpha={"minimum_trend": "-1"},
        own={"models.minimum_confidence": "0.8"},
        scores=BookImbalanceScores,
        trend=trend_of,
    )
    parameters: BookImbalanceParameters = field(default_factory=BookImbalanceParameters)

    @classmethod
    def from_parameters(cls, given: Parameters) -> Self:
        """The strategy with these parameters, else defaults. Raises InvalidSettings, which names the parameter."""
        return cls(read_parameters(_NAME, BookImbalanceParameters(), given))

    @property
    def name(self) -> str:
        """`book-imbalance`."""
        return _NAME

    @property
    def rule(self) -> Self:
        """The strategy itself, because each book is judged alone."""
        return self

    def look(self, reading: BookReading) -> BookImbalanceSight | None:
        """The strategy's reading of a known book; None where a figure is missing."""
        figures = BookImbalanceFigures.of(reading, imbalance=f"imbalance_{self.parameters.depth}")
        return BookImbalanceSight(reading, figures, self.parameters) if figures.usable else None

    def forget(self) -> None:
        """Nothing: each book is judged alone."""
