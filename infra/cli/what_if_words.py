"""The words of a what-if's report: why a decision differs, and the tables that the terminal and the page show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from domain.committees import POLICY_VERSION
from domain.signal import DecisionMade, Vote
from infra.cli.money import money
from infra.pages.tables import Column
from infra.run.backtest import Change
from infra.run.what_if import WhatIf
from projections.comparison import Comparison, DecisionPair, FigurePair, TradePair, VotePair, sum_of
from projections.sentences import plain
from projections.trades import Trade

_HOURS = 12
"""The equity is listed at so many hours."""


EQUITY = "Equity"
"""The title of the table beside which the curves stand."""


class Listed(NamedTuple):
    """A table: its title, its columns, and the cells of each row."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]


def changes(change: Change) -> Iterator[str]:
    """What the candidate has otherwise than the log, one text each."""
    yield from (f"trading.{name} = {value}" for name, value in change.values.items())
    if change.policy != POLICY_VERSION:
        yield f"policy {change.policy} in place of {POLICY_VERSION}"
    for one in change.strategies or ():
        parameters = " ".join(f"{name}={value}" for name, value in one.parameters.items())
        where = " ".join(filter(None, (one.interval, ",".join(one.instruments))))
        yield " ".join(filter(None, (f"strategy {one.instance}", f"({one.kind})", parameters, where)))


def basis(made: WhatIf) -> Iterator[str]:
    """What the figures stand on, in sentences."""
    if made.recording.is_live:
        yield (
            "Simulated fills differ from recorded ones. So the control is not the log but the same backtest with the "
            "log's own settings, and the candidate is compared with the control. What was sent between two candles is "
            "filled from the open of its candle on."
        )
    differing = counts(made.reproduced)
    if any(differing.values()):
        yield f"The control differs from the log in {_counted(differing)}."
    else:
        yield "The control makes every decision, order and fill of the log again."
    if left_out := made.candidate.left_out:
        counted = _counted(dict(sorted(left_out.items())))
        yield f"Not fed, because they are of an exchange or of changed settings: {counted}."
    for one in made.candidate.declined:
        yield f"A request of {one.at:%Y-%m-%d %H:%M:%S} UTC was declined ({one.request}): {one.reason}."


def counts(found: Comparison) -> Mapping[str, int]:
    """The numbers of decisions, orders and fills that differ."""
    return {"decisions": len(found.decisions), "orders": found.orders, "fills": found.fills}


def _counted(found: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in found.items())


def why(pair: DecisionPair) -> str:
    """Why the two decisions differ: the members that vote differently, with the figures that they read."""
    if pair.control is None or pair.candidate is None:
        return "no such signal in the " + ("control" if pair.control is None else "candidate")
    if pair.has_other_members:
        reasons = (", ".join(one.reasons) for one in (pair.control, pair.candidate))
        return f"the signal met another position or order: {' -> '.join(reasons)}"
    if votes := pair.votes:
        return "; ".join(map(_vote, votes))
    sizes = (
        (name, getattr(pair.control, name), getattr(pair.candidate, name))
        for name in ("quantity", "stop", "target")
    )
    changed = ", ".join(
        f"{name} {plain(one)} -> {plain(other)}" for name, one, other in sizes if one != other
    )
    return changed or "the reasons differ"


def _vote(pair: VotePair) -> str:
    """The member's vote: its reasons where it votes no, and the figures that differ."""
    figures = ", ".join(
        f"{name} {one or '-'} -> {other or '-'}" for name, (one, other) in pair.figures.items()
    )
    spelled = f"{pair.member} {_spelled_vote(pair.control)} -> {_spelled_vote(pair.candidate)}"
    return f"{spelled} ({figures})" if figures else spelled


def _spelled_vote(vote: Vote | None) -> str:
    if vote is None:
        return "did not vote"
    return "yes" if vote.approves else ", ".join(vote.reasons) or "no"


def kinds_of_trades(found: Comparison) -> Mapping[str, Sequence[TradePair]]:
    """The trades that differ, by what became of them."""
    return {"lost": found.lost, "gained": found.gained, "that ended otherwise": found.changed}


def listed(found: Comparison, currency: str) -> Iterator[Listed]:
    """The tables of the report; those without rows are left out."""
    yield Listed(f"Figures in {currency}", _FIGURE_COLUMNS, [_figure(one, currency) for one in found.figures])
    if found.equity:
        yield Listed(EQUITY, _EQUITY_COLUMNS, list(_equity(found)))
    if found.decisions:
        verdicts = sum(one.has_other_verdict for one in found.decisions)
        title = f"Decisions that changed: {len(found.decisions):,}, of them {verdicts:,} with another verdict"
        yield Listed(title, _DECISION_COLUMNS, [_decision(one) for one in found.decisions])
    for name, pairs in kinds_of_trades(found).items():
        if pairs:
            total = sum_of(pairs)
            title = f"Trades {name}: {len(pairs):,}, {'+' if total > 0 else ''}{money(total, currency)}"
            yield Listed(title, _TRADE_COLUMNS, [_trade(one) for one in pairs])


def _numbers(*heads: str, signed: bool = False) -> Sequence[Column]:
    return [Column(head, is_number=True, signed=signed) for head in heads]


_FIGURE_COLUMNS = (Column(""), *_numbers("control", "candidate", "difference"))
_DECISION_COLUMNS = tuple(map(Column, ("candle closed", "symbol", "strategy", "control", "candidate", "why")))
_TRADE_COLUMNS = (
    *map(Column, ("opened", "symbol", "side", "by")),
    *_numbers("control", "candidate", "difference", signed=True),
)
_EQUITY_COLUMNS = (
    Column("hour"),
    *_numbers("control", "candidate"),
    *_numbers("difference", signed=True),
)
_UNITS: Mapping[str, Callable[[Any, str], str]] = {
    "money": lambda value, currency: money(value, currency).removesuffix(f" {currency}"),
    "fraction": lambda value, _currency: f"{value:.2%}",
    "number": lambda value, _currency: f"{value:.2f}",
    "count": lambda value, _currency: f"{value:,}",
}


def _figure(figure: FigurePair, currency: str) -> Sequence[str]:
    spelled = _UNITS[figure.unit]
    sides = (figure.control, figure.candidate)
    cells = ["none" if value is None else spelled(value, currency) for value in sides]
    change: Any = None if None in sides else sides[1] - sides[0]  # type: ignore[operator]  # both are of one type
    difference = "" if not change else f"{'+' if change > 0 else ''}{spelled(change, currency)}"
    return figure.name, *cells, difference


def _decision(pair: DecisionPair) -> Sequence[str]:
    signal = pair.signal
    return (
        f"{signal.candle_closed_at:%y-%m-%d %H:%M}",
        signal.instrument.partition("-")[0],
        signal.strategy,
        _verdict(pair.control),
        _verdict(pair.candidate),
        why(pair),
    )


def _verdict(decision: DecisionMade | None) -> str:
    if decision is None:
        return "-"
    return f"{decision.verdict} {plain(decision.quantity)}" if decision.quantity else decision.verdict.value


def _trade(pair: TradePair) -> Sequence[str]:
    trade = pair.control or pair.candidate
    assert trade is not None  # a pair has at least one
    return (
        f"{trade.opened_at:%y-%m-%d %H:%M}",
        trade.instrument.partition("-")[0],
        trade.direction.value.lower(),
        trade.opened_by,
        _net(pair.control),
        _net(pair.candidate),
        f"{pair.difference:+,.2f}",
    )


def _net(trade: Trade | None) -> str:
    if trade is None:
        return "-"
    return "open" if trade.closed_at is None else f"{trade.net:+,.2f}"


def _equity(found: Comparison) -> Iterator[Sequence[str]]:
    pairs = found.equity
    places = sorted({at * (len(pairs) - 1) // (_HOURS - 1) for at in range(_HOURS)})
    for one in (pairs[at] for at in places):
        before, after = one.control.equity, one.candidate.equity
        difference: Decimal = after - before
        yield f"{one.hour:%y-%m-%d %H:%M}", f"{before:,.2f}", f"{after:,.2f}", f"{difference:+,.2f}"
