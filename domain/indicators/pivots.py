"""Pivots: levels of the next session, from the high, low and close of the one before."""

from __future__ import annotations

from msgspec import Struct


class Pivots(Struct, frozen=True, gc=False, kw_only=True):
    """The pivot and its two resistances and supports, in the unit of the prices."""

    pivot: float
    resistance_1: float
    resistance_2: float
    support_1: float
    support_2: float

    @property
    def resistances(self) -> tuple[float, float]:
        """The resistances, nearest to the pivot first."""
        return self.resistance_1, self.resistance_2

    @property
    def supports(self) -> tuple[float, float]:
        """The supports, nearest to the pivot first."""
        return self.support_1, self.support_2


def classic_pivots(high: float, low: float, close: float) -> Pivots:
    """P = (H + L + C) / 3; R1 = 2P - L, S1 = 2P - H; R2 = P + (H - L), S2 = P - (H - L).

    The floor traders' formula, as in John L. Person, "A Complete Guide to Technical Trading Tactics" (2004).
    """
    pivot, span = (high + low + close) / 3.0, high - low
    return Pivots(
        pivot=pivot,
        resistance_1=2.0 * pivot - low,
        resistance_2=pivot + span,
        support_1=2.0 * pivot - high,
        support_2=pivot - span,
    )
