"""Reports that the log could not take in: of orders that it does not know, of positions that it does not have.

Each is recorded as a discrepancy under the fact of the report, and halts new exposure. It is over where two complete
comparisons in a row find no difference at all, and the exchange has no open order of its subject: then nothing of it is
left to add exposure, and no execution, position or amount of it is unexplained. An order of another log stays until a
person resolves it, because that log's engine may send the next one at any moment.
"""

from __future__ import annotations

from collections.abc import Sequence

from commands.exchange import VenueQueries
from commands.identity import EXCHANGE
from domain.order_id import is_of_an_engine
from domain.reconciliation import Discrepancies
from domain.reconciliation.differences import Difference

OVER = "two complete comparisons in a row found no difference, and the exchange has no open order of it"


class UnknownReports:
    """Which of these discrepancies the last comparison has found over."""

    def __init__(self, exchange: VenueQueries) -> None:
        self._exchange = exchange
        self._over: frozenset[str] = frozenset()

    def look(self, found: Sequence[Difference], state: Discrepancies) -> frozenset[str]:
        """The ids that this comparison, which has left these differences, and the one before it find over.

        Raises what the queries raise.
        """
        before = self._over
        self.begin_again()
        if not found:
            self._over = frozenset(name for name, subject in _open(state) if not self._may_trade(subject))
        return self._over & before

    def begin_again(self) -> None:
        """A query failed: what the exchange does not state now is no answer."""
        self._over = frozenset()

    def _may_trade(self, subject: str) -> bool:
        if is_of_an_engine(subject):
            return True
        order = self._exchange.order(subject)
        return order is not None and order.is_open


def _open(state: Discrepancies) -> Sequence[tuple[str, str]]:
    """The unresolved discrepancies of reports, each with the order or the instrument that it is about, in order."""
    return sorted((name, one.subject) for name, one in state.found.items() if name.startswith(f"{EXCHANGE}:"))
