"""Queries of performance: the sums over closed positions, and the ratios of the daily returns."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from statistics import fmean, stdev

from sqlalchemy import RowMapping, select

from projections.source import Source

YEAR_OF_DAYS = 365
"""Trading days per year; markets for crypto assets never close."""


class Dimension(StrEnum):
    """How closed positions are grouped: all together, by instrument, by strategy or by day (UTC)."""

    ALL = "ALL"
    INSTRUMENT = "INSTRUMENT"
    STRATEGY = "STRATEGY"
    DAY = "DAY"


@dataclass(frozen=True, slots=True)
class Ratios:
    """Annualised ratios of the daily returns; None with fewer than two days or with a deviation of zero."""

    sharpe: float | None
    sortino: float | None


NO_RATIOS = Ratios(None, None)


def performance(source: Source, account: str | None, by: Dimension) -> Sequence[RowMapping]:
    """The performance rows of one dimension, of one account or of all (None), ordered by account and value."""
    rows = source.table("performance")
    wanted = [rows.c.dimension == by.value, *([] if account is None else [rows.c.account == account])]
    order = (rows.c.account, rows.c.value)
    return source.connection.execute(select(rows).where(*wanted).order_by(*order)).mappings().all()


def ratios_by_account(source: Source, accounts: Sequence[str]) -> Mapping[str, Ratios]:
    """Each account's ratios over all its days, the open day included; accounts without a day are left out."""
    days = source.table("days")
    statement = select(days).where(days.c.account.in_(accounts)).order_by(days.c.account, days.c.day)
    returns: dict[str, list[float]] = defaultdict(list)
    for day in source.connection.execute(statement).mappings():
        if day["opening"] > 0:
            returns[day["account"]].append(float((day["balance"] - day["opening"]) / day["opening"]))
    return {account: ratios(values) for account, values in returns.items()}


def ratios(returns: Sequence[float]) -> Ratios:
    """Sharpe and Sortino of daily returns (fractions), against a riskless return of zero.

    Sharpe (1994): mean / sample standard deviation. Sortino (Sortino and Price, 1994): mean / root of the mean square
    of the returns below zero, over all days. Both are multiplied by the square root of 365.
    """
    if len(returns) < 2:
        return NO_RATIOS
    mean, year = fmean(returns), math.sqrt(YEAR_OF_DAYS)
    spread = stdev(returns)
    downside = math.sqrt(fmean(min(one, 0.0) ** 2 for one in returns))
    return Ratios(
        mean / spread * year if spread > 0 else None,
        mean / downside * year if downside > 0 else None,
    )


def figures(row: RowMapping) -> Mapping[str, Decimal | None]:
    """Win rate, profit factor, average win and average loss, rounded to six decimals; None where undefined."""
    return {
        "win_rate": _share(Decimal(row["wins"]), row["trades"]),
        "profit_factor": _share(row["gross_profit"], -row["gross_loss"]),
        "average_win": _share(row["gross_profit"], row["wins"]),
        "average_loss": _share(row["gross_loss"], row["losses"]),
    }


def _share(whole: Decimal, parts: Decimal | int) -> Decimal | None:
    return None if parts == 0 else round(whole / parts, 6)
