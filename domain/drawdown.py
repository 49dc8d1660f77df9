"""Drawdown: how far an amount of money that changes over time is below its highest value so far.

The amount is a balance or a cumulative profit. The amount, its peak and its fall are in the same currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.arithmetic import EXACT


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The current amount, `now`, and its highest value so far, `peak`."""

    peak: Decimal
    now: Decimal

    @property
    def fall(self) -> Decimal:
        """`peak` less `now`, exactly; never negative."""
        return EXACT.subtract(self.peak, self.now)

    @property
    def fraction(self) -> Decimal | None:
        """The fall as a fraction of the peak, to sixty digits; None if the peak is zero or negative."""
        return EXACT.divide(self.fall, self.peak) if self.peak > 0 else None


def drawdown_after(peak: Decimal, now: Decimal) -> Drawdown:
    """The drawdown when the amount becomes `now`; `peak` is the highest amount before that."""
    return Drawdown(max(peak, now), now)
