"""What makes the sums of a book's figures ready: its levels, the windows of its half seconds, and the last trades."""

from __future__ import annotations

from adapters.book_figures.level_preparation import LevelPreparation
from adapters.book_figures.trade_preparation import TradePreparation
from adapters.book_figures.window_preparation import WindowPreparation
from domain.book.analysis.view import View


class CompiledFigures:
    """A `Preparation` for the views of one thread."""

    __slots__ = ("_preparations",)

    def __init__(self) -> None:
        self._preparations = (LevelPreparation(), WindowPreparation(), TradePreparation())

    def __call__(self, view: View) -> None:
        """See `Preparation`."""
        if view.is_fresh:
            for one in self._preparations:
                one(view)
