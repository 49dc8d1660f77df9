"""The largest drawdown of an equity curve, with its length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.account import BalanceReason
from projections.projection import Row


@dataclass(frozen=True, slots=True)
class Deepest:
    """The largest fall of the equity below its highest value so far: `fall` is a fraction of that value.

    `peak` is the time of that value, None where it was before the rows; `bottom` that of the largest fall, `recovered`
    that of the next higher value; None where none came until `ended`. Times are UTC, and those of marks to the hour.
    """

    fall: float
    peak: datetime | None
    bottom: datetime
    recovered: datetime | None
    ended: datetime

    @property
    def length(self) -> timedelta | None:
        """From the peak to the recovery, or to the end of the period; None where the peak was before the period."""
        return None if self.peak is None else (self.recovered or self.ended) - self.peak


def deepest(points: Sequence[Row], ended: datetime) -> Deepest | None:
    """The largest drawdown of rows of the equity curve (`projections/equity.py`) in order; None where there is none.

    A deposit or withdrawal moves the highest value by the same factor as the equity: it is neither a fall nor a
    recovery.
    """
    if not points:
        return None
    at = max(range(len(points)), key=lambda place: points[place]["drawdown"])
    if not points[at]["drawdown"]:
        return None
    rises = [place for place in range(1, len(points)) if _rises(points[place - 1], points[place])]
    peak = max((place for place in rises if place < at), default=0)
    is_within = bool(peak) or _is_peak(points[0])
    recovered = min(
        (place for place in rises if place > at or (place == at and _is_peak(points[at]))), default=None
    )
    return Deepest(
        fall=float(points[at]["drawdown"]),
        peak=points[peak]["at"] if is_within else None,
        bottom=points[at]["at"],
        recovered=None if recovered is None else points[recovered]["at"],
        ended=ended,
    )


def _is_peak(point: Row) -> bool:
    """Whether an hour with a fall ended with the highest value so far."""
    return bool(point["equity"] == point["peak"])


def _rises(before: Row, point: Row) -> bool:
    return bool(point["peak"] > before["peak"]) and point["reason"] != BalanceReason.TRANSFER
