"""A report as one HTML page, with its charts inside and nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from markupsafe import Markup

from domain.ratios import DEFINITION
from infra.cli.money import COINS, money
from infra.cli.wording import in_plain_words
from infra.pages.bar_chart import Bar, BarChart
from infra.pages.frame import render
from infra.pages.line_chart import Line, LineChart
from infra.pages.tables import Column, table
from infra.reports.report import BACKTEST, DEMO, Report
from infra.reports.trail import Row
from infra.run.demo_log import NOT_TRADED
from projections.performance import win_rate
from projections.projection import Row as TableRow
from projections.reports.latency import milliseconds
from projections.reports.results import By
from projections.sentences import plain

_SIMULATED = "DEMO: fills were simulated, and no order of this log was sent to an exchange"
_NOTICES: Mapping[str, str] = {DEMO: _SIMULATED, BACKTEST: NOT_TRADED}
_SYNTHETIC = "SYNTHETIC MARKET: these prices are not real"
_OF_TRAIL = tuple(
    map(Column, ("time (UTC)", "event", "who", "action", "of", "what", "why", "further parameters"))
)
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


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the head; `style` is a class of the style sheet."""

    name: str
    value: str
    note: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One section; `id` is the anchor of its head."""

    id: str
    title: str
    parts: Sequence[Markup]
    note: str = ""


def page(report: Report) -> str:
    """The page. It is the same for the same report: no time of its making is in it."""
    found = report.figures
    about = found.scope.order or found.scope.strategy
    title = f"{report.kind} report: account {found.account}{f', {about}' if about else ''}"
    notices = [
        *([_NOTICES[report.kind]] if report.kind in _NOTICES else []),
        *([_SYNTHETIC] if report.synthetic else []),
    ]
    sections = _of_an_order(report) if found.scope.order else _of_a_period(report)
    return render(
        "report.html",
        title=title,
        notices=notices,
        lead=(
            f"{_time(found.begun)} to {_time(found.ended)} UTC, events {found.first:,} to {found.last:,} of log "
            f"{report.log_id}"
        ),
        figures=list(_head(report)),
        sections=[one for one in sections if one.parts],
        foot=f"Times are UTC. Amounts are in {found.currency}. Every figure is a function of the events of the log.",
    )


def _head(report: Report) -> Iterator[Figure]:
    found = report.figures
    row = found.groups[By.ALL][""]
    net = found.statement.net if found.scope.is_whole else row["net"]
    yield Figure("net result", money(net, found.currency), "after fees and funding", _sign(net))
    if found.scope.is_whole:
        yield Figure("return", _share(found.growth), "time-weighted", _sign(found.growth or 0))
        yield Figure("largest drawdown", _share(-found.drawdown), "of the highest equity so far")
        yield Figure("equity", _money_of(found.after["equity"], found.currency), "at the last mark")
    yield Figure("closed trades", f"{row['trades']:,}", f"{row['wins']:,} won, {row['losses']:,} lost")
    rate = win_rate(row["wins"], row["trades"])
    yield Figure("win rate", _share(rate))
    yield Figure("fees", money(found.statement.fees if found.scope.is_whole else row["fees"], found.currency))
    if found.scope.is_whole and found.held and found.equity_before:
        change = found.held[-1][1] / found.equity_before - 1
        yield Figure("buy and hold", _share(change), "equal shares, no fees")
    if found.scope.is_whole and found.ratios.sharpe is not None:
        yield Figure("Sharpe", f"{found.ratios.sharpe:.2f}", "of daily returns, annualised")


def _of_a_period(report: Report) -> Iterator[Section]:
    found = report.figures
    if found.scope.is_whole:
        yield _statement(report)
        yield Section("curve", "Equity and drawdown", list(_curves(report)), _about_the_curve(report))
        yield Section(
            "months", "Months", [_months(report)], f"Returns: {DEFINITION}." if found.returns else ""
        )
    yield Section("groups", "By strategy and symbol", list(_groups(report)))
    yield Section("distribution", "Distribution of trades", [_distribution(report)])
    yield _skipped(report)
    yield _trades(report)
    yield _interventions(report)
    yield _incidents(report)
    yield _latency(report)
    yield _trail(report)
    yield _checkpoint(report)


def _of_an_order(report: Report) -> Iterator[Section]:
    yield _orders(report)
    yield _fills(report)
    yield _trades(report)
    yield _interventions(report)
    yield _incidents(report)
    yield _latency(report)
    yield _trail(report)
    yield _checkpoint(report)


def _statement(report: Report) -> Section:
    found, statement = report.figures, report.figures.statement
    columns = (Column(""), Column(found.currency, is_number=True, signed=True))
    lines = [(name, _exact(amount)) for name, amount in statement.lines()]
    closing = [
        ("closing balance", _exact(statement.closing)),
        ("unrealised profit beside it", _exact_or_unknown(found.after["unrealised"])),
        ("closing equity", _exact_or_unknown(found.after["equity"])),
    ]
    added = "The lines add up to the closing balance that the log has recorded."
    if statement.difference:
        added = f"The lines do not add up to the recorded closing balance: {_exact(statement.difference)} is missing."
    foreign = "".join(
        f" Fees of {plain(fee)} {name} were paid in another currency, and are in no balance."
        for name, fee in found.foreign_fees().items()
    )
    return Section(
        "statement", "Statement", [table(columns, lines, "statement", closing)], f"{added}{foreign}"
    )


def _about_the_curve(report: Report) -> str:
    if not report.figures.held:
        return "Nothing was traded in the period, so there is no buy and hold beside the equity."
    return (
        "Buy and hold: the opening equity in equal shares of the traded instruments, at the prices of the log's "
        "signals and fills, without fees, deposits and withdrawals."
    )


def _curves(report: Report) -> Iterator[Markup]:
    found = report.figures
    equity = [(one["at"], float(one["equity"])) for one in found.points if one["equity"] is not None]
    falls = [(one["at"], -float(one["drawdown"])) for one in found.points]
    held = [(at, float(amount)) for at, amount in found.held]
    lines = [Line("main", "equity", equity), *([Line("beside", "buy and hold", held)] if held else [])]
    span = (found.begun, found.ended)
    yield LineChart(f"equity in {found.currency}", lines, *span, _number).svg()
    yield LineChart(
        "drawdown", [Line("fall", "drawdown", falls)], *span, _percent, height=140, ceiling=0.0
    ).svg()


def _months(report: Report) -> Markup:
    found = report.figures
    returns, rows = dict(found.months()), found.groups[By.MONTH]
    names = sorted({*returns, *rows})
    columns = (Column("month"), Column("return", is_number=True, signed=True), *_OF_GROUPS)
    cells = [
        (
            name,
            _share(returns.get(name)),
            *(_sums(report, rows[name]) if name in rows else ("",) * len(_OF_GROUPS)),
        )
        for name in names
    ]
    return table(columns, cells, "groups") if cells else Markup()


def _groups(report: Report) -> Iterator[Markup]:
    for by, head in ((By.STRATEGY, "strategy"), (By.INSTRUMENT, "symbol")):
        rows = report.figures.groups[by]
        if rows:
            yield table(
                (Column(head), *_OF_GROUPS),
                [(name, *_sums(report, row)) for name, row in rows.items()],
                "groups",
            )


def _distribution(report: Report) -> Markup:
    found = report.figures
    if not found.bins:
        return Markup()
    bins = [Bar(plain(one.low), float(one.trades), one.low < 0) for one in found.bins]
    hours = {f"{hour:02}": 0.0 for hour in range(24)}
    hours |= {name: float(row["net"]) for name, row in found.groups[By.HOUR].items()}
    by_hour = [Bar(name, net, net < 0) for name, net in hours.items()]
    charts = (
        (
            f"trades by net result, from … {found.currency} on",
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


def _skipped(report: Report) -> Section:
    found = report.figures
    reasons, decided = found.counted("SKIPPED"), found.counted("DECISIONS")
    rows = [(name, f"{count:,}") for name, count in reasons.items()]
    counted = ", ".join(f"{count:,} {name}" for name, count in decided.items())
    return Section(
        "skipped",
        "Signals that were not traded",
        [table((Column("reason"), Column("signals", is_number=True)), rows, "statement")] if rows else [],
        f"Decisions: {counted or 'none'}. One signal can have several reasons.",
    )


def _trades(report: Report) -> Section:
    found = report.figures
    columns = (
        *map(Column, ("position", "strategy", "closed", "by")),
        *(Column(name, is_number=True) for name in ("exit price",)),
        Column("gross", is_number=True, signed=True),
        Column("fees", is_number=True),
        Column("funding", is_number=True, signed=True),
        Column("net", is_number=True, signed=True),
    )
    rows = [
        (
            one.position,
            one.strategy,
            _time(one.at),
            one.event.reason.value.lower(),
            plain(one.event.price),
            *(_amount(amount, found.currency) for amount in (one.event.gross, one.event.fees)),
            *(_amount(amount, found.currency) for amount in (one.event.funding, one.event.net)),
        )
        for one in found.closings
    ]
    return Section("trades", "Closed trades", [table(columns, rows, "long facts")] if rows else [])


def _interventions(report: Report) -> Section:
    rows = report.interventions
    return Section(
        "people",
        "Interventions by people",
        [_rows(rows)] if rows else [Markup("<p>None: every action is the engine's or the exchange's.</p>")],
    )


def _incidents(report: Report) -> Section:
    counts = report.incident_counts()
    if not counts:
        return Section("incidents", "Incidents", [Markup("<p>None is recorded.</p>")])
    counted = [(name, f"{count:,}") for name, count in counts.items()]
    parts = [table((Column("incident"), Column("count", is_number=True)), counted, "statement")]
    if report.incidents:
        parts.append(_rows(report.incidents))
    if report.letters:
        letters = [
            (_time(one.received_at), one.id, one.source.value, one.place, one.reason)
            for one in report.letters
        ]
        heads = ("received (UTC)", "dead letter", "source", "place", "reason")
        parts.append(table(tuple(map(Column, heads)), letters, "long"))
    note = (
        "Dead letters are kept beside the log, so the checkpoint does not cover them."
        if report.letters
        else ""
    )
    return Section("incidents", "Incidents", parts, note)


def _latency(report: Report) -> Section:
    columns = (
        Column("step"),
        *(Column(name, is_number=True) for name in ("count", "median (ms)", "95 % (ms)", "largest (ms)")),
    )
    rows = [
        (
            one.step.value,
            f"{one.samples:,}",
            *(_milliseconds(took) for took in (one.median, one.p95, one.largest)),
        )
        for one in report.latency
    ]
    return Section(
        "latency",
        "Latency",
        [table(columns, rows, "facts")] if rows else [],
        "Between recorded times. On a tape these are the tape's times, which move in steps of a candle.",
    )


def _trail(report: Report) -> Section:
    return Section(
        "trail",
        "Audit trail",
        [_rows(report.actions)] if report.actions else [Markup("<p>No action touched the capital.</p>")],
        "Every event that touched the capital: who did what, when and why. "
        "`whence explain ID` shows the whole chain of a row.",
    )


def _checkpoint(report: Report) -> Section:
    standing = report.standing
    rows = [
        ("log", standing.computed.origin),
        ("events", f"{standing.computed.size:,}"),
        ("root of the tree over them (RFC 6962, base64)", standing.root),
    ]
    parts = [table((Column(""), Column("")), rows)]
    if standing.signed:
        parts.append(
            Markup(
                "<p>The log agrees with the notary's signed checkpoint of {} events:</p><pre>{}</pre>"
            ).format(f"{standing.signed_size:,}", standing.signed)
        )
    return Section(
        "checkpoint",
        "What this report stands on",
        parts,
        f"The same command with --upto {standing.computed.size} makes this report again from the same events, with the "
        "same root. `whence audit verify` compares the log with the notary's checkpoints.",
    )


def _orders(report: Report) -> Section:
    heads = (
        "order",
        "instrument",
        "side",
        "type",
        "purpose",
        "status",
        "quantity",
        "filled",
        "average price",
        "fees",
        "reason",
    )
    rows = [
        (
            *(str(one[name]) for name in ("id", "instrument", "side", "type", "purpose", "status")),
            *(_plain_or_none(one[name]) for name in ("quantity", "filled", "average_price")),
            f"{plain(one['fees'])} {one['fee_currency']}".strip(),
            in_plain_words(str(one["reason"])),
        )
        for one in report.figures.orders
    ]
    return Section("orders", "The orders of its story", [table(tuple(map(Column, heads)), rows, "facts")])


def _fills(report: Report) -> Section:
    heads = ("time (UTC)", "order", "side", "quantity", "price", "fee", "liquidity", "execution")
    rows = [
        (
            _time(one["at"]),
            one["order_id"],
            one["side"],
            plain(one["quantity"]),
            plain(one["price"]),
            f"{plain(one['fee'])} {one['fee_currency']}",
            one["liquidity"],
            one["execution_id"],
        )
        for one in report.figures.fills
    ]
    return Section("fills", "Fills", [table(tuple(map(Column, heads)), rows, "facts")] if rows else [])


def _rows(rows: Iterable[Row]) -> Markup:
    cells = (
        (
            one.at.replace("T", " ").removesuffix("Z"),
            f"#{one.ordinal}",
            one.actor,
            one.kind,
            one.subject,
            one.what,
            one.why,
            one.parameters,
        )
        for one in rows
    )
    return table(_OF_TRAIL, cells, "long trail stacked")


def _sums(report: Report, row: TableRow) -> Sequence[str]:
    spelled: Callable[[Decimal], str] = lambda amount: _amount(amount, report.figures.currency)  # noqa: E731
    rate = _share(win_rate(row["wins"], row["trades"]))
    names = ("gross", "fees", "funding", "net", "largest_win", "largest_loss")
    return [f"{row['trades']:,}", rate, *(spelled(row[name]) for name in names)]


def _amount(amount: Decimal, currency: str) -> str:
    return f"{amount:,.8f}" if currency in COINS else f"{amount:,.2f}"


def _exact(amount: Decimal) -> str:
    """Every digit that the log has."""
    whole, _, part = plain(abs(amount)).partition(".")
    return f"{'-' if amount < 0 else ''}{int(whole):,}{f'.{part}' if part else ''}"


def _exact_or_unknown(amount: Decimal | None) -> str:
    return "unknown: no hour was marked yet" if amount is None else _exact(amount)


def _money_of(amount: Decimal | None, currency: str) -> str:
    return "unknown" if amount is None else money(amount, currency)


def _plain_or_none(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def _milliseconds(took: timedelta) -> str:
    """To a microsecond, without zeros at the end."""
    return f"{milliseconds(took):,.3f}".rstrip("0").rstrip(".")


def _share(share: Decimal | float | None) -> str:
    return "none" if share is None else f"{share:+.2%}" if isinstance(share, float) else f"{share:.1%}"


def _sign(value: Decimal | float) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""


def _number(value: float, places: int) -> str:
    return f"{value:,.{places}f}"


def _percent(value: float, places: int) -> str:
    return f"{100 * value:,.{max(places - 2, 0)}f} %"


def _time(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
