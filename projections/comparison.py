"""Two logs of one market compared: the decisions that differ and why, the trades, and the figures side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from domain.arithmetic import EXACT, ZERO, total
from domain.committees import EXIT_MEMBERS, MEMBERS, REVERSAL_MEMBERS, additions
from domain.signal import DecisionMade, SignalDetected, Verdict, Vote
from projections.behaviour import Behaviour, Fact, Leg, Marked
from projections.paired_days import PairedDays, paired_days
from projections.summary import Summary
from projections.trades import Trade

_SITUATIONS = frozenset(
    one.name
    for one in (*MEMBERS, *EXIT_MEMBERS, *REVERSAL_MEMBERS, *(rule.member for rule in additions.RULES))
)
"""The members that vote by what the signal meets. Every other one votes where a setting is on."""


class VotePair(NamedTuple):
    """A member's votes in both logs; None where it did not vote."""

    member: str
    control: Vote | None
    candidate: Vote | None

    @property
    def figures(self) -> Mapping[str, tuple[str, str]]:
        """The figures that the member read differently, by name: in the control and in the candidate."""
        before, after = _read_by(self.control), _read_by(self.candidate)
        names = [*before, *(name for name in after if name not in before)]
        pairs = {name: (before.get(name, ""), after.get(name, "")) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


class DecisionPair(NamedTuple):
    """The decisions on one signal in both logs; None where no such signal was decided."""

    fact: Fact
    signal: SignalDetected
    control: DecisionMade | None
    candidate: DecisionMade | None

    @property
    def votes(self) -> Sequence[VotePair]:
        """The members that are why the decisions differ: they vote differently, or against in one log only."""
        before = _by_member(self.control)
        after = _by_member(self.candidate)
        pairs = (VotePair(name, before.get(name), after.get(name)) for name in {**before, **after})
        return [one for one in pairs if _approves(one.control) is not _approves(one.candidate)]

    @property
    def has_other_members(self) -> bool:
        """Whether other members vote: one log has an exit to judge where the other has an entry. Members of a setting
        that only one of them has in force do not count."""
        differing = _by_member(self.control).keys() ^ _by_member(self.candidate).keys()
        return not differing.isdisjoint(_SITUATIONS)

    @property
    def has_other_verdict(self) -> bool:
        """Whether the verdicts differ; a signal of one log only has none in the other."""
        return _verdict(self.control) is not _verdict(self.candidate)


class TradePair(NamedTuple):
    """The trades of one signal or request in one instrument; None where there is none in the log."""

    fact: Fact
    control: Trade | None
    candidate: Trade | None

    @property
    def difference(self) -> Decimal:
        """The candidate's net profit less the control's, in the account's currency; an open trade has none yet."""
        return EXACT.subtract(_net(self.candidate), _net(self.control))


class FigurePair(NamedTuple):
    """One figure of both logs; None where it is not known. `unit` is `money`, `fraction`, `number` or `count`."""

    name: str
    unit: str
    control: Decimal | float | int | None
    candidate: Decimal | float | int | None


class EquityPair(NamedTuple):
    """Both accounts at the end of the hour that begins at `hour`."""

    hour: datetime
    control: Marked
    candidate: Marked


@dataclass(frozen=True)
class Comparison:
    """The candidate compared with the control. Both logs are of one market and one account."""

    control: Behaviour
    candidate: Behaviour

    @cached_property
    def decisions(self) -> Sequence[DecisionPair]:
        """The decisions that differ in verdict, reasons, size or levels, in order of their candles."""
        before, after = self.control.decisions, self.candidate.decisions
        found = (
            DecisionPair(fact, self._signal(fact), before.get(fact), after.get(fact))
            for fact in {**before, **after}
            if _decided(before.get(fact)) != _decided(after.get(fact))
        )
        return sorted(found, key=lambda one: (one.signal.candle_closed_at, one.fact))

    @cached_property
    def orders(self) -> int:
        """The number of orders that are in one log only, or that have other terms."""
        return _differing(self.control.orders, self.candidate.orders)

    @cached_property
    def fills(self) -> int:
        """The number of orders whose executions differ in time, price, quantity or fee."""
        return _differing(self.control.fills, self.candidate.fills)

    @cached_property
    def trades(self) -> Sequence[TradePair]:
        """The trades that are in one log only, or that ended otherwise, in order of their opening."""
        before, after = self.control.traded(), self.candidate.traded()
        found = [
            TradePair(key[0], before.get(key), after.get(key))
            for key in {**before, **after}
            if _ended(before.get(key)) != _ended(after.get(key))
        ]
        return sorted(found, key=_opened_at)

    @property
    def lost(self) -> Sequence[TradePair]:
        """The trades of the control that the candidate has not."""
        return [one for one in self.trades if one.candidate is None]

    @property
    def gained(self) -> Sequence[TradePair]:
        """The trades of the candidate that the control has not."""
        return [one for one in self.trades if one.control is None]

    @property
    def changed(self) -> Sequence[TradePair]:
        """The trades of both that have another size, price, time or profit."""
        return [one for one in self.trades if one.control is not None and one.candidate is not None]

    @property
    def figures(self) -> Sequence[FigurePair]:
        """The figures of both accounts; fees and funding are of open positions, too.

        Drawdown and ratios are those of `projections/summary.py`.
        """
        before, after = self.control.summary, self.candidate.summary
        return [
            FigurePair(name, unit, read(before), read(after))
            if name != _FUNDING or self.is_funded
            else FigurePair(name, unit, None, None)
            for name, unit, read in _FIGURES
        ]

    @property
    def is_funded(self) -> bool:
        """Whether funding was settled in one of them; where none was, that is no statement on what it would cost."""
        return bool(self.control.summary.settlements or self.candidate.summary.settlements)

    @cached_property
    def equity(self) -> Sequence[EquityPair]:
        """The equity curves at the hours that both logs have marked."""
        before, after = self.control.marks, self.candidate.marks
        return [EquityPair(hour, before[hour], after[hour]) for hour in sorted(before.keys() & after.keys())]

    @cached_property
    def days(self) -> PairedDays:
        """The profit of each whole day in both."""
        return paired_days(self.control.summary, self.candidate.summary)

    def _signal(self, fact: Fact) -> SignalDetected:
        return self.control.signals.get(fact) or self.candidate.signals[fact]


_FUNDING = "funding"
_FIGURES: Sequence[tuple[str, str, Callable[[Summary], Decimal | float | int | None]]] = (
    ("net of closed trades", "money", lambda one: one.net),
    ("fees", "money", lambda one: EXACT.add(one.fees, one.open_fees)),
    (_FUNDING, "money", lambda one: EXACT.add(one.funding, one.open_funding)),
    ("balance", "money", lambda one: one.balance),
    ("equity", "money", lambda one: one.equity),
    ("largest drawdown", "fraction", lambda one: one.max_drawdown),
    ("win rate", "fraction", lambda one: one.win_rate),
    ("Sharpe", "number", lambda one: one.ratios.sharpe),
    ("Sortino", "number", lambda one: one.ratios.sortino),
    ("trades", "count", lambda one: one.trades),
    ("open positions", "count", lambda one: one.still_open),
    ("signals", "count", lambda one: one.signals),
    ("orders", "count", lambda one: one.orders),
    ("fills", "count", lambda one: one.fills),
)


def sum_of(pairs: Sequence[TradePair]) -> Decimal:
    """The sum of what these trades add to the candidate's net profit."""
    return total(one.difference for one in pairs)


def _read_by(vote: Vote | None) -> Mapping[str, str]:
    return {} if vote is None else vote.figures


def _by_member(decision: DecisionMade | None) -> Mapping[str, Vote]:
    return {} if decision is None else {vote.member: vote for vote in decision.votes}


def _verdict(decision: DecisionMade | None) -> Verdict | None:
    return None if decision is None else decision.verdict


def _approves(vote: Vote | None) -> bool:
    """A member that does not vote holds nothing back."""
    return vote is None or vote.approves


def _decided(decision: DecisionMade | None) -> tuple[object, ...] | None:
    if decision is None:
        return None
    return decision.verdict, decision.reasons, decision.quantity, decision.stop, decision.target


def _differing(before: Mapping[Leg, object], after: Mapping[Leg, object]) -> int:
    return sum(before.get(key) != after.get(key) for key in {**before, **after})


def _ended(trade: Trade | None) -> tuple[object, ...] | None:
    if trade is None:
        return None
    return trade.opened_at, trade.quantity, trade.cost, trade.closed_at, trade.exit, trade.net


def _net(trade: Trade | None) -> Decimal:
    return ZERO if trade is None else trade.net


def _opened_at(pair: TradePair) -> tuple[datetime, Fact]:
    trade = pair.control or pair.candidate
    assert trade is not None  # a pair has at least one
    return trade.opened_at, pair.fact


def differing_hour(control: Behaviour, recorded: Behaviour) -> Iterator[datetime]:
    """The hours of the recorded log after which other candles were played in the control, or none; in order."""
    made = control.marks
    return (
        hour
        for hour, mark in sorted(recorded.marks.items())
        if hour not in made or made[hour].candle_hash != mark.candle_hash
    )
