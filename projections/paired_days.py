"""The profit of each day in two logs of one market, paired: whether the candidate earns more a day than the control.

A day's profit is the change of the marked equity (`AccountMarked`) from the end of the day before, without deposits and
withdrawals. Days are UTC days that are whole in both logs: after the day of the opening, before the last day with a
mark, and without a gap between their marks, from the last mark of the day before on. While an engine does not run, the
market goes on; what happened meanwhile is part of the next mark, and would be taken for the profit of one day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from domain.arithmetic import EXACT, total
from domain.block_bootstrap import MeanInterval, mean_interval
from domain.ratios import LEAST_DAYS
from projections.marked_hours import DAY
from projections.summary import Summary


class Finding(StrEnum):
    """What the interval of the mean difference shows."""

    BETTER = "candidate better"
    WORSE = "candidate worse"
    NONE = "no difference shown"


class DayPair(NamedTuple):
    """The profit of one day in both logs, in the account's currency."""

    day: date
    control: Decimal
    candidate: Decimal

    @property
    def difference(self) -> Decimal:
        """The candidate's profit less the control's."""
        return EXACT.subtract(self.candidate, self.control)


@dataclass(frozen=True)
class PairedDays:
    """The whole days of both logs, in order, and the days between the first and the last one that are not whole."""

    days: Sequence[DayPair]
    left_out: Sequence[date] = ()

    @property
    def missing(self) -> int:
        """The number of days that are missing for an interval and a finding: they begin with `LEAST_DAYS`."""
        return max(LEAST_DAYS - len(self.days), 0)

    @property
    def mean(self) -> Decimal | None:
        """The mean daily difference in the account's currency; None without days."""
        if not self.days:
            return None
        return EXACT.divide(total(one.difference for one in self.days), Decimal(len(self.days)))

    @cached_property
    def interval(self) -> MeanInterval | None:
        """The 95 % interval of the mean daily difference in the account's currency; None with too few days."""
        if self.missing:
            return None
        return mean_interval([float(one.difference) for one in self.days])

    @property
    def finding(self) -> Finding | None:
        """Whether the interval lies above or below zero; None with too few days."""
        if self.interval is None:
            return None
        if self.interval.low > 0:
            return Finding.BETTER
        return Finding.WORSE if self.interval.high < 0 else Finding.NONE


def paired_days(control: Summary, candidate: Summary) -> PairedDays:
    """The days that are whole in both logs."""
    before, after = _profits(control), _profits(candidate)
    found = [DayPair(day, before[day], after[day]) for day in sorted(before.keys() & after.keys())]
    whole = {one.day for one in found}
    return PairedDays(found, [day for day in _between(control, candidate) if day not in whole])


def _profits(summary: Summary) -> Mapping[date, Decimal]:
    """The profit of each whole day."""
    whole = summary.hours.whole_days(len(summary.rules))
    return {
        day: profit
        for day, profit in _changes(summary)
        if day in whole and (summary.begun is None or day > summary.begun)
    }


def _between(*summaries: Summary) -> Iterator[date]:
    """The days after the day of the opening and before the last marked one, of both logs."""
    begun = [one.begun for one in summaries if one.begun is not None]
    marked = [one.hours.hours[-1].date() for one in summaries if one.hours.hours]
    if begun and marked:
        first, last = max(begun), min(marked)
        yield from (first + DAY * number for number in range(1, (last - first).days))


def _changes(summary: Summary) -> Iterator[tuple[date, Decimal]]:
    before = summary.starting_balance
    for day, equity in sorted(summary.days.items()):
        moved = total(EXACT.subtract(one.after, one.before) for one in summary.transfers.get(day, ()))
        yield day, EXACT.subtract(EXACT.subtract(equity, before), moved)
        before = equity
