"""The analysis of an account in a period: the figures of its report, and those that follow from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.arithmetic import EXACT, ONE, ZERO, total
from domain.ratios import DAYS_OF_YEAR, LEAST_DAYS
from projections.analysis.drawdowns import Deepest, deepest
from projections.equity import MARKED
from projections.projection import Row
from projections.questions.performance import figures as of_trades
from projections.reports.figures import Figures
from projections.reports.results import By
from projections.streaks import Streaks, longest_streaks
from projections.trades import exposure

_PLACES = 6
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Analysis:
    """The figures of a whole account in a period.

    Fractions of returns are floats; other quotients are decimals, to six places. Amounts are in the account's currency.
    A figure is None where it is not defined.
    """

    figures: Figures

    @property
    def days(self) -> int:
        """The number of UTC days that have a return."""
        return len(self.figures.returns)

    @property
    def annual_return(self) -> float | None:
        """The return that a year of such days would have; None under `LEAST_DAYS` days and after a loss of all."""
        return annual_return([one for _, one in self.figures.returns])

    @property
    def deepest(self) -> Deepest | None:
        """The largest drawdown; None where the equity never fell."""
        return deepest(self.figures.points, self.figures.ended)

    @property
    def calmar(self) -> float | None:
        """Annual return over the largest drawdown."""
        found, annual = self.deepest, self.annual_return
        return None if found is None or annual is None else annual / found.fall

    @property
    def buy_and_hold(self) -> Decimal | None:
        """The return of buy and hold, as a fraction."""
        held, before = self.figures.held, self.figures.equity_before
        if not held or not before:
            return None
        return round(EXACT.subtract(EXACT.divide(held[-1][1], before), ONE), _PLACES)

    @property
    def trades(self) -> Row:
        """The sums of all closed trades."""
        return self.figures.groups[By.ALL][""]

    @property
    def of_trades(self) -> Mapping[str, Decimal | None]:
        """Win rate, profit factor, average win and average loss."""
        return of_trades(self.trades)

    @property
    def expectancy(self) -> Decimal | None:
        """The mean net result of a closed trade."""
        return expectancy(self.trades)

    @property
    def streaks(self) -> Streaks | None:
        """The longest streaks of closed trades in the order of their closes; None without a trade."""
        closings = self.figures.closings
        return longest_streaks(one.event.net for one in closings) if closings else None

    @property
    def mean_duration(self) -> timedelta | None:
        """The mean time from the opening to the close of a closed trade; None without a trade."""
        held = [one.at - one.event.opened_at for one in self.figures.closings]
        return sum(held, timedelta()) / len(held) if held else None

    @property
    def exposure(self) -> Decimal | None:
        """The share of the period in which a position was open; None for a period of no length."""
        found = self.figures
        if found.ended <= found.begun:
            return None
        spans = ((one["opened_at"], one["closed_at"]) for one in found.positions)
        return round(exposure(spans, found.begun, found.ended), _PLACES)

    @property
    def traded(self) -> Decimal:
        """The value of all fills, bought and sold."""
        return total(one["notional"] for one in self.figures.fills)

    @property
    def turnover(self) -> Decimal | None:
        """The value of all fills over the mean equity at the ends of the period's days."""
        equities = [equity for _, equity in self.daily_equity()]
        mean = EXACT.divide(total(equities), Decimal(len(equities))) if equities else ZERO
        return round(EXACT.divide(self.traded, mean), _PLACES) if mean > 0 else None

    def daily_equity(self) -> Iterator[tuple[date, Decimal]]:
        """The last known equity of each UTC day of the period that has one."""
        found = dict[date, Decimal]()
        for one in self.figures.points:
            if one["equity"] is not None:
                found[_day(one)] = one["equity"]
        yield from found.items()


def annual_return(returns: Sequence[float]) -> float | None:
    """The geometric return of `DAYS_OF_YEAR` days like these (fractions); None under `LEAST_DAYS` days, and where a
    day lost everything, after which no rate of growth exists."""
    if len(returns) < LEAST_DAYS or min(returns) <= -1:
        return None
    return float(math.prod(1 + one for one in returns) ** (DAYS_OF_YEAR / len(returns)) - 1)


def expectancy(group: Row) -> Decimal | None:
    """The mean net result of the closed trades of a group, to six decimals; None without a trade."""
    return round(EXACT.divide(group["net"], Decimal(group["trades"])), _PLACES) if group["trades"] else None


def _day(point: Row) -> date:
    """The day of a point. A mark at midnight is of the hour before."""
    at: datetime = point["at"]
    return (at - _INSTANT if point["reason"] == MARKED else at).date()
