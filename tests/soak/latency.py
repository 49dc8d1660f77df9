"""Whether a latency has grown: the quantiles of two halves of a run, from histograms of minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, nan

import numpy as np

LIMIT = 1.10
"""The quantile of the second half as a multiple of the first, from which on a latency counts as growing."""
_DRAWS = 2_000
_SEED = 7


@dataclass(frozen=True, slots=True)
class Drift:
    """The quantile of the second half by that of the first, with the bounds of its confidence interval of 95 %."""

    ratio: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """`flat` where the whole interval is at most the limit, `grows` where it is above, else `unknown`."""
        if self.high <= LIMIT:
            return "flat"
        return "grows" if self.low > LIMIT else "unknown"


def drift(minutes: Sequence[Mapping[str, float]], part: float) -> Drift:
    """The drift of a quantile between the halves of so many minutes, each a cumulated histogram.

    Observations of one minute are alike, because they wait for one another, so the interval is that of a bootstrap of
    minutes (Efron, 1979; percentiles 2.5 and 97.5 of 2,000 draws). All figures are NaN where a half has no observation.
    """
    bounds = sorted({bound for one in minutes for bound in one}, key=float)
    counts = np.array([[one.get(bound, 0.0) for bound in bounds] for one in minutes]).reshape(
        len(minutes), -1
    )
    halves = counts[: len(minutes) // 2], counts[len(minutes) // 2 :]
    if any(not len(half) or half.sum() == 0 for half in halves):
        return Drift(nan, nan, nan)

    def value(half: np.ndarray) -> float:
        return quantile(dict(zip(bounds, half.sum(axis=0), strict=True)), part)

    random = np.random.default_rng(_SEED)

    def drawn(half: np.ndarray) -> float:
        return value(half[random.integers(0, len(half), len(half))])

    ratios = np.array([drawn(halves[1]) / drawn(halves[0]) for _ in range(_DRAWS)])
    low, high = np.nanpercentile(ratios, [2.5, 97.5])
    return Drift(value(halves[1]) / value(halves[0]), float(low), float(high))


def quantile(buckets: Mapping[str, float], part: float) -> float:
    """The quantile (s) of a cumulated histogram, by linear interpolation within its bucket, as Prometheus computes it.

    NaN without observations. Of the bucket without an upper bound it is the greatest finite bound.
    """
    bounds = sorted(buckets, key=float)
    whole = buckets[bounds[-1]] if bounds else 0.0
    if not whole:
        return nan
    lower, before = 0.0, 0.0
    for bound in bounds:
        upper, count = float(bound), buckets[bound]
        if count >= part * whole and count > before:
            return (
                lower
                if upper == inf
                else lower + (upper - lower) * (part * whole - before) / (count - before)
            )
        lower, before = upper, count
    return lower
