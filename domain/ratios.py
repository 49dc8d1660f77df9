"""Sharpe and Sortino ratios of an account's daily returns.

A day's return is the change of equity from the end of one day (UTC) to the end of the next. A day without a candle, or
without a change, has the return zero. Therefore the ratios do not depend on the interval of the candles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domain.arithmetic import EXACT, ONE

DAYS_OF_YEAR = 365
"""Trading days per year; markets for crypto assets never close."""

LEAST_DAYS = 30
"""With fewer days there are no ratios."""

DEFINITION = (
    "returns of UTC days on marked equity, idle days 0, risk-free 0, n - 1, times the root of 365; "
    "none under 30 days"
)
"""One line to print beside the figures."""

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ratios:
    """Annualised ratios; None with fewer than `LEAST_DAYS` days, or with a deviation of zero."""

    sharpe: float | None
    sortino: float | None


NO_RATIOS = Ratios(None, None)


def daily_returns(begun: date, opening: Decimal, closes: Iterable[tuple[date, Decimal]]) -> Sequence[float]:
    """The return of each day from `begun` to the last close, as a fraction.

    `opening` is the equity before the first day, `closes` the last equity of each day that has one, in order. The
    result ends before the first day that begins with an equity of zero or less, because it has no return.
    """
    returns: list[float] = []
    before, upcoming = opening, begun
    for day, equity in closes:
        if before <= 0:
            break
        returns += [0.0] * (day - upcoming).days
        returns.append(float(EXACT.subtract(EXACT.divide(equity, before), ONE)))
        before, upcoming = equity, day + _A_DAY
    return returns


def ratios(returns: Sequence[float]) -> Ratios:
    """Sharpe and Sortino of daily returns (fractions), against a riskless return of zero.

    Sharpe (1994): mean / sample standard deviation. Sortino (Sortino and Price, 1994): mean / root of the sum of the
    squared returns below zero, over the number of all days less one. Both are multiplied by the square root of 365.
    The sums do not depend on the order of the returns.
    """
    n = len(returns)
    if n < LEAST_DAYS:
        return NO_RATIOS
    mean = math.fsum(returns) / n
    spread = (
        math.sqrt(math.fsum((one - mean) ** 2 for one in returns) / (n - 1)) if len(set(returns)) > 1 else 0.0
    )
    downside = math.sqrt(math.fsum(one * one for one in returns if one < 0) / (n - 1))
    return Ratios(_annual(mean, spread), _annual(mean, downside))


def _annual(mean: float, deviation: float) -> float | None:
    return mean / deviation * math.sqrt(DAYS_OF_YEAR) if deviation > 0 else None
