"""The number of bars an indicator looks back on."""

from __future__ import annotations


def checked_period(period: int) -> int:
    """`period` itself; ValueError below 2 bars."""
    if period < 2:
        raise ValueError(f"an indicator's period is at least 2 bars, not {period}")
    return period
