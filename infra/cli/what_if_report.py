"""The report of a what-if on the terminal, as JSON, and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from adapters.avro import iso
from adapters.log.address import MemoryAddress, parse_address
from domain.mark import HOUR
from domain.signal import DecisionMade
from infra.cli.output import console_of
from infra.cli.page_file import write_page
from infra.cli.what_if_words import DECISIONS, Listed, basis, counts, daily, kinds_of_trades, listed, why
from infra.run.compared import Compared
from infra.run.demo_log import NOT_TRADED, SYNTHETIC
from projections.comparison import DecisionPair, TradePair
from projections.paired_days import PairedDays
from projections.trades import Trade

_MOST_ROWS = 20
"""A table on the terminal has so many rows; --json has all."""
_WIDE = 100
"""From so many columns on, the decisions and their reasons are a table."""


@dataclass(frozen=True, slots=True)
class WhatIfReport:
    """The report of a what-if or a shadow.

    `source`, `target` and `control` are the addresses of the log, of the candidate's and of the control's; None for a
    control that is not kept. `changes` are the sentences on what the candidate has otherwise than the log.
    """

    made: Compared
    changes: Sequence[str]
    source: str
    target: str
    control: str | None = None

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
            self.made.currency,
            list(self.notices()),
            list(self.sentences()),
            f"{self.source}: log {self.made.source.log_id}, candidate {self.made.log_id}",
            "what if" if self.control is None else "shadow",
        )
        write_page(file, text, on_stderr=True)

    def as_json(self) -> Mapping[str, object]:
        """The report for programs; decimals are text."""
        made, found = self.made, self.made.comparison
        return {
            "notices": list(self.notices()),
            "log": self.source,
            "log_id": str(made.source.log_id),
            "control": self.control,
            "into": self.target,
            "into_log_id": str(made.log_id),
            "events": found.candidate.summary.events,
            "changes": list(self.changes),
            "basis": list(basis(made)),
            "control_differs_from_log": counts(made.reproduced),
            "candidate_differs_from_control": counts(found),
            "figures": {
                one.name: {"control": _text(one.control), "candidate": _text(one.candidate)}
                for one in found.figures
            },
            "days": _days(found.days),
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
        if self.made.source.synthetic:
            yield SYNTHETIC

    def sentences(self) -> Iterator[str]:
        """What was compared, and what the figures stand on."""
        found = self.made.comparison
        yield f"{self.source} with {'; '.join(self.changes) or 'its own settings'}"
        yield from basis(self.made)
        is_kept = not isinstance(parse_address(self.target), MemoryAddress)
        place = f"are in {self.target}" if is_kept else "are not kept"
        yield f"The candidate's {found.candidate.summary.events:,} events {place}."
        if self.control is not None:
            yield (
                f"The control's {found.control.summary.events:,} events are in {self.control}. Both are compared up to "
                f"the end of the last hour that both have marked, {max(found.control.marks) + HOUR:%Y-%m-%d %H:00} UTC."
            )
        yield daily(found.days, self.made.currency)

    def _show(self, console: Console) -> None:
        for notice in self.notices():
            console.print(notice, style="yellow", soft_wrap=not console.is_terminal)
        for line in self.sentences():
            console.print(line, markup=False, soft_wrap=not console.is_terminal)
        for one in listed(self.made.comparison, self.made.currency):
            console.print()
            is_narrow = one.title.startswith(DECISIONS) and console.width < _WIDE
            console.print(_console_list(one) if is_narrow else console_table(one))


def _console_list(listed: Listed) -> Group:
    """The decisions for a narrow terminal: each reason below its decision, because a column would break words."""
    parts: list[RenderableType] = [Text(listed.title, "bold")]
    for closed, symbol, strategy, control, candidate, reason in listed.rows[:_MOST_ROWS]:
        parts.append(Text(f"{closed} {symbol} {strategy}: {control} -> {candidate}"))
        parts.append(Padding(Text(reason), (0, 0, 0, 4), expand=False))
    if left := _left(listed):
        parts.append(Text(left))
    return Group(*parts)


def _left(listed: Listed) -> str:
    """What of the rows a terminal does not show; empty where it shows all."""
    left = len(listed.rows) - _MOST_ROWS
    return f"and {left:,} more; --json has all" if left > 0 else ""


def console_table(listed: Listed) -> Table:
    """The table for a terminal, at most `_MOST_ROWS` rows of it."""
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
    if left := _left(listed):
        table.caption, table.caption_justify = left, "left"
    return table


def _days(found: PairedDays) -> Mapping[str, object]:
    interval = found.interval
    return {
        "count": len(found.days),
        "left_out": [one.isoformat() for one in found.left_out],
        "mean_difference": _text(found.mean),
        "interval": None if interval is None else [interval.low, interval.high],
        "block_days": None if interval is None else interval.block,
        "verdict": found.finding,
        "days": [
            {"day": one.day.isoformat(), "control": str(one.control), "candidate": str(one.candidate)}
            for one in found.days
        ],
    }


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
