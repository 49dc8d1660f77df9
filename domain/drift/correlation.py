"""How alike rows that follow each other are: the number of rows that tell as much as one independent row.

The integrated autocorrelation time of a series is 1 + 2 * sum over k >= 1 of its autocorrelation at lag k; a mean of n
values then has the variance of a mean of n / time independent ones (Sokal, 1997, "Monte Carlo Methods in Statistical
Mechanics", section 2). The sum ends at the first lag that is `_WINDOW` times the sum so far or more (Madras and Sokal,
1988, appendix C), because the terms beyond it are noise.

PSI and the test of Kolmogorov and Smirnov compare distribution functions. A distribution function at x is the mean of
the indicators "the value is x or less", so their times count, not that of the values: they do not depend on how far
an outlier is away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_WINDOW: Final = 5
_MOST_ROWS: Final = 50_000
"""The newest rows from which a time is estimated: 40 features of them take about a second."""


def correlation_time(edges: Sequence[float], values: Floats) -> float:
    """The greatest integrated autocorrelation time, in rows (1 or more), of the indicators of `values` at the edges.

    `values` are in their order in time; NaN is a missing value, counts as less than every number, and has an indicator
    of its own. It is 1 for values that do not vary.
    """
    newest = np.where(np.isnan(values), -np.inf, values)[-_MOST_ROWS:]
    return max([1.0, *(_time(one) for one in _indicators(edges, newest))])


def _indicators(edges: Sequence[float], values: Floats) -> Iterator[Floats]:
    for edge in (-np.inf, *edges):
        yield (values <= edge).astype(np.float64)


def _time(series: Floats) -> float:
    correlations = _autocorrelations(series)
    if correlations is None:
        return 1.0
    times = 2 * np.cumsum(correlations) - 1
    return float(times[np.argmax(np.arange(len(times)) >= _WINDOW * times)])


def _autocorrelations(series: Floats) -> Floats | None:
    """The autocorrelations at the lags 0, 1, 2 …, by the Fourier transform; None for a series that does not vary."""
    if series.min() == series.max():
        return None
    n = len(series)
    spectrum = np.fft.rfft(series - series.mean(), 1 << (2 * n - 1).bit_length())
    covariances = np.fft.irfft(np.abs(spectrum) ** 2)[:n]
    return np.asarray(covariances / covariances[0], dtype=np.float64)
