"""Gaps: the candles missing from a tape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Gap:
    """`missing` candles, of which the first would open at `start`; the next candle of the tape opens at `end`."""

    start: datetime
    end: datetime
    missing: int


def gaps_in(times: Sequence[datetime], interval: timedelta) -> tuple[Gap, ...]:
    """The gaps between rising open times, whose differences are whole multiples of `interval`."""
    return tuple(
        Gap(start=before + interval, end=after, missing=(after - before) // interval - 1)
        for before, after in pairwise(times)
        if after - before != interval
    )
