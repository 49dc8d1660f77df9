"""The result of a run: a table and the next steps for people, one JSON object for programs."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adapters.avro import iso
from adapters.log.address import MemoryAddress, PostgresAddress, parse_address
from domain.ratios import DEFINITION
from domain.signal import Verdict
from infra.cli.money import money
from infra.cli.trading_tables import TradingTables
from infra.config import DEFAULT_FILE, WhenceSettings
from infra.run.demo_log import SYNTHETIC
from infra.run.plan import Plan
from projections import rules
from projections.summary import Summary


@dataclass(frozen=True, slots=True)
class Result:
    """A run of `plan`: the number of candles played, the seconds it took, and the summary of its trading.

    `notes` are sentences on the run, beside those of its tapes.
    """

    plan: Plan
    settings: WhenceSettings
    summary: Summary
    candles: int
    seconds: float
    tables: TradingTables
    notes: Sequence[str] = ()

    @property
    def whole(self) -> bool:
        """Whether the tapes were played to their end."""
        return self.candles == self._total

    @property
    def _total(self) -> int:
        return sum(len(tape.candles) for tape in self.plan.tapes)

    @property
    def title(self) -> str:
        """What kind of trading it is; a synthetic market is called so."""
        return SYNTHETIC if self.plan.opening.synthetic else "Paper trading"

    @property
    def log(self) -> str:
        """The log's address, without a password."""
        return str(parse_address(self.settings.log))

    def as_json(self) -> dict[str, object]:
        """The result for programs; decimals are text."""
        begun, ended = self.tables.begun, self.tables.ended
        return {
            "log": self.log,
            "log_id": str(self.plan.opening.log_id),
            "synthetic": self.plan.opening.synthetic,
            "instruments": [instrument.id for instrument in self.plan.instruments],
            "from": iso(begun),
            "to": iso(ended),
            "candles": self.candles,
            "whole": self.whole,
            "seconds": round(self.seconds, 3),
            "notes": [*(note for tape in self.plan.tapes for note in tape.notes), *self.notes],
            **self.summary.figures(),
            **self.tables.as_json(),
        }

    def show(self, console: Console) -> None:
        """Prints the result for people."""
        tables = self.tables
        style = "bold yellow" if self.plan.opening.synthetic else "bold"
        console.print(_table(self.title, style, chain(self._rows(), tables.rows())))
        for name in sorted(self.summary.rules):
            console.print(rules.sentence(self.summary.rules[name]), style="dim", markup=False)
        console.print(f"Sharpe and Sortino: {DEFINITION}.", style="dim")
        tables.show(console)
        if self.summary.tripped_at is not None:
            at = f"{self.summary.tripped_at:%Y-%m-%d %H:%M} UTC"
            console.print(
                f"The kill switch was tripped at {at}: {self.summary.tripped}. No entry is traded until a person "
                "resets it.",
                style="bold red",
                markup=False,
            )
        if self.summary.skipped:
            reasons = ((reason, f"{count:,}") for reason, count in self.summary.skipped.most_common())
            console.print(_table("Why signals were not traded", "bold", reasons))
            if self.summary.skipped.total() > self.summary.verdicts[Verdict.SKIP]:
                console.print("One signal can have several reasons.", style="dim")
        if isinstance(parse_address(self.settings.log), MemoryAddress):
            console.print("The log was in memory and is lost; name another log with --log to keep it.")
            return
        console.print("The dashboard shows this log in a browser; the last of these commands serves it.")
        console.print("Try next:")
        for line in self.next_steps():
            console.print(f"  {line}", style="bold", markup=False, soft_wrap=True)
        address = parse_address(self.settings.log)
        if isinstance(address, PostgresAddress) and address.password:
            console.print(
                "The log's password is left out: write the whole address in whence.toml (`log = …`) or WHENCE_LOG, and "
                "leave out --log.",
                style="dim",
                markup=False,
            )

    def next_steps(self) -> Iterator[str]:
        """Commands to run next, quoted for a shell. They name the settings file if it is not the default one."""
        file = self.settings.config
        named = ["--log", self.log] + (["--config", str(file)] if file not in (None, DEFAULT_FILE) else [])
        log, whence = shlex.join(named), _program()
        summary = self.summary
        wanted = summary.last_closed_by or summary.last_signal
        if wanted:
            yield f"{whence} explain {wanted} {log}"
            yield f"{whence} log --type {'PositionClosed' if summary.trades else 'DecisionMade'} {log}"
        yield f"{whence} log --json {log}"
        yield f"{whence} api {log}"

    def _rows(self) -> Iterator[tuple[str, str]]:
        begun, ended = self.tables.begun, self.tables.ended
        trading, currency = self.summary, self.summary.currency
        rate = trading.win_rate
        yield "instruments", ", ".join(instrument.id for instrument in self.plan.instruments)
        yield "period", f"{begun:%Y-%m-%d %H:%M} to {ended:%Y-%m-%d %H:%M} UTC"
        yield (
            "candles",
            f"{self.candles:,}{'' if self.whole else f' of {self._total:,}'} in {self.seconds:.1f} s",
        )
        yield "events", f"{trading.events:,}"
        yield "signals", f"{trading.signals:,}"
        yield "decisions", _counts(trading.verdicts)
        yield "trades", f"{trading.trades:,} ({trading.still_open} still open)"
        yield "exits", _counts(trading.exits)
        yield "win rate", "no trade yet" if rate is None else f"{rate:.1%}"
        yield "net profit", money(trading.net, currency)
        yield "of it fees", money(-trading.fees, currency)
        yield from self._open_rows()
        yield "largest drawdown", f"{trading.max_drawdown:.2%} of equity"
        yield "Sharpe", _ratio(trading.ratios.sharpe)
        yield "Sortino", _ratio(trading.ratios.sortino)
        yield "balance", _change(trading.starting_balance, trading.balance, currency)
        if trading.held:
            yield "equity", "unknown" if trading.equity is None else money(trading.equity, currency)

    def _open_rows(self) -> Iterator[tuple[str, str]]:
        """What the open positions have realised and paid so far, and their unrealised profit."""
        trading, currency = self.summary, self.summary.currency
        if not trading.held:
            return
        if trading.open_gross:
            yield "realised by partial exits", money(trading.open_gross, currency)
        yield "fees of open positions", money(-trading.open_fees, currency)
        if trading.open_funding:
            yield "funding of open positions", money(trading.open_funding, currency)
        unrealised = trading.unrealised
        yield "unrealised profit", "unknown" if unrealised is None else money(unrealised, currency)


def _table(title: str, style: str, rows: Iterator[tuple[str, str]]) -> Table:
    table = Table(title=title, show_header=False, title_style=style, title_justify="left")
    table.add_column(style="dim")
    table.add_column(justify="right")
    for row in rows:
        table.add_row(*row)
    return table


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counted.items())) or "none"


def _change(before: Decimal, after: Decimal, currency: str) -> str:
    return f"{money(before, currency).removesuffix(currency)}-> {money(after, currency)}"


def _ratio(ratio: float | None) -> str:
    return "none" if ratio is None else f"{ratio:.2f}"


def _program() -> str:
    """The command by which this program can be run again."""
    found = shutil.which("whence")
    if found is not None and Path(found).resolve() == Path(sys.argv[0]).resolve():
        return "whence"
    return shlex.quote(sys.argv[0])
