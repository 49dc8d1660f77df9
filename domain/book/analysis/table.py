"""The table of all figures of a book, and the row of their values."""

from __future__ import annotations

from domain.book.analysis.bins import Bins
from domain.book.analysis.book_analysis import BookAnalysis
from domain.book.analysis.figure import Figure
from domain.book.analysis.flow_figures import FLOW_FIGURES
from domain.book.analysis.level_figures import LEVEL_FIGURES
from domain.book.analysis.pair_figures import PAIR_FIGURES
from domain.book.analysis.price_figures import PRICE_FIGURES
from domain.book.analysis.trade_figures import TRADE_FIGURES
from domain.book.analysis.view import Preparation, View
from domain.book.analysis.wall_figures import WALL_FIGURES

FIGURES: tuple[Figure, ...] = (
    *LEVEL_FIGURES,
    *FLOW_FIGURES,
    *TRADE_FIGURES,
    *PRICE_FIGURES,
    *WALL_FIGURES,
    *PAIR_FIGURES,
)
"""In the order of a row's values."""

_COMPUTED = tuple(one.of for one in FIGURES)


def row_of(
    analysis: BookAnalysis,
    at: int,
    reference: Bins | None = None,
    venue: Bins | None = None,
    preparation: Preparation | None = None,
) -> tuple[float | None, ...]:
    """The values of all figures at `at` (Unix ms by the exchange's clock); None is missing.

    `reference` are the bins of another instrument, `venue` those of this one on another exchange, where they run.
    A `preparation` changes no value, only what the row costs.
    """
    view = View(analysis, at, reference, venue)
    if preparation is not None:
        preparation(view)
    return tuple([of(view) for of in _COMPUTED])
