"""Drawdown: how far a running figure of money is below its highest value so far.

The figure is a balance or a cumulative profit; peak, figure and fall are in its currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.arithmetic import EXACT


@dataclass(frozen=True, slots=True)
class Drawdown:
    """A running figure, `now`, and its highest value so far, `peak`."""

    peak: Decimal
    now: Decimal

    @property
    def fall(self) -> Decimal:
        """The peak less the figure, exactly; never negative."""
        return EXACT.subtract(self.peak, self.now)

    @property
    def fraction(self) -> Decimal | None:
        """The fall as a fraction of the peak, to sixty digits; None where the peak is not above zero."""
        return EXACT.divide(self.fall, self.peak) if self.peak > 0 else None


def drawdown_after(peak: Decimal, now: Decimal) -> Drawdown:
    """The drawdown when the figure is `now` and its peak before that was `peak`."""
    return Drawdown(max(peak, now), now)
