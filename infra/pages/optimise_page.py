"""The page of a search: what it found, the days that followed, and each setting against the objective."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from markupsafe import Markup

from domain.arithmetic import ONE
from infra.cli.benchmark import buy_and_hold
from infra.pages.frame import render
from infra.pages.line_chart import Line, LineChart
from infra.pages.scatter_chart import Dot, ScatterChart, Tick
from infra.pages.section import Section
from infra.pages.tables import Column, table
from infra.reports.page import Figure
from infra.run.candle_recording import Stretch
from infra.run.demo_log import NOT_TRADED, SYNTHETIC
from infra.search.axis import Axis, Range
from projections.analysis.measures import MEASURES, Unit

if TYPE_CHECKING:
    from infra.cli.optimise_report import OptimiseReport
    from infra.search.search import Chosen

_TOTAL_RETURN, _BUY_AND_HOLD = (
    next(one for one in MEASURES if one.name == name) for name in ("total_return", "buy_and_hold")
)
_MOST_TICKS = 6
_MOST_TRIALS = 500
"""The table of trials has so many rows; the charts have all."""


def optimise_page(report: OptimiseReport) -> str:
    """The whole page, with nothing loaded from elsewhere."""
    lead, *basis = report.sentences()
    synthetic = [SYNTHETIC] if any(one.synthetic for one in report.plan.tapes) else []
    return render(
        "backtest.html",
        title=f"SEARCH: {report.goal}",
        lead=lead,
        notices=[NOT_TRADED, *synthetic],
        basis=basis,
        figures=list(_head(report)),
        sections=[one for one in _sections(report) if any(one.parts)],
        foot=f"Study {report.study}. Every trial: {report.record}. Times are UTC.",
    )


def _head(report: OptimiseReport) -> Iterator[Figure]:
    found, words = report.found, report.objective.words
    best, after = found.winner.trial, found.winner.after
    yield Figure(f"{words}, training", report.cells(None if best is None else best.measures)[0])
    if found.winner.follows is not None:
        measures = None if after is None else after.measures
        yield Figure(f"{words}, held out", report.cells(measures)[0])
        if report.objective is not _TOTAL_RETURN:
            yield Figure("total return, held out", *report.cells(measures, [_TOTAL_RETURN]))
        yield Figure("buy and hold, held out", *report.cells(measures, [_BUY_AND_HOLD]))
    if found.walked_return is not None:
        yield Figure(
            "walk forward, total return", f"{found.walked_return:+.2%}", f"{len(found.walked)} days of tests"
        )
    sharpe = found.walked_ratios.sharpe
    if found.folds:
        yield Figure("walk forward, Sharpe", "none" if sharpe is None else f"{sharpe:.2f}")
    luck = found.luck
    yield Figure(
        "deflated Sharpe", "none" if luck.deflated is None else f"{luck.deflated:.2f}", "a probability"
    )
    yield Figure("trials of this tape", f"{luck.trials:,}", "in all studies")
    for axis in report.search.axes if best is not None else ():
        yield Figure(report.short(axis), "" if best is None else best.point[axis.name], "best value")


def _sections(report: OptimiseReport) -> Iterator[Section]:
    yield Section(
        "parts",
        "Training and what followed",
        [_parts(report), *_walks(report)],
        "Each fold searches on all days before its test, and each test is traded once, with the settings that were the "
        "best before it. The last search is that of the best settings; it has not seen the days that were held out. "
        "none: the measure is not defined, as a ratio of under 30 days.",
    )
    yield Section(
        "settings",
        f"Each setting and the {report.objective.words}, training",
        list(_charts(report)),
        "A dot is a trial; the large one is the best. A lone peak is more often luck than a wide plateau.",
    )
    yield Section("trials", "Best trials of the training", [_trials(report)])


def _parts(report: OptimiseReport) -> Markup:
    columns = (
        Column("part"),
        Column("from"),
        Column("to"),
        Column("days", is_number=True),
        *(Column(one.words, is_number=True, signed=one.unit is Unit.CHANGE) for one in report.measures),
    )
    rows = [
        (name, *part.spelled.split(" to "), str(part.days), *report.cells(measures))
        for name, part, measures in report.rows()
    ]
    return table(columns, rows, "facts")


def _walks(report: OptimiseReport) -> Iterator[Markup]:
    """The linked returns of the tests, and of the days that were held out, beside buy and hold; places on the screen,
    not amounts."""
    found = report.found
    for words, chosen in (
        ("the tests, joined", found.folds),
        ("the days that were held out", [found.winner]),
    ):
        points = _linked([point for one in chosen for point in _days(one)])
        if points:
            begin, end = points[0][0], points[-1][0]
            lines = [
                Line("main", "total return", points),
                Line("beside", "buy and hold", _held(report, begin, end)),
            ]
            chart = LineChart(f"total return of {words}", lines, begin, end, _percent, height=170)
            yield Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(
                chart.svg(),
                f"total return of {words}, linked day by day; buy and hold from the first open of these days, no fees",
            )


def _held(report: OptimiseReport, begin: datetime, end: datetime) -> Sequence[tuple[datetime, float]]:
    """The return of buy and hold since `begin`, as a fraction, at the closes of the candles."""
    tapes = [Stretch(begin, end).of(one) for one in report.search.market.tapes]
    return [(at, float(value) - 1) for at, value in buy_and_hold(tapes, ONE, end)]


def _days(one: Chosen) -> Sequence[tuple[datetime, float]]:
    if one.follows is None or one.after is None:
        return ()
    begin = one.follows.begin
    return [(begin + timedelta(days=number + 1), each) for number, each in enumerate(one.after.returns)]


def _linked(days: Sequence[tuple[datetime, float]]) -> Sequence[tuple[datetime, float]]:
    if not days:
        return ()
    growth, points = 1.0, [(days[0][0] - timedelta(days=1), 0.0)]
    for at, each in days:
        growth *= 1 + each
        points.append((at, growth - 1))
    return points


def _charts(report: OptimiseReport) -> Iterator[Markup]:
    drawn = Markup("").join(
        Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(_chart(report, axis), axis.name)
        for axis in report.search.axes
    )
    if any(one.value is not None for one in report.found.trials):
        yield Markup('<div class="pair">{}</div>').format(drawn)


def _chart(report: OptimiseReport, axis: Axis) -> Markup:
    best = report.found.winner.trial
    dots = [
        Dot(
            _across(axis, one.point[axis.name]),
            float(one.value),
            f"trial {one.place + 1}: {one.point[axis.name]}: {report.spelled(one.value)}",
            chosen=best is not None and one.place == best.place,
        )
        for one in report.found.trials
        if one.value is not None
    ]
    spelled = _percent if report.objective.unit in (Unit.CHANGE, Unit.SHARE) else _number
    label = f"{axis.name} against the {report.objective.words}"
    return ScatterChart(label, dots, list(_ticks(axis)), spelled).svg()


def _across(axis: Axis, text: str) -> float:
    return float(text) if isinstance(axis.values, Range) else float(axis.values.index(text))


def _ticks(axis: Axis) -> Iterator[Tick]:
    count = min(axis.count, _MOST_TICKS)
    for number in range(count):
        text = axis.value(number * (axis.count - 1) // max(count - 1, 1))
        yield Tick(_across(axis, text), text)


def _trials(report: OptimiseReport) -> Markup:
    columns = (
        Column("trial", is_number=True),
        *(Column(report.short(one), is_number=isinstance(one.values, Range)) for one in report.search.axes),
        *(Column(one.words, is_number=True, signed=one.unit is Unit.CHANGE) for one in report.measures),
    )
    rows = [
        (
            str(one.place + 1),
            *(one.point[axis.name] for axis in report.search.axes),
            *report.cells(one.measures),
        )
        for one in report.best_trials(_MOST_TRIALS)
    ]
    return table(columns, rows, "groups long")


def _number(value: float, places: int) -> str:
    return f"{value:,.{places}f}"


def _percent(value: float, places: int) -> str:
    return f"{100 * value:,.{max(places - 2, 0)}f} %"
