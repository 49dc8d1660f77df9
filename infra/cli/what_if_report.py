"""The report of a what-if: figures side by side, the decisions that changed and why, trades and equity."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from adapters.avro import iso
from adapters.log.address import parse_address
from domain.committees import POLICY_VERSION
from domain.plain_text import counted
from domain.signal import DecisionMade
from infra.cli.money import money
from infra.cli.output import console_of
from infra.config import WhenceSettings
from infra.run.backtest import Change
from infra.run.demo_log import NOT_TRADED
from infra.run.what_if import WhatIf
from projections.comparison import Comparison, DecisionPair, FigurePair, TradePair, VotePair, sum_of
from projections.sentences import plain
from projections.trades import Trade

_Row = TypeVar("_Row")
_MOST_ROWS = 20
"""A table for people has so many rows; --json has all."""
_HOURS = 12
"""The equity curves are shown at so many hours."""


class WhatIfReport:
    """The report of a what-if whose steps have ended."""

    def __init__(self, made: WhatIf, source: WhenceSettings, target: WhenceSettings, change: Change) -> None:
        self._made, self._comparison = made, made.comparison
        self._source, self._target = str(parse_address(source.log)), str(parse_address(target.log))
        self._change, self._currency = change, made.recording.stake.currency

    def print(self, *, as_json: bool) -> None:
        """Prints the report."""
        if as_json:
            typer.echo(json.dumps(self.as_json(), indent=2))
        else:
            self._show(console_of())

    def as_json(self) -> Mapping[str, object]:
        """The report for programs; decimals are text."""
        made, found = self._made, self._comparison
        return {
            "notice": NOT_TRADED,
            "log": self._source,
            "log_id": str(made.recording.opening.log_id),
            "into": self._target,
            "into_log_id": str(made.log_id),
            "events": found.candidate.summary.events,
            "changes": list(self.changes()),
            "basis": list(self.basis()),
            "control_differs_from_log": _counts(made.reproduced),
            "candidate_differs_from_control": _counts(found),
            "figures": {
                one.name: {"control": _text(one.control), "candidate": _text(one.candidate)}
                for one in found.figures
            },
            "decisions": [_decision_json(one) for one in found.decisions],
            "trades": {
                name: [_trade_json(one) for one in pairs] for name, pairs in _kinds_of_trades(found).items()
            },
            "equity": [
                {"hour": iso(one.hour), "control": str(one.control), "candidate": str(one.candidate)}
                for one in found.equity
            ],
        }

    def changes(self) -> Iterator[str]:
        """What the candidate has otherwise than the log, one text each."""
        yield from (f"trading.{name} = {value}" for name, value in self._change.values.items())
        if self._change.policy != POLICY_VERSION:
            yield f"policy {self._change.policy} in place of {POLICY_VERSION}"
        for one in self._change.strategies or ():
            parameters = " ".join(f"{name}={value}" for name, value in one.parameters.items())
            where = " ".join(filter(None, (one.interval, ",".join(one.instruments))))
            yield " ".join(filter(None, (f"strategy {one.instance}", f"({one.kind})", parameters, where)))

    def basis(self) -> Iterator[str]:
        """What the figures stand on, in sentences."""
        made = self._made
        if made.recording.is_live:
            yield (
                "Simulated fills differ from recorded ones. So the control is not the log but the same backtest with "
                "the log's own settings, and the candidate is compared with the control. What was sent between two "
                "candles is filled from the open of its candle on."
            )
        differing = _counts(made.reproduced)
        if any(differing.values()):
            counts = ", ".join(f"{count:,} {name}" for name, count in differing.items())
            yield f"The control differs from the log in {counts}."
        else:
            yield "The control makes every decision, order and fill of the log again."
        if left_out := made.candidate.left_out:
            counts = ", ".join(f"{count:,} {name}" for name, count in sorted(left_out.items()))
            yield f"Not fed, because they are of an exchange or of changed settings: {counts}."
        for one in made.candidate.declined:
            yield f"A request of {one.at:%Y-%m-%d %H:%M:%S} UTC was declined ({one.request}): {one.reason}."

    def _show(self, console: Console) -> None:
        console.print(f"[yellow]{NOT_TRADED}[/yellow]")
        lines = (
            f"{self._source} with {'; '.join(self.changes()) or 'its own settings'}",
            *self.basis(),
            f"The candidate's {self._comparison.candidate.summary.events:,} events are in {self._target}.",
        )
        for line in lines:
            console.print(line, markup=False, soft_wrap=not console.is_terminal)
        for table in self._tables():
            console.print()
            console.print(table)

    def _tables(self) -> Iterator[Table]:
        found = self._comparison
        yield self._figures()
        if found.decisions:
            verdicts = sum(one.has_other_verdict for one in found.decisions)
            title = f"Decisions that changed: {len(found.decisions):,}, of them {verdicts:,} with another verdict"
            yield _shortened(title, _DECISION_COLUMNS, found.decisions, self._decision)
        for name, pairs in _kinds_of_trades(found).items():
            if pairs:
                title = f"Trades {name}: {len(pairs):,}, {_signed(sum_of(pairs), self._currency)}"
                yield _shortened(title, _TRADE_COLUMNS, pairs, self._trade)
        if found.equity:
            yield self._equity()

    def _figures(self) -> Table:
        table = _table("Figures", ("", "control", "candidate", "difference"))
        for one in self._comparison.figures:
            table.add_row(
                one.name,
                self._spelled(one, one.control),
                self._spelled(one, one.candidate),
                self._difference(one),
            )
        return table

    def _spelled(self, figure: FigurePair, value: Decimal | float | None) -> str:
        return "none" if value is None else _UNITS[figure.unit](value, self._currency)

    def _difference(self, figure: FigurePair) -> str:
        if figure.control is None or figure.candidate is None or figure.control == figure.candidate:
            return ""
        change: Any = figure.candidate - figure.control  # type: ignore[operator]  # both are of one type
        return f"{'+' if change > 0 else ''}{_UNITS[figure.unit](change, self._currency)}"

    def _decision(self, pair: DecisionPair) -> Sequence[str]:
        signal = pair.signal
        return (
            f"{signal.candle_closed_at:%y-%m-%d %H:%M}",
            signal.instrument.partition("-")[0],
            signal.strategy,
            _verdict(pair.control),
            _verdict(pair.candidate),
            why(pair),
        )

    def _trade(self, pair: TradePair) -> Sequence[str]:
        trade = pair.control or pair.candidate
        assert trade is not None  # a pair has at least one
        return (
            f"{trade.opened_at:%y-%m-%d %H:%M}",
            trade.instrument.partition("-")[0],
            trade.direction.value.lower(),
            trade.opened_by,
            _net(pair.control),
            _net(pair.candidate),
        )

    def _equity(self) -> Table:
        pairs = self._comparison.equity
        table = _table("Equity", ("hour", "control", "candidate", "difference"))
        step = max(len(pairs) // _HOURS, 1)
        for one in [*pairs[: -step or None : step], pairs[-1]]:
            table.add_row(
                f"{one.hour:%y-%m-%d %H:%M}",
                f"{one.control:,.2f}",
                f"{one.candidate:,.2f}",
                f"{one.candidate - one.control:+,.2f}",
            )
        return table


_DECISION_COLUMNS = ("candle closed", "symbol", "strategy", "control", "candidate", "why")
_TRADE_COLUMNS = ("opened", "symbol", "side", "by", "control", "candidate")
_UNITS: Mapping[str, Callable[[Any, str], str]] = {
    "money": money,
    "fraction": lambda value, _currency: f"{value:.2%}",
    "number": lambda value, _currency: f"{value:.2f}",
    "count": lambda value, _currency: f"{value:,}",
}


def why(pair: DecisionPair) -> str:
    """Why the two decisions differ: the members that vote differently, with the figures that they read."""
    if pair.control is None or pair.candidate is None:
        return "the strategy gave no such signal in the " + ("control" if pair.control is None else "candidate")
    if pair.has_other_members:
        reasons = (", ".join(one.reasons) for one in (pair.control, pair.candidate))
        return f"the signal met another position or order: {' -> '.join(reasons)}"
    if votes := pair.votes:
        return "; ".join(map(_vote, votes))
    sizes = (
        (name, getattr(pair.control, name), getattr(pair.candidate, name))
        for name in ("quantity", "stop", "target")
    )
    changed = ", ".join(f"{name} {plain(one)} -> {plain(other)}" for name, one, other in sizes if one != other)
    return changed or "the reasons differ"


def _vote(pair: VotePair) -> str:
    """The member's vote: its reasons where it votes no, and the figures that differ."""
    figures = ", ".join(f"{name} {one or '-'} -> {other or '-'}" for name, (one, other) in pair.figures.items())
    spelled = f"{pair.member} {_spelled_vote(pair.control)} -> {_spelled_vote(pair.candidate)}"
    return f"{spelled} ({figures})" if figures else spelled


def _spelled_vote(vote: Any) -> str:
    if vote is None:
        return "did not vote"
    return "yes" if vote.approves else ", ".join(vote.reasons) or "no"


def _verdict(decision: DecisionMade | None) -> str:
    if decision is None:
        return "-"
    return f"{decision.verdict} {plain(decision.quantity)}" if decision.quantity else decision.verdict.value


def _kinds_of_trades(found: Comparison) -> Mapping[str, Sequence[TradePair]]:
    return {"lost": found.lost, "gained": found.gained, "that ended otherwise": found.changed}


def _counts(found: Comparison) -> Mapping[str, int]:
    return {"decisions": len(found.decisions), "orders": found.orders, "fills": found.fills}


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(
        title=title, box=None, title_style="bold", title_justify="left", pad_edge=False, padding=(0, 2, 0, 0)
    )
    for name in columns:
        table.add_column(
            name, justify="right" if name in _RIGHT and "why" not in columns else "left", overflow="fold"
        )
    return table


_RIGHT = frozenset({"control", "candidate", "difference"})


def _shortened(
    title: str, columns: Sequence[str], rows: Sequence[_Row], cells: Callable[[_Row], Sequence[str]]
) -> Table:
    table = _table(title, columns)
    for row in rows[:_MOST_ROWS]:
        table.add_row(*cells(row))
    if len(rows) > _MOST_ROWS:
        table.caption, table.caption_justify = f"and {len(rows) - _MOST_ROWS:,} more; --json has all", "left"
    return table


def _signed(amount: Decimal, currency: str) -> str:
    return f"{'+' if amount > 0 else ''}{money(amount, currency)}"


def _net(trade: Trade | None) -> str:
    if trade is None:
        return "-"
    return "open" if trade.closed_at is None else f"{trade.net:+,.2f}"


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _decision_json(pair: DecisionPair) -> Mapping[str, object]:
    signal = pair.signal
    return {
        "cause": pair.fact.cause,
        "strategy": signal.strategy,
        "instrument": signal.instrument,
        "candle_closed_at": iso(signal.candle_closed_at),
        "control": _made_json(pair.control),
        "candidate": _made_json(pair.candidate),
        "why": why(pair),
    }


def _made_json(decision: DecisionMade | None) -> Mapping[str, object] | None:
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


def _trade_json(pair: TradePair) -> Mapping[str, object]:
    trade = pair.control or pair.candidate
    assert trade is not None  # a pair has at least one
    return {
        "cause": pair.fact.cause,
        "instrument": trade.instrument,
        "opened_by": trade.opened_by,
        "direction": trade.direction.value,
        "control": _side_json(pair.control),
        "candidate": _side_json(pair.candidate),
        "difference": str(pair.difference),
    }


def _side_json(trade: Trade | None) -> Mapping[str, object] | None:
    if trade is None:
        return None
    closed: datetime | None = trade.closed_at
    return {
        "opened_at": iso(trade.opened_at),
        "closed_at": None if closed is None else iso(closed),
        "quantity": str(trade.quantity),
        "entry": str(trade.entry),
        "exit": None if closed is None else str(trade.exit),
        "reason": trade.reason,
        "net": None if closed is None else str(trade.net),
    }
