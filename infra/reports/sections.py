"""Sections and tables of figures, which the pages of reports and backtests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from markupsafe import Markup

from infra.cli.measured import measures_written, spelled
from infra.cli.money import COINS
from infra.pages.bar_chart import Bar, BarChart
from infra.pages.line_chart import Line, LineChart
from infra.pages.section import Section
from infra.pages.tables import Column, table
from projections.analysis.analysis import Analysis
from projections.performance import win_rate
from projections.projection import Row as TableRow
from projections.reports.figures import Figures
from projections.reports.results import By
from projections.sentences import plain

_OF_GROUPS = (
    Column("trades", is_number=True),
    Column("won", is_number=True),
    Column("gross", is_number=True, signed=True),
    Column("fees", is_number=True),
    Column("funding", is_number=True, signed=True),
    Column("net", is_number=True, signed=True),
    Column("best", is_number=True),
    Column("worst", is_number=True),
)
_GROUPED = {
    By.STRATEGY: "strategy",
    By.INSTRUMENT: "symbol",
    By.DIRECTION: "direction",
    By.EXIT: "exit reason",
}


def measures(found: Analysis) -> Section:
    """Every measure with its definition."""
    columns = (Column("measure"), Column("value", is_number=True), Column("definition"))
    rows = [(one.words, value, one.definition) for one, value in measures_written(found)]
    return Section("measures", "Measures", [table(columns, rows, "measures")])


def curves(found: Figures) -> Iterator[Markup]:
    """Equity beside buy and hold, and the drawdown."""
    equity = [(one["at"], float(one["equity"])) for one in found.points if one["equity"] is not None]
    falls = [(one["at"], -float(one["drawdown"])) for one in found.points]
    held = [(at, float(amount)) for at, amount in found.held]
    lines = [Line("main", "equity", equity), *([Line("beside", "buy and hold", held)] if held else [])]
    span = (found.begun, found.ended)
    yield LineChart(f"equity in {found.currency}", lines, *span, _number).svg()
    yield LineChart(
        "drawdown", [Line("fall", "drawdown", falls)], *span, _percent, height=140, ceiling=0.0
    ).svg()


RETURNS = "Returns: the time-weighted returns of the month's UTC days on marked equity, linked; deposits are no profit."
"""What the column of returns is."""


def months(found: Figures) -> Markup:
    """A row for each month with a return or a closed trade."""
    returns, rows = dict(found.months()), found.groups[By.MONTH]
    names = sorted({*returns, *rows})
    columns = (Column("month"), Column("return", is_number=True, signed=True), *_OF_GROUPS)
    cells = [
        (
            name,
            share(returns.get(name)),
            *(_sums(found, rows[name]) if name in rows else ("",) * len(_OF_GROUPS)),
        )
        for name in names
    ]
    return table(columns, cells, "groups") if cells else Markup()


def groups(found: Figures) -> Iterator[Markup]:
    """A table of the closed trades for each way to group them that has any."""
    for by, head in _GROUPED.items():
        rows = found.groups[by]
        if rows:
            yield table(
                (Column(head), *_OF_GROUPS),
                [(name, *_sums(found, row)) for name, row in rows.items()],
                "groups",
            )


def distribution(found: Figures) -> Markup:
    """The trades by net result and by hour of the close, as bar charts."""
    if not found.bins:
        return Markup()
    bins = [Bar(plain(one.low), float(one.trades), one.low < 0) for one in found.bins]
    hours = {f"{hour:02}": 0.0 for hour in range(24)}
    hours |= {name: float(row["net"]) for name, row in found.groups[By.HOUR].items()}
    by_hour = [Bar(name, net, net < 0) for name, net in hours.items()]
    charts = (
        (
            f"trades by net result; below each bar the least result that it counts, in {found.currency}",
            BarChart("trades by net result", bins, _number).svg(),
        ),
        (
            f"net in {found.currency} by hour of the close (UTC)",
            BarChart("net by hour", by_hour, _number).svg(),
        ),
    )
    drawn = Markup("").join(
        Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(chart, words)
        for words, chart in charts
    )
    return Markup('<div class="pair">{}</div>').format(drawn)


def skipped(found: Figures) -> Section:
    """Why signals were not traded."""
    reasons, decided = found.counted("SKIPPED"), found.counted("DECISIONS")
    rows = [(name, f"{count:,}") for name, count in reasons.items()]
    counted = ", ".join(f"{count:,} {name}" for name, count in decided.items())
    return Section(
        "skipped",
        "Signals that were not traded",
        [table((Column("reason"), Column("signals", is_number=True)), rows, "statement")] if rows else [],
        f"Decisions: {counted or 'none'}. One signal can have several reasons.",
    )


def routes(found: Figures) -> Section:
    """The signals that were left to other engines, whose accounts have the money of them."""
    names = ("routed (UTC)", "chain", "strategy", "instrument there", "what", "outcomes")
    rows = [
        (
            time_of(one.at),
            one.chain,
            one.strategy,
            one.routed.instrument,
            f"{one.routed.intent.value} {one.routed.direction.value}",
            ", ".join(one.outcomes) or "not answered yet",
        )
        for one in found.routes
    ]
    return Section(
        "routes",
        "Signals that other engines have carried out or refused",
        [table(list(map(Column, names)), rows, "long facts")] if rows else [],
        "Orders, fees and results of them are in the logs of those engines, and in no figure of this report."
        if rows
        else "",
    )


def trades(found: Figures) -> Section:
    """Every closed trade; the quantity is the largest that was held, the prices are the means of the entries and of the
    exits."""
    columns = (
        *map(Column, ("position", "strategy", "opened", "closed", "by")),
        *(Column(name, is_number=True) for name in ("duration", "quantity", "entry price", "exit price")),
        Column("gross", is_number=True, signed=True),
        Column("fees", is_number=True),
        Column("funding", is_number=True, signed=True),
        Column("net", is_number=True, signed=True),
    )
    opened = {one["id"]: one for one in found.positions}
    rows = [
        (
            one.position,
            one.strategy,
            time_of(opened[one.position]["opened_at"]),
            time_of(one.at),
            one.exit.lower(),
            spelled(one.at - opened[one.position]["opened_at"]),
            plain(opened[one.position]["max_quantity"]),
            *(price(mean) for mean in (opened[one.position]["average_price"], one.price)),
            *(_amount(amount, found.currency) for amount in (one.event.gross, one.event.fees)),
            *(_amount(amount, found.currency) for amount in (one.event.funding, one.event.net)),
        )
        for one in found.closings
    ]
    return Section("trades", "Closed trades", [table(columns, rows, "long facts")] if rows else [])


def _sums(found: Figures, row: TableRow) -> Sequence[str]:
    spelled: Callable[[Decimal], str] = lambda amount: _amount(amount, found.currency)  # noqa: E731
    rate = share(win_rate(row["wins"], row["trades"]))
    names = ("gross", "fees", "funding", "net", "best", "worst")
    amounts = ("none" if row[name] is None else spelled(row[name]) for name in names)
    return [f"{row['trades']:,}", rate, *amounts]


def price(mean: Decimal) -> str:
    """At most ten digits of a price: more than any tick needs, and fewer than the mean of several fills may have."""
    return plain(round(mean, max(9 - mean.adjusted(), 0)))


def _amount(amount: Decimal, currency: str) -> str:
    return f"{amount:,.8f}" if currency in COINS else f"{amount:,.2f}"


def share(share: Decimal | float | None) -> str:
    """A fraction for people; a float has its sign."""
    return "none" if share is None else f"{share:+.2%}" if isinstance(share, float) else f"{share:.1%}"


def _number(value: float, places: int) -> str:
    return f"{value:,.{places}f}"


def _percent(value: float, places: int) -> str:
    return f"{100 * value:,.{max(places - 2, 0)}f} %"


def time_of(at: object) -> str:
    """The time to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}"
