"""A cross: the bar on which one figure passes another."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from domain.indicators.series import FloatArray

Turn = Literal[-1, 0, 1]


class Cross:
    """+1 on the bar where a spread turns positive, -1 where it turns negative, 0 on all others.

    A spread of exactly 0 has no side. A spread that reaches 0 and returns to its side makes no cross; one that reaches
    0 and then changes its side makes a cross on the bar with the new side. The first spread with a side makes no cross.
    """

    __slots__ = ("_side",)

    def __init__(self) -> None:
        self._side: Turn = 0

    def update(self, spread: float) -> Turn:
        """Takes the next bar's spread (for example fast average - slow average); returns the turn."""
        side: Turn = 1 if spread > 0.0 else -1 if spread < 0.0 else 0
        before = self._side
        if side in (0, before):
            return 0
        self._side = side
        return side if before else 0


def crosses(spreads: FloatArray) -> NDArray[np.int8]:
    """One pass of `Cross` over spreads of shape (n,); a nan has no side, like 0."""
    turns = np.zeros(len(spreads), np.int8)
    sides = (spreads > 0.0).astype(np.int8) - (spreads < 0.0).astype(np.int8)
    taken = np.flatnonzero(sides)
    turned = taken[1:][sides[taken[1:]] != sides[taken[:-1]]]
    turns[turned] = sides[turned]
    return turns
