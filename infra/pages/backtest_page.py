"""The page of a backtest: its measures, curves, trades on the candles, and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from domain.candle import Candle
from infra.cli.measured import measures_written
from infra.cli.simulator_error import NOTE, TITLE
from infra.cli.what_if_words import Listed
from infra.pages.frame import render
from infra.pages.section import Section
from infra.pages.tables import table
from infra.reports.page import Figure
from infra.reports.sections import RETURNS, curves, distribution, groups, measures, months, skipped, trades
from infra.reports.trade_charts import trade_charts
from projections.analysis.analysis import Analysis
from projections.analysis.measures import MEASURES, Unit

_HEAD = (
    "total_return",
    "annual_return",
    "buy_and_hold",
    "max_drawdown",
    "sharpe",
    "sortino",
    "calmar",
    "profit_factor",
    "win_rate",
    "trades",
)
"""The measures at the top of the page."""
_BY_NAME = {one.name: one for one in MEASURES}


def backtest_page(
    found: Analysis,
    candles: Mapping[str, Sequence[Candle]],
    notices: Sequence[str],
    basis: Sequence[str],
    foot: str,
    errors: Sequence[Listed],
    traded: Listed,
) -> str:
    """The whole page, with nothing loaded from elsewhere. `basis` are sentences on what was traded and how, `errors`
    the tables of the simulator's error, `traded` the table of what was traded with.
    """
    return render(
        "backtest.html",
        title=f"BACKTEST: account {found.figures.account}",
        lead=basis[0],
        notices=notices,
        basis=basis[1:],
        figures=list(_head(found)),
        sections=[
            one for one in (_traded(traded), *_sections(found, candles), *map(_error, errors)) if one.parts
        ],
        foot=foot,
    )


def _head(found: Analysis) -> Iterator[Figure]:
    values = {one.name: value for one, value in measures_written(found)}
    for name in _HEAD:
        measure, value = _BY_NAME[name], values[name]
        style = {"+": "up", "-": "down"}.get(value[:1], "") if measure.unit is Unit.CHANGE else ""
        yield Figure(measure.words, value, style=style)


def _traded(one: Listed) -> Section:
    return Section("traded", one.title, [table(one.columns, one.rows, "statement")])


def _error(one: Listed) -> Section:
    note = NOTE if one.title.startswith(TITLE) else ""
    anchor = "error" if note else "decisions"
    return Section(anchor, one.title, [table(one.columns, one.rows, "long facts")] if one.rows else [], note)


def _sections(found: Analysis, candles: Mapping[str, Sequence[Candle]]) -> Iterator[Section]:
    figures = found.figures
    yield Section(
        "curve",
        "Equity and drawdown",
        list(curves(figures)),
        "Buy and hold: the opening equity in equal shares of the instruments, at their first open, without fees.",
    )
    yield Section(
        "fills",
        "Trades on the candles",
        list(trade_charts(figures, candles)),
        "A triangle points up at a purchase, and down at a sale.",
    )
    yield measures(found)
    yield Section("months", "Months", [months(figures)], RETURNS if figures.returns else "")
    yield Section("groups", "By strategy, symbol, direction and exit reason", list(groups(figures)))
    yield Section("distribution", "Distribution of trades", [distribution(figures)])
    yield skipped(figures)
    yield trades(figures)
