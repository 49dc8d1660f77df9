"""Sharpe and Sortino ratios of an account's daily returns.

A day's return is the change of equity from the end of one day (UTC) to the end of the next. A day without a candle, or
without a change, has the return zero. Therefore the ratios do not depend on the interval of the candles. Returns are
time-weighted: a deposit or withdrawal is neither a profit nor a loss (CFA Institute, GIPS: sub-periods that end at each
transfer are linked).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple

from domain.arithmetic import EXACT, ONE

DAYS_OF_YEAR = 365
"""Trading days per year; markets for crypto assets never close."""

LEAST_DAYS = 30
"""With fewer days there are no ratios."""

DEFINITION = (
    "time-weighted returns of UTC days on marked equity, idle days 0, risk-free 0, n - 1, times the root of 365; "
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


class Transfer(NamedTuple):
    """A deposit or withdrawal: the equity before it, as far as it is known, and after it."""

    before: Decimal
    after: Decimal


Transfers = Mapping[date, Sequence[Transfer]]
"""The transfers of each day that has any, in order."""
_NO_TRANSFERS: Final[Transfers] = MappingProxyType({})


def daily_returns(
    begun: date,
    opening: Decimal,
    closes: Iterable[tuple[date, Decimal]],
    transfers: Transfers = _NO_TRANSFERS,
) -> Sequence[float]:
    """The time-weighted return of each day from `begun` to the last close, as a fraction.

    `opening` is the equity before the first day, `closes` the last equity of each day that has one, in order; each day
    with a transfer has one. The result ends before the first day that begins with an equity of zero or less and has no
    transfer, because it has no return.
    """
    returns: list[float] = []
    before, upcoming = opening, begun
    for day, equity in closes:
        moved = transfers.get(day, ())
        if before <= 0 and not moved:
            break
        returns += [0.0] * (day - upcoming).days
        returns.append(_return(before, equity, moved))
        before, upcoming = equity, day + _A_DAY
    return returns


def _return(before: Decimal, close: Decimal, transfers: Sequence[Transfer]) -> float:
    """The return of a day from its first to its last equity. A part that begins without equity has none."""
    growth = ONE
    for one in transfers:
        growth = _grown(growth, before, one.before)
        before = one.after
    return float(EXACT.subtract(_grown(growth, before, close), ONE))


def _grown(growth: Decimal, before: Decimal, after: Decimal) -> Decimal:
    return EXACT.multiply(growth, EXACT.divide(after, before)) if before > 0 else growth


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
