"""The number of bars an indicator looks back on."""

from __future__ import annotations


def checked_period(period: int) -> int:
    """`period` itself; ValueError unless it is a whole number of at least 2 bars."""
    if isinstance(period, bool) or not isinstance(period, int) or period < 2:  # pyright: ignore
        raise ValueError(f"an indicator's period must be a whole number of at least 2 bars, not {period!r}")
    return period
