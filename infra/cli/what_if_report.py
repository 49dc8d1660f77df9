"""The report of a what-if on the terminal, as JSON, and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from adapters.avro import iso
from adapters.log.address import parse_address
from domain.errors import InvalidInput
from domain.signal import DecisionMade
from infra.cli.output import console_of
from infra.cli.what_if_words import Listed, basis, changes, counts, kinds_of_trades, listed, why
from infra.config import WhenceSettings
from infra.run.backtest import Change
from infra.run.demo_log import NOT_TRADED
from infra.run.what_if import WhatIf
from projections.comparison import DecisionPair, TradePair
from projections.trades import Trade

_MOST_ROWS = 20
"""A table on the terminal has so many rows; --json has all."""
_SYNTHETIC = "SYNTHETIC MARKET: these prices are not real"


@dataclass(frozen=True, slots=True)
class WhatIfReport:
    """The report of a what-if whose steps have ended."""

    made: WhatIf
    source: WhenceSettings
    target: WhenceSettings
    change: Change

    def print(self, *, as_json: bool) -> None:
        """Prints the report."""
        if as_json:
            typer.echo(json.dumps(self.as_json(), indent=2))
        else:
            self._show(console_of())

    def write(self, file: Path) -> None:
        """Writes the page. Raises InvalidInput where the file cannot be written."""
        from infra.pages.what_if_page import what_if_page

        text = what_if_page(
            self.made.comparison,
            self.made.recording.stake.currency,
            list(self.notices()),
            list(self.sentences()),
            f"{self._source}: log {self.made.recording.opening.log_id}, candidate {self.made.log_id}",
        )
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InvalidInput(f"--html {file} cannot be written: {error.strerror}") from None
        typer.echo(f"{file}: {len(text.encode()) / 1024:.0f} KiB", err=True)

    def as_json(self) -> Mapping[str, object]:
        """The report for programs; decimals are text."""
        made, found = self.made, self.made.comparison
        return {
            "notices": list(self.notices()),
            "log": self._source,
            "log_id": str(made.recording.opening.log_id),
            "into": self._target,
            "into_log_id": str(made.log_id),
            "events": found.candidate.summary.events,
            "changes": list(changes(self.change)),
            "basis": list(basis(made)),
            "control_differs_from_log": counts(made.reproduced),
            "candidate_differs_from_control": counts(found),
            "figures": {
                one.name: {"control": _text(one.control), "candidate": _text(one.candidate)}
                for one in found.figures
            },
            "decisions": [_decision(one) for one in found.decisions],
            "trades": {
                name: [_trade(one) for one in pairs] for name, pairs in kinds_of_trades(found).items()
            },
            "equity": [
                {
                    "hour": iso(one.hour),
                    "control": str(one.control.equity),
                    "candidate": str(one.candidate.equity),
                    "control_drawdown": str(round(one.control.drawdown, 6)),
                    "candidate_drawdown": str(round(one.candidate.drawdown, 6)),
                }
                for one in found.equity
            ],
        }

    def notices(self) -> Iterator[str]:
        """What a reader must know before any figure."""
        yield NOT_TRADED
        if self.made.recording.opening.synthetic:
            yield _SYNTHETIC

    def sentences(self) -> Iterator[str]:
        """What was compared, and what the figures stand on."""
        yield f"{self._source} with {'; '.join(changes(self.change)) or 'its own settings'}"
        yield from basis(self.made)
        yield f"The candidate's {self.made.comparison.candidate.summary.events:,} events are in {self._target}."

    @property
    def _source(self) -> str:
        return str(parse_address(self.source.log))

    @property
    def _target(self) -> str:
        return str(parse_address(self.target.log))

    def _show(self, console: Console) -> None:
        for notice in self.notices():
            console.print(notice, style="yellow", soft_wrap=not console.is_terminal)
        for line in self.sentences():
            console.print(line, markup=False, soft_wrap=not console.is_terminal)
        for one in listed(self.made.comparison, self.made.recording.stake.currency):
            console.print()
            console.print(_table(one))


def _table(listed: Listed) -> Table:
    table = Table(
        title=listed.title,
        box=None,
        title_style="bold",
        title_justify="left",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for column in listed.columns:
        table.add_column(column.head, justify="right" if column.is_number else "left", overflow="fold")
    for row in listed.rows[:_MOST_ROWS]:
        table.add_row(*row)
    if (left := len(listed.rows) - _MOST_ROWS) > 0:
        table.caption, table.caption_justify = f"and {left:,} more; --json has all", "left"
    return table


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _decision(pair: DecisionPair) -> Mapping[str, object]:
    signal = pair.signal
    return {
        "cause": pair.fact.cause,
        "strategy": signal.strategy,
        "instrument": signal.instrument,
        "candle_closed_at": iso(signal.candle_closed_at),
        "control": _made(pair.control),
        "candidate": _made(pair.candidate),
        "why": why(pair),
    }


def _made(decision: DecisionMade | None) -> Mapping[str, object] | None:
    if decision is None:
        return None
    return {
        "verdict": decision.verdict.value,
        "reasons": list(decision.reasons),
        "quantity": str(decision.quantity),
        "stop": str(decision.stop),
        "target": str(decision.target),
        "policy_version": decision.policy_version,
        "votes": {vote.member: vote.approves for vote in decision.votes},
    }


def _trade(pair: TradePair) -> Mapping[str, object]:
    trade = pair.control or pair.candidate
    assert trade is not None  # a pair has at least one
    return {
        "cause": pair.fact.cause,
        "instrument": trade.instrument,
        "opened_by": trade.opened_by,
        "direction": trade.direction.value,
        "control": _side(pair.control),
        "candidate": _side(pair.candidate),
        "difference": str(pair.difference),
    }


def _side(trade: Trade | None) -> Mapping[str, object] | None:
    if trade is None:
        return None
    closed = trade.closed_at
    return {
        "opened_at": iso(trade.opened_at),
        "closed_at": None if closed is None else iso(closed),
        "quantity": str(trade.quantity),
        "entry": str(trade.entry),
        "exit": None if closed is None else str(trade.exit),
        "reason": trade.reason,
        "net": None if closed is None else str(trade.net),
    }
