"""Drawdown: how far a running figure of money stands below the highest it has been.

The figure is a balance, or a profit that adds up; peak, figure and fall are in its currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.arithmetic import EXACT


@dataclass(frozen=True, slots=True)
class Drawdown:
    """A running figure, `now`, and the highest it has been, `peak`."""

    peak: Decimal
    now: Decimal

    @property
    def fall(self) -> Decimal:
        """How far the figure stands below its peak, exactly; never negative."""
        return EXACT.subtract(self.peak, self.now)

    @property
    def fraction(self) -> Decimal | None:
        """The fall as a fraction of the peak, to sixty digits; None where the peak is not above zero."""
        return EXACT.divide(self.fall, self.peak) if self.peak > 0 else None


def drawdown_after(peak: Decimal, now: Decimal) -> Drawdown:
    """The drawdown once the figure is `now` and its highest before that was `peak`."""
    return Drawdown(max(peak, now), now)
