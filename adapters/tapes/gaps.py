"""Gaps: the candles a tape ought to have and does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole: `missing` candles, the first opening at `start`; at `end` the tape goes on."""

    start: datetime
    end: datetime
    missing: int


def gaps_in(times: Sequence[datetime], interval: timedelta) -> tuple[Gap, ...]:
    """The holes between rising open times that are whole multiples of `interval` apart."""
    return tuple(
        Gap(start=before + interval, end=after, missing=(after - before) // interval - 1)
        for before, after in pairwise(times)
        if after - before != interval
    )
