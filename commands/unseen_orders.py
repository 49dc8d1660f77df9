"""Unseen orders: the exchange has accepted them, and none of its queries finds them any more.

Empty answers are no proof that an order has ended: lists lag, and fail in parts. So the order stays open in the log,
entries are denied, and it ends where the exchange reports its end. An exchange keeps ended orders for a limited time
(Bybit those that were cancelled without a fill for 24 hours), so an order may also have ended long ago: it is given up
where comparisons find nothing for `PATIENCE`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from commands.exchange import Cancelled
from commands.reconciliation import subject_of
from commands.stimulus import clock_fact
from domain.reconciliation import Discrepancies
from domain.reconciliation.differences import AcceptedOrderNotFound, Difference

PATIENCE = timedelta(minutes=10)
"""So long comparisons have to find nothing of an accepted order before it is given up."""
GIVEN_UP = "given up: the exchange accepted it, and no query found it for"


class UnseenOrders:
    """Since when comparisons have not found an accepted order. `patience` is how long they may.

    A failed query begins the time again, and so does a restart: only what the exchange answers counts.
    """

    def __init__(self, patience: timedelta = PATIENCE) -> None:
        self._patience = patience
        self._since: dict[str, datetime] = {}
        self._listed: Collection[str] = ()

    def look(self, found: Sequence[Difference], listed: Collection[str], at: datetime) -> None:
        """Takes a comparison at `at` (UTC): its differences, and the ids of the orders that the exchange stated.

        An order with a request under way is compared only where it is listed, and stays unseen meanwhile.
        """
        self._listed = listed
        self._since = {name: since for name, since in self._since.items() if name not in listed}
        for one in found:
            if isinstance(one, AcceptedOrderNotFound):
                self._since.setdefault(one.subject, at)

    @property
    def names(self) -> frozenset[str]:
        """The ids of the accepted orders that the last comparison has not found."""
        return frozenset(self._since)

    def begin_again(self) -> None:
        """A query failed: what the exchange does not state now is no answer."""
        self._since.clear()

    def given_up(self, difference: Difference, at: datetime) -> Cancelled | None:
        """The end of an order that no comparison has found for the whole patience; None for everything else."""
        if not isinstance(difference, AcceptedOrderNotFound):
            return None
        if at - self._since.get(difference.subject, at) < self._patience:
            return None
        return ended(difference.subject, at, f"{GIVEN_UP} {self._patience}")

    def is_over(self, discrepancy_id: str, is_working: Callable[[str], bool]) -> bool:
        """Whether it is a discrepancy of an unseen order that the last comparison found, or that has ended here."""
        order_id = unseen_order(discrepancy_id)
        return order_id is not None and (order_id in self._listed or not is_working(order_id))


def ended(order_id: str, at: datetime, reason: str) -> Cancelled:
    """The report that ends an unseen order at `at` (UTC). Its fills stay, and a late one is still counted."""
    return Cancelled(order_id=order_id, at=at, fact=clock_fact(at), reason=reason)


def unseen_order(discrepancy_id: str) -> str | None:
    """The id of the unseen order that the discrepancy is about; None for another discrepancy."""
    found = subject_of(discrepancy_id, AcceptedOrderNotFound)
    return None if found is None else found.partition("#")[0]


def unseen(discrepancies: Discrepancies) -> frozenset[str]:
    """The ids of the orders that an unresolved discrepancy states as unseen."""
    return frozenset(filter(None, map(unseen_order, discrepancies.unresolved)))
