"""The measures of an analysis: each has a name, a unit and a definition, which every form of the analysis prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from domain.ratios import DEFINITION, LEAST_DAYS
from projections.analysis.analysis import Analysis

Value = Decimal | float | int | timedelta | None


class Unit(StrEnum):
    """How a value is written. MONEY is in the account's currency, SHARE a fraction; CHANGE is one with its sign."""

    SHARE = "SHARE"
    CHANGE = "CHANGE"
    RATIO = "RATIO"
    MONEY = "MONEY"
    COUNT = "COUNT"
    TIME = "TIME"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure. `of` is its value; None where it is not defined."""

    name: str
    words: str
    unit: Unit
    definition: str
    of: Callable[[Analysis], Value]


def _length(found: Analysis) -> timedelta | None:
    return None if found.deepest is None else found.deepest.length


_ANNUAL = f"none under {LEAST_DAYS} days"

MEASURES: Sequence[Measure] = (
    Measure(
        "total_return",
        "total return",
        Unit.CHANGE,
        "the time-weighted returns of the UTC days on marked equity, linked; deposits are no profit",
        lambda one: one.figures.growth,
    ),
    Measure(
        "annual_return",
        "annual return",
        Unit.CHANGE,
        f"(1 + total return) ^ (365 / days) - 1; {_ANNUAL}",
        lambda one: one.annual_return,
    ),
    Measure(
        "buy_and_hold",
        "buy and hold",
        Unit.CHANGE,
        "the opening equity in equal shares of the instruments, held to the end, no fees: in a backtest from the first "
        "open of their candles, in a report from the last price of a signal or fill before the period, else the first",
        lambda one: one.buy_and_hold,
    ),
    Measure(
        "sharpe",
        "Sharpe",
        Unit.RATIO,
        f"mean over the standard deviation of the daily returns: {DEFINITION}",
        lambda one: one.figures.ratios.sharpe,
    ),
    Measure(
        "sortino",
        "Sortino",
        Unit.RATIO,
        f"mean over the downside deviation (root of the mean square below 0) of the daily returns: {DEFINITION}",
        lambda one: one.figures.ratios.sortino,
    ),
    Measure(
        "calmar",
        "Calmar",
        Unit.RATIO,
        f"annual return over the largest drawdown; {_ANNUAL}",
        lambda one: one.calmar,
    ),
    Measure(
        "max_drawdown",
        "largest drawdown",
        Unit.SHARE,
        "the largest fall of the equity below its highest value so far, as a fraction of that value; within an hour at "
        "the worst price of each candle",
        lambda one: one.figures.drawdown,
    ),
    Measure(
        "drawdown_length",
        "its length",
        Unit.TIME,
        "from the highest value before the largest drawdown to the next higher one, or to the end; to the hour; "
        "none where that value was before the period",
        _length,
    ),
    Measure(
        "profit_factor",
        "profit factor",
        Unit.RATIO,
        "the sum of the net of won trades over that of lost trades",
        lambda one: one.of_trades["profit_factor"],
    ),
    Measure(
        "expectancy",
        "expectancy",
        Unit.MONEY,
        "the mean net of a closed trade",
        lambda one: one.expectancy,
    ),
    Measure(
        "win_rate",
        "win rate",
        Unit.SHARE,
        "won trades over all closed trades; a trade is won where its net (after fees and funding) is above 0",
        lambda one: one.of_trades["win_rate"],
    ),
    Measure(
        "average_win",
        "average win",
        Unit.MONEY,
        "the mean net of won trades",
        lambda one: one.of_trades["average_win"],
    ),
    Measure(
        "average_loss",
        "average loss",
        Unit.MONEY,
        "the mean net of lost trades",
        lambda one: one.of_trades["average_loss"],
    ),
    Measure(
        "best_trade",
        "best trade",
        Unit.MONEY,
        "the largest net of a closed trade",
        lambda one: one.trades["best"],
    ),
    Measure(
        "worst_trade",
        "worst trade",
        Unit.MONEY,
        "the smallest net of a closed trade",
        lambda one: one.trades["worst"],
    ),
    Measure(
        "longest_wins",
        "longest streak of wins",
        Unit.COUNT,
        "the most trades that were won one after the other, in the order of their closes",
        lambda one: None if one.streaks is None else one.streaks.won,
    ),
    Measure(
        "longest_losses",
        "longest streak of losses",
        Unit.COUNT,
        "the most trades that were lost (a net below 0) one after the other, in the order of their closes",
        lambda one: None if one.streaks is None else one.streaks.lost,
    ),
    Measure(
        "mean_duration",
        "mean duration",
        Unit.TIME,
        "the mean time from the opening to the close of a closed trade",
        lambda one: one.mean_duration,
    ),
    Measure(
        "exposure",
        "exposure",
        Unit.SHARE,
        "the share of the period in which at least one position was open",
        lambda one: one.exposure,
    ),
    Measure(
        "turnover",
        "turnover",
        Unit.RATIO,
        "the value of all fills, bought and sold, over the mean of the equity at the ends of the UTC days",
        lambda one: one.turnover,
    ),
    Measure(
        "fees",
        "fees",
        Unit.MONEY,
        "the fees of all fills in the period, of open positions too",
        lambda one: one.figures.statement.fees,
    ),
    Measure(
        "funding",
        "funding",
        Unit.MONEY,
        "the funding in the period; negative where it was paid, none where none was settled",
        lambda one: one.figures.statement.funding or None,
    ),
    Measure(
        "net",
        "net result",
        Unit.MONEY,
        "the change of the balance by fills, fees and funding",
        lambda one: one.figures.statement.net,
    ),
    Measure(
        "trades",
        "closed trades",
        Unit.COUNT,
        "positions that were closed in the period",
        lambda one: one.trades["trades"],
    ),
)
