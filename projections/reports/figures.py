"""The figures of a report: one account in a period, for a scope."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from domain.arithmetic import EXACT, ZERO
from domain.log import Recorded
from domain.ratios import Ratios, ratios
from projections.projection import Row
from projections.reports.actions import Action
from projections.reports.latency import Sample
from projections.reports.period import Period
from projections.reports.results import Bin, Closing, Groups
from projections.reports.routes import Route
from projections.reports.statement import Statement
from projections.reports.versions import Version

Point = tuple[datetime, Decimal]
"""A time (UTC) and an amount in the account's currency."""
Counts = Mapping[tuple[str, str, str, str], int]
"""The counts of `projections/performance.py`, by measure, strategy, instrument and label."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What of the account is reported: all of it, one strategy, or the order `order` with the chains of its story."""

    strategy: str = ""
    order: str = ""
    chains: frozenset[str] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether the whole account is reported."""
        return not (self.strategy or self.order)


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one account in a period of its log, for a scope.

    `first` and `last` are the ordinals of the period's first and last event, `begun` and `ended` their times, or the
    bounds of the period where the log goes on beyond them. `last_day` is the day of the last event; what closes a day
    is recorded at the midnight that ends it, and belongs to that day. `before` and `after` are the rows of the
    accounts table at both ends; `before` is None where the account was opened in the period. `points` are rows of the
    equity curve, `returns` the time-weighted return of each day. `fills`, `orders` and `positions` are rows of the
    read models.
    """

    account: str
    period: Period
    scope: Scope
    first: int
    last: int
    begun: datetime
    ended: datetime
    last_day: date
    before: Row | None
    after: Row
    statement: Statement
    is_marked: bool
    groups: Groups
    bins: Sequence[Bin]
    closings: Sequence[Closing]
    counts: Counts
    points: Sequence[Row]
    held: Sequence[Point]
    returns: Sequence[tuple[date, float]]
    actions: Sequence[tuple[Action, Recorded]]
    incidents: Sequence[tuple[str, Recorded]]
    versions: Sequence[Version]
    samples: Sequence[Sample]
    routes: Sequence[Route]
    fills: Sequence[Row]
    orders: Sequence[Row]
    positions: Sequence[Row]

    @property
    def currency(self) -> str:
        """The account's currency."""
        return str(self.after["currency"])

    @property
    def equity_before(self) -> Decimal | None:
        """The equity before the period, or the starting balance; None where no mark has stated it."""
        equity: Decimal | None = (
            self.after["starting_balance"] if self.before is None else self.before["equity"]
        )
        return equity

    @property
    def closing_equity(self) -> Decimal | None:
        """The closing balance plus the last mark's unrealised profit; None without a mark, or with a fill after it."""
        unrealised: Decimal | None = self.after["unrealised"]
        if unrealised is None or (self.after["open_positions"] and not self.is_marked):
            return None
        return EXACT.add(self.statement.closing, unrealised)

    @property
    def growth(self) -> float | None:
        """The time-weighted return of the period, as a fraction; None without a day that has one."""
        return linked(one for _, one in self.returns) if self.returns else None

    @property
    def ratios(self) -> Ratios:
        """Sharpe and Sortino of the period's days, as `domain/ratios.py` defines them."""
        return ratios([one for _, one in self.returns])

    @property
    def drawdown(self) -> float:
        """The largest fall of the equity below its highest value so far, of the points in the period, as a fraction."""
        return max((float(one["drawdown"]) for one in self.points), default=0.0)

    def months(self) -> Iterator[tuple[str, float]]:
        """The time-weighted return of each month, as a fraction."""
        found: dict[str, list[float]] = {}
        for day, one in self.returns:
            found.setdefault(f"{day:%Y-%m}", []).append(one)
        for month, returns in found.items():
            yield month, linked(returns)

    def counted(self, measure: str) -> Mapping[str, int]:
        """The counts of one measure by label, the largest first; of the scope's strategy alone, where it has one."""
        found = Counter[str]()
        for (name, strategy, _, label), count in self.counts.items():
            if name == measure and self.scope.strategy in ("", strategy):
                found[label] += count
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))

    def foreign_fees(self) -> Mapping[str, Decimal]:
        """The fees in other currencies than the account's, which no balance and no result has, by currency."""
        found: dict[str, Decimal] = {}
        for one in self.fills:
            if one["fee_currency"] != self.currency and one["fee"]:
                found[one["fee_currency"]] = EXACT.add(found.get(one["fee_currency"], ZERO), one["fee"])
        return found


def linked(returns: Iterable[float]) -> float:
    """The return of following days or months together, as a fraction."""
    return math.prod(1 + one for one in returns) - 1
