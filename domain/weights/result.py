"""The result of one closed trade of a strategy, from which weights are fitted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from domain.weights.settings import ANY


class TradeResult(Struct, frozen=True, gc=False, kw_only=True):
    """A closed trade. `regime` is the one in force at the decision, `*` where none was.

    Times are UTC. `net` is after fees and funding, in the account's currency. `risk` is the divisor of the R-multiple
    (`domain/sizing/results.py`), before fees; 0 where there was no stop at a fill.
    """

    strategy: str
    instrument: str
    regime: str = ANY
    opened_at: datetime
    closed_at: datetime
    net: Decimal
    risk: Decimal

    @property
    def multiple(self) -> float:
        """The R-multiple: net over risk. Raises ZeroDivisionError for a trade without a stop."""
        return float(self.net / self.risk)


class ClosedTrades(Struct, frozen=True, gc=False):
    """The closed trades of a log, and the ids of the strategies that were configured or had a signal in it, sorted."""

    trades: Sequence[TradeResult]
    strategies: Sequence[str]


def closed_before(results: Iterable[TradeResult], at: datetime) -> Sequence[TradeResult]:
    """The results that were known at `at`: those of trades that were closed earlier, in order of their closes."""
    return in_order(one for one in results if one.closed_at < at)


def in_order(results: Iterable[TradeResult]) -> Sequence[TradeResult]:
    """The results in order of their closes; of two at one time, in an order that does not depend on the given one."""
    return sorted(results, key=_order)


def _order(one: TradeResult) -> tuple[datetime, datetime, str, str, Decimal]:
    return one.closed_at, one.opened_at, one.strategy, one.instrument, one.net
