"""The report of a backtest on the terminal, as JSON, and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from adapters.avro import iso
from adapters.exports.sheet import plain
from adapters.log.address import MemoryAddress, parse_address
from domain.account import KillSwitchTripped
from domain.log import LogReader
from infra.cli.benchmark import buy_and_hold
from infra.cli.measured import definitions, measures_json, measures_written
from infra.cli.not_fed import NO_FUNDING, not_fed
from infra.cli.output import console_of
from infra.cli.page_file import write_page
from infra.cli.simulator_error import as_json as error_json
from infra.cli.simulator_error import tables as error_tables
from infra.cli.trade_list import listed_trades
from infra.cli.traded_with import traded_json, traded_with
from infra.cli.what_if_report import console_table
from infra.cli.what_if_words import Listed
from infra.config import WhenceSettings
from infra.reports.report import account_json, performance_json, positions_json
from infra.run.backtesting import Backtesting
from infra.run.demo_log import NOT_TRADED, SYNTHETIC
from projections.analysis.analysis import Analysis, expectancy
from projections.behaviour import behaviour_of
from projections.fill_differences import SimulatorError
from projections.performance import win_rate
from projections.projection import Row
from projections.reports.book import Book
from projections.reports.figures import Figures, Scope
from projections.reports.period import Period
from projections.reports.results import By
from projections.trades import Trade, Trades

_GROUPED: Mapping[By, str] = {
    By.INSTRUMENT: "symbol",
    By.STRATEGY: "strategy",
    By.DIRECTION: "direction",
    By.MONTH: "month",
    By.HOUR: "hour of the close (UTC)",
    By.EXIT: "exit reason",
}
_PLACES = 8
"""The decimals of the value of buy and hold, which is a quotient."""


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """The report of a backtest whose steps have ended, which took `seconds`.

    `source` is what was traded, in words; `notes` are sentences on it. `error` is that of the simulator beside a live
    run whose tape was traded. `traded` is the table of what it was traded with.
    """

    made: Backtesting
    target: WhenceSettings
    source: str
    notes: Sequence[str]
    seconds: float
    analysis: Analysis
    traded: Listed
    error: SimulatorError | None = None

    def print(self, *, as_json: bool, list_trades: str | None = None) -> None:
        """Prints the report; on a terminal with the list of trades that `listed_trades` describes."""
        if as_json:
            typer.echo(json.dumps(self.as_json(), indent=2))
            return
        console = console_of()
        self._show(console)
        if list_trades is not None:
            console.print()
            console.print(listed_trades(self._trades(), list_trades))

    def _trades(self) -> Sequence[Trade]:
        found = Trades()
        for one in self.made.events():
            found.fold(one.envelope)
        return found.trades

    def write(self, file: Path) -> None:
        """Writes the page. Raises InvalidInput where the file cannot be written."""
        from infra.pages.backtest_page import backtest_page

        text = backtest_page(
            self.analysis,
            self.made.market.candles,
            list(self.notices()),
            [self._period(), *self.sentences()],
            f"Log {self.made.log_id}. Times are UTC. Amounts are in {self.analysis.figures.currency}.",
            list(self._errors()),
            self.traded,
        )
        write_page(file, text, on_stderr=True)

    def as_json(self) -> Mapping[str, object]:
        """The report for programs: amounts as text, times in ISO 8601, fractions as numbers."""
        made, found = self.made, self.analysis.figures
        deepest = self.analysis.deepest
        return {
            "notices": list(self.notices()),
            "source": self.source,
            "notes": list(self.notes),
            "log": self._log,
            "log_id": str(made.log_id),
            "synthetic": made.recording.opening.synthetic,
            "account": found.account,
            "currency": found.currency,
            "traded_with": traded_json(self.traded),
            "instruments": sorted(made.market.candles),
            "from": iso(made.market.begun),
            "to": iso(made.market.ended),
            "candles": made.market.count,
            "events": made.head,
            "seconds": round(self.seconds, 3),
            "measures": measures_json(self.analysis),
            "definitions": definitions(),
            "deepest_drawdown": None
            if deepest is None
            else {
                "fall": deepest.fall,
                "peak": None if deepest.peak is None else iso(deepest.peak),
                "bottom": iso(deepest.bottom),
                "recovered": None if deepest.recovered is None else iso(deepest.recovered),
            },
            **account_json(found),
            "held": [{"at": iso(at), "value": plain(round(value, _PLACES))} for at, value in found.held],
            "performance": performance_json(found),
            "signals": found.counted("SIGNALS"),
            "decisions": found.counted("DECISIONS"),
            "skipped": found.counted("SKIPPED"),
            "positions": positions_json(found),
            "declined": [
                {"request": one.request, "at": iso(one.at), "reason": one.reason}
                for one in made.backtest.declined
            ],
            "left_out": dict(made.backtest.left_out),
            **({} if self.error is None else {"simulator_error": error_json(self.error)}),
        }

    def notices(self) -> Iterator[str]:
        """What a reader must know before any figure."""
        yield NOT_TRADED
        if self.made.recording.opening.synthetic:
            yield SYNTHETIC

    def sentences(self) -> Iterator[str]:
        """What was traded, and where the events are."""
        made = self.made
        yield self.source
        yield from self.notes
        for _name, recorded in self.analysis.figures.incidents:
            if isinstance(event := recorded.envelope.event, KillSwitchTripped):
                at = recorded.envelope.meta.occurred_at
                yield f"The kill switch was tripped at {at:%Y-%m-%d %H:%M} UTC: {event.reason}"
        for one in made.backtest.declined:
            yield f"A request of {one.at:%Y-%m-%d %H:%M} UTC was declined: {one.request}: {one.reason}"
        if not self.analysis.figures.statement.funding and not made.market.has_funding:
            yield NO_FUNDING
        if left_out := made.backtest.left_out:
            yield f"Not fed: {'; '.join(not_fed(left_out, 'backtest'))}."
        if isinstance(parse_address(self.target.log), MemoryAddress):
            yield f"{made.head:,} events were made in memory; --log keeps them."
        else:
            yield f"{made.head:,} events are in {self._log}."

    @property
    def _log(self) -> str:
        return str(parse_address(self.target.log))

    def _period(self) -> str:
        market = self.made.market
        return (
            f"{market.begun:%Y-%m-%d %H:%M} to {market.ended:%Y-%m-%d %H:%M} UTC: {market.count:,} candles of "
            f"{', '.join(sorted(market.candles))}"
        )

    def _show(self, console: Console) -> None:
        for notice in self.notices():
            console.print(notice, style="yellow", soft_wrap=not console.is_terminal)
        console.print(
            f"{self._period()}, in {self.seconds:.1f} s", markup=False, soft_wrap=not console.is_terminal
        )
        for line in self.sentences():
            console.print(line, markup=False, soft_wrap=not console.is_terminal)
        console.print()
        console.print(console_table(self.traded))
        console.print()
        console.print(_measures(self.analysis))
        for by, head in _GROUPED.items():
            if rows := self.analysis.figures.groups[by]:
                console.print()
                console.print(_groups(head, rows))
        if skipped := self.analysis.figures.counted("SKIPPED"):
            console.print()
            console.print(_skipped(skipped))
            console.print("One signal can have several reasons.", style="dim")
        for one in self._errors():
            console.print()
            console.print(console_table(one))

    def _errors(self) -> Iterator[Listed]:
        if self.error is not None:
            yield from error_tables(self.error, self.analysis.figures.currency)


def reported(
    made: Backtesting,
    target: WhenceSettings,
    source: str,
    notes: Sequence[str],
    seconds: float,
    recorded: LogReader | None = None,
) -> BacktestReport:
    """The report of a backtest whose steps have ended; `recorded` is the live log whose tape was traded whole."""
    error = None if recorded is None else _error_of(recorded, made)
    return BacktestReport(
        made, target, source, notes, seconds, Analysis(figures_of(made)), traded_with(made), error
    )


def _error_of(recorded: LogReader, made: Backtesting) -> SimulatorError:
    return SimulatorError(behaviour_of(recorded.read()), behaviour_of(made.events()), made.market.ended)


def figures_of(made: Backtesting) -> Figures:
    """The figures of the whole backtest, with buy and hold by the candles."""
    found = Book(made.recording.account, Period(), Scope()).read(made.events())
    held = buy_and_hold(made.market.tapes(), made.recording.stake.balance, made.market.ended)
    return replace(found, held=held)


def _table(title: str, *, has_heads: bool) -> Table:
    return Table(
        title=title,
        box=None,
        show_header=has_heads,
        title_style="bold",
        title_justify="left",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )


def _measures(found: Analysis) -> Table:
    table = _table("Measures", has_heads=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    for one, value in measures_written(found):
        table.add_row(one.words, value)
    return table


def _groups(head: str, rows: Mapping[str, Row]) -> Table:
    table = _table(f"By {head}", has_heads=True)
    table.add_column(head.partition(" ")[0], overflow="fold")
    for name in ("trades", "won", "net", "expectancy", "fees"):
        table.add_column(name, justify="right")
    for name, row in rows.items():
        mean = expectancy(row)
        cells = (row["net"], mean, row["fees"])
        amounts = ("" if one is None else f"{one:,.2f}" for one in cells)
        rate = win_rate(row["wins"], row["trades"])
        net, each, fees = amounts
        table.add_row(name, f"{row['trades']:,}", "" if rate is None else f"{rate:.1%}", net, each, fees)
    return table


def _skipped(counts: Mapping[str, int]) -> Table:
    table = _table("Why signals were not traded", has_heads=False)
    table.add_column()
    table.add_column(justify="right")
    for reason, count in counts.items():
        table.add_row(reason, f"{count:,}")
    return table
