"""The deflated Sharpe ratio: the probability that the best of many tried strategies has a Sharpe ratio above zero.

Bailey and López de Prado (2014), "The Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest Overfitting and
Non-Normality", The Journal of Portfolio Management 40 (5). The best of N strategies without skill has an expected
Sharpe ratio above zero. The deflated ratio is the probabilistic Sharpe ratio (Bailey and López de Prado, 2012) against
that expectation. All ratios here are of daily returns and are not annualised.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, variance
from typing import Final, NamedTuple

from domain.ratios import LEAST_DAYS

_NORMAL: Final = NormalDist()
_EULER: Final = 0.5772156649015329
"""The Euler-Mascheroni constant."""


class Moments(NamedTuple):
    """Moments of daily returns (fractions) over `days` days.

    `sharpe` is the mean over the standard deviation (n - 1), not annualised. `skewness` and `kurtosis` are the third
    and the fourth standardised moment (n); a normal distribution has 0 and 3.
    """

    days: int
    sharpe: float
    skewness: float
    kurtosis: float


def moments(returns: Sequence[float]) -> Moments | None:
    """The moments of daily returns; None under `LEAST_DAYS` days, and where all returns are equal."""
    n = len(returns)
    if n < LEAST_DAYS or len(set(returns)) < 2:
        return None
    mean = math.fsum(returns) / n
    second, third, fourth = (math.fsum((one - mean) ** power for one in returns) / n for power in (2, 3, 4))
    if second == 0:  # the differences are too small for the square of a float
        return None
    return Moments(n, mean / math.sqrt(second * n / (n - 1)), third / second**1.5, fourth / second**2)


def expected_best(spread: float, trials: int) -> float:
    """The expected largest Sharpe ratio of `trials` independent strategies without skill; `spread` is the variance of
    their ratios.

    sqrt(V) * ((1 - g) * Z(1 - 1/N) + g * Z(1 - 1/(N e))), with the inverse Z of the normal distribution and the
    Euler-Mascheroni constant g. Zero for one trial, which nobody has chosen.
    """
    if trials < 2:
        return 0.0
    quantiles = (_NORMAL.inv_cdf(1 - 1 / trials), _NORMAL.inv_cdf(1 - 1 / (trials * math.e)))
    return math.sqrt(spread) * ((1 - _EULER) * quantiles[0] + _EULER * quantiles[1])


def deflated_sharpe(best: Moments, sharpes: Sequence[float], trials: int) -> float | None:
    """The deflated Sharpe ratio, a probability, of the best of `trials` trials.

    `sharpes` are the ratios of those trials that have one, over equally many days; their variance (n - 1) is that of
    the formula. None where there are fewer than two of them for more than one trial, and where the ratio has no error.

    F((SR - SR0) * sqrt(T - 1) / sqrt(1 - skewness * SR + (kurtosis - 1) / 4 * SR^2)), with the normal distribution F,
    T days, and SR0 by `expected_best`.
    """
    if trials > 1 and len(sharpes) < 2:
        return None
    benchmark = expected_best(variance(sharpes), trials) if trials > 1 else 0.0
    return probability_above(best, benchmark)


def probability_above(found: Moments, benchmark: float) -> float | None:
    """The probability that the true ratio is above `benchmark`; None where the ratio has no error."""
    error = 1 - found.skewness * found.sharpe + (found.kurtosis - 1) / 4 * found.sharpe**2
    if error <= 0:
        return None
    return _NORMAL.cdf((found.sharpe - benchmark) * math.sqrt(found.days - 1) / math.sqrt(error))
