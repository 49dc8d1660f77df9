"""The page of a what-if: both equity curves and drawdowns, and the tables of the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from infra.cli.what_if_words import EQUITY, listed
from infra.pages.frame import render
from infra.pages.line_chart import Line, LineChart
from infra.pages.section import Section
from infra.pages.tables import table
from projections.comparison import Comparison

_MOST_ROWS = 500
"""A table of the page has so many rows."""


def what_if_page(
    found: Comparison,
    currency: str,
    notices: Sequence[str],
    basis: Sequence[str],
    foot: str,
    kind: str = "what if",
) -> str:
    """The whole page, with nothing loaded from elsewhere. `basis` are the sentences above the figures."""
    return render(
        "what_if.html",
        title=f"BACKTEST: {kind}",
        lead=basis[0],
        notices=notices,
        basis=basis[1:],
        sections=list(_sections(found, currency)),
        foot=foot,
    )


def _sections(found: Comparison, currency: str) -> Iterator[Section]:
    for number, one in enumerate(listed(found, currency), 1):
        style = "long groups stack" if one.columns[-1].head == "why" else "long groups"
        parts = [table(one.columns, one.rows[:_MOST_ROWS], style)]
        left = len(one.rows) - _MOST_ROWS
        if one.title == EQUITY:
            parts = [*_curves(found, currency), *parts]
        note = f"The first {_MOST_ROWS:,}; --json has all." if left > 0 else ""
        yield Section(f"section-{number}", one.title, parts, note)


def _curves(found: Comparison, currency: str) -> Iterator[Markup]:
    """Equity and drawdown at each mark; floats are places on the screen only."""
    pairs = found.equity
    span = pairs[0].hour, pairs[-1].hour
    equity = [
        Line("main", "candidate", [(one.hour, float(one.candidate.equity)) for one in pairs]),
        Line("beside", "control", [(one.hour, float(one.control.equity)) for one in pairs]),
    ]
    falls = [
        Line("fall", "candidate", [(one.hour, -float(one.candidate.drawdown)) for one in pairs]),
        Line("beside", "control", [(one.hour, -float(one.control.drawdown)) for one in pairs]),
    ]
    yield LineChart(f"equity of both in {currency}", equity, *span, _number).svg()
    yield LineChart("drawdown of both", falls, *span, _percent, height=140, ceiling=0.0).svg()


def _number(value: float, places: int) -> str:
    return f"{value:,.{places}f}"


def _percent(value: float, places: int) -> str:
    return f"{100 * value:,.{max(places - 2, 0)}f} %"
