"""A report as one HTML page, with its charts inside and nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from markupsafe import Markup

from infra.cli.money import money
from infra.cli.wording import in_plain_words
from infra.pages.frame import render
from infra.pages.section import Section
from infra.pages.tables import Column, table
from infra.reports.report import BACKTEST, DEMO, Report
from infra.reports.sections import (
    RETURNS,
    curves,
    distribution,
    groups,
    measures,
    months,
    routes,
    share,
    skipped,
    time_of,
    trades,
)
from infra.reports.trail import Row
from infra.run.demo_log import NOT_TRADED, SYNTHETIC
from projections.analysis.analysis import Analysis
from projections.performance import win_rate
from projections.reports.figures import Figures
from projections.reports.latency import milliseconds
from projections.reports.results import By
from projections.sentences import plain

_SIMULATED = "DEMO: fills were simulated, and no order of this log was sent to an exchange"
_NOTICES: Mapping[str, str] = {DEMO: _SIMULATED, BACKTEST: NOT_TRADED}
_OF_TRAIL = tuple(
    map(Column, ("time (UTC)", "event", "who", "action", "of", "what", "why", "further parameters"))
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the head; `style` is a class of the style sheet."""

    name: str
    value: str
    note: str = ""
    style: str = ""


def page(report: Report) -> str:
    """The page. It is the same for the same report: no time of its making is in it."""
    found = report.figures
    about = found.scope.order or found.scope.strategy
    title = f"{report.kind} report: account {found.account}{f', {about}' if about else ''}"
    notices = [
        *([_NOTICES[report.kind]] if report.kind in _NOTICES else []),
        *([SYNTHETIC] if report.synthetic else []),
    ]
    sections = _of_an_order(report) if found.scope.order else _of_a_period(report)
    return render(
        "report.html",
        title=title,
        notices=notices,
        lead=(
            f"{time_of(found.begun)} to {time_of(found.ended)} UTC, events {found.first:,} to {found.last:,} of log "
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
        yield Figure("return", share(found.growth), "time-weighted", _sign(found.growth or 0))
        yield Figure("largest drawdown", share(-found.drawdown), "of the highest equity so far")
        yield Figure("equity", _money_of(found.after["equity"], found.currency), "at the last mark")
    yield Figure("closed trades", f"{row['trades']:,}", f"{row['wins']:,} won, {row['losses']:,} lost")
    rate = win_rate(row["wins"], row["trades"])
    yield Figure("win rate", share(rate))
    yield Figure("fees", money(found.statement.fees if found.scope.is_whole else row["fees"], found.currency))
    if found.scope.is_whole and found.held and found.equity_before:
        change = found.held[-1][1] / found.equity_before - 1
        yield Figure(
            "buy and hold",
            share(change),
            "equal shares, no fees, at the prices of the log's signals and fills",
        )
    if found.scope.is_whole and found.ratios.sharpe is not None:
        yield Figure("Sharpe", f"{found.ratios.sharpe:.2f}", "of daily returns, annualised")


def _of_a_period(report: Report) -> Iterator[Section]:
    found = report.figures
    if found.scope.is_whole:
        yield _statement(report)
        yield Section("curve", "Equity and drawdown", list(curves(found)), _about_the_curve(found))
        yield measures(Analysis(found))
        yield Section("months", "Months", [months(found)], RETURNS if found.returns else "")
    yield Section("groups", "By strategy, symbol, direction and exit reason", list(groups(found)))
    yield Section("distribution", "Distribution of trades", [distribution(found)])
    yield skipped(found)
    yield routes(found)
    yield _versions(report)
    yield trades(report.figures)
    yield _interventions(report)
    yield _incidents(report)
    yield _latency(report)
    yield _trail(report)
    yield _checkpoint(report)


def _of_an_order(report: Report) -> Iterator[Section]:
    yield _orders(report)
    yield _fills(report)
    yield trades(report.figures)
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
        (_unrealised_name(found), _exact_or_unknown(found.after["unrealised"])),
        ("closing equity", _closing_equity(found)),
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


def _about_the_curve(found: Figures) -> str:
    if found.equity_before is None:
        return (
            "The equity at the beginning of the period is not known, because no hour was marked before it: there is no "
            "buy and hold beside the curve."
        )
    if not found.held:
        return "Nothing was traded in the period, so there is no buy and hold beside the equity."
    return (
        "Buy and hold: the opening equity in equal shares of the traded instruments, at the prices of the log's "
        "signals and fills, without fees, deposits and withdrawals."
    )


def _versions(report: Report) -> Section:
    columns = (
        *map(Column, ("from (UTC)", "event", "policy", "strategies", "put in force by")),
        Column("decisions", is_number=True),
    )
    rows = [
        (
            time_of(one.at),
            f"#{one.ordinal}",
            f"version {one.policy}",
            "; ".join(one.strategies),
            f"{one.actor}, settings {one.settings}",
            f"{one.decisions:,}",
        )
        for one in report.figures.versions
    ]
    return Section(
        "versions",
        "What decided",
        [table(columns, rows, "facts stacked")] if rows else [],
        "Each row after the first is a promotion: another version of the committees' policy, other strategies or "
        "parameters. No model takes part in decisions, so none was promoted.",
    )


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
            (time_of(one.received_at), one.id, one.source.value, one.place, one.reason)
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
    return Section(
        "orders",
        "The order and those that belong to it",
        [table(tuple(map(Column, heads)), rows, "facts reasons")],
    )


def _fills(report: Report) -> Section:
    heads = ("time (UTC)", "order", "side", "quantity", "price", "fee", "liquidity", "execution")
    rows = [
        (
            time_of(one["at"]),
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


def _exact(amount: Decimal) -> str:
    """Every digit that the log has."""
    whole, _, part = plain(abs(amount)).partition(".")
    return f"{'-' if amount < 0 else ''}{int(whole):,}{f'.{part}' if part else ''}"


def _unrealised_name(found: Figures) -> str:
    """The name of the unrealised profit in the statement, with its time where the balance has changed since."""
    at: datetime | None = found.after["equity_at"]
    if at is None or found.closing_equity is not None:
        return "unrealised profit beside it"
    return f"unrealised profit at the last mark, {at:%Y-%m-%d %H:%M} UTC"


def _closing_equity(found: Figures) -> str:
    if found.closing_equity is None and found.after["unrealised"] is not None:
        return "unknown: an order was filled after the last mark"
    return _exact_or_unknown(found.closing_equity)


def _exact_or_unknown(amount: Decimal | None) -> str:
    return "unknown: no hour was marked yet" if amount is None else _exact(amount)


def _money_of(amount: Decimal | None, currency: str) -> str:
    return "unknown" if amount is None else money(amount, currency)


def _plain_or_none(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def _milliseconds(took: timedelta) -> str:
    """To a microsecond, without zeros at the end."""
    return f"{milliseconds(took):,.3f}".rstrip("0").rstrip(".")


def _sign(value: Decimal | float) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""
