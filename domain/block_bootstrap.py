"""An interval for the mean of a series whose values may depend on those before: the circular block bootstrap.

Blocks of consecutive values are drawn with replacement, from the series closed to a circle (Politis and Romano, 1992,
"A circular block-resampling procedure for stationary data"). The length of the blocks follows from the series itself
(Politis and White, 2004, "Automatic block-length selection for the dependent bootstrap", with the correction of Patton,
Politis and White, 2009). Percentiles of a few values are too narrow. They are taken farther out, by Student's t and the
number of blocks: the expanded percentile interval (Hesterberg, 2015, "What teachers should know about the bootstrap"),
which is about single values, so blocks of length one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

LEVEL: Final = 0.95
"""The share of such intervals that hold the mean."""
RESAMPLES: Final = 10_000
_SEED: Final = 20_241
"""The same series always gives the same interval."""
_NORMAL: Final = NormalDist()
_Floats = npt.NDArray[np.float64]


class MeanInterval(NamedTuple):
    """The interval of a mean, in the unit of the values, and the length of the blocks from which it was made."""

    low: float
    high: float
    block: int


def mean_interval(values: Sequence[float], seed: int = _SEED) -> MeanInterval:
    """The 95 % interval of the mean of at least three values, in their order in time.

    Raises ValueError for fewer values.
    """
    if len(values) < 3:
        raise ValueError(f"an interval of {len(values)} values is not known")
    series = np.asarray(values, dtype=np.float64)
    block = block_length(series)
    means = _means(series, block, np.random.default_rng(seed))
    tail = _tail(len(series) / block)
    low, high = np.quantile(means, (tail, 1 - tail))
    return MeanInterval(float(low), float(high), block)


def block_length(series: _Floats) -> int:
    """The length of the blocks: the optimal one for the circular bootstrap of the mean, rounded up, at least 1."""
    n = len(series)
    covariances = _covariances(series)
    if covariances[0] == 0:
        return 1
    most = math.ceil(min(3 * math.sqrt(n), n / 3))
    lags = np.arange(1, _bandwidth(covariances, n) + 1)
    window = np.minimum(1.0, 2 * (1 - lags / lags[-1]))  # the trapezoid of Politis and Romano (1995)
    weighted = window * covariances[lags]
    slope = 2 * float(np.sum(lags * weighted))
    spectrum = float(covariances[0] + 2 * np.sum(weighted))
    optimal = (1.5 * (slope / spectrum) ** 2 * n) ** (1 / 3) if spectrum else most
    return max(1, min(math.ceil(optimal), most))


def _covariances(series: _Floats) -> _Floats:
    n, deviations = len(series), series - series.mean()
    return np.correlate(deviations, deviations, "full")[n - 1 :] / n


def _bandwidth(covariances: _Floats, n: int) -> int:
    """Twice the last lag before a run of lags whose correlations are within the bounds of noise."""
    run = max(5, math.ceil(math.sqrt(math.log10(n))))
    most = min(math.ceil(math.sqrt(n)) + run, n - 1)
    bound = 2 * math.sqrt(math.log10(n) / n)
    is_noise = np.abs(covariances[1 : most + 1] / covariances[0]) < bound
    for lag in range(len(is_noise) - run + 1):
        if is_noise[lag : lag + run].all():
            return min(2 * max(lag, 1), most)
    return most


def _means(series: _Floats, block: int, random: np.random.Generator) -> _Floats:
    """The means of resamples as long as the series; the last block of each is cut."""
    n = len(series)
    whole, rest = divmod(n, block)
    starts = random.integers(0, n, size=(RESAMPLES, whole + bool(rest)))
    sums = _block_sums(series, block)[starts[:, :whole]].sum(axis=1)
    if rest:
        sums += _block_sums(series, rest)[starts[:, whole]]
    return np.asarray(sums / n, dtype=np.float64)


def _block_sums(series: _Floats, block: int) -> _Floats:
    """The sum of the block that begins at each value."""
    n = len(series)
    running = np.concatenate(([0.0], np.cumsum(np.concatenate((series, series[: block - 1])))))
    return running[block : block + n] - running[:n]


def _tail(blocks: float) -> float:
    """The share of the means beyond each end of the interval."""
    return _NORMAL.cdf(-math.sqrt(blocks / (blocks - 1)) * _students_t(blocks - 1))


def _students_t(freedom: float) -> float:
    """The quantile of Student's t for `LEVEL`, by the expansion of Abramowitz and Stegun (1964), 26.7.5."""
    z = _NORMAL.inv_cdf((1 + LEVEL) / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))
