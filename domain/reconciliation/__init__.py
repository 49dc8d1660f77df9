"""Reconciliation: the recorded differences between the exchange and the log.

`comparing` finds the differences, `differences` defines their kinds, and `statement` defines the compared statements.
"""

from __future__ import annotations

from typing import assert_never

from msgspec import Struct


class DiscrepancyFound(Struct, frozen=True, gc=False):
    """Exchange and log differ about `subject` (an order id, instrument or currency); `found` describes how."""

    discrepancy_id: str
    subject: str
    found: str


class DiscrepancyResolved(Struct, frozen=True, gc=False):
    """The discrepancy was resolved, by a person or by a later report of the exchange."""

    discrepancy_id: str
    resolution: str


class DiscrepancyEnded(Struct, frozen=True, gc=False):
    """Exchange and log do not differ any more in what was resolved: found again, the difference is a new one."""

    discrepancy_id: str


class ReconciliationBegun(Struct, frozen=True, gc=False):
    """The log may lack what happened at the exchange, for this reason: no new exposure until it was compared."""

    reason: str


class ReconciliationEnded(Struct, frozen=True, gc=False):
    """The log was compared with the exchange: `taken_in` differences were made equal, `left` were recorded."""

    taken_in: int
    left: int


ReconciliationEvent = (
    DiscrepancyFound | DiscrepancyResolved | DiscrepancyEnded | ReconciliationBegun | ReconciliationEnded
)


class Discrepancies(Struct, frozen=True, gc=False):
    """The ids of all discrepancies found so far, of the unresolved ones, and of the resolved ones that are over.

    One that is neither unresolved nor over was accepted by a person, and may still stand. `reconciling` is why the log
    is being compared with the exchange; empty where it is not.
    """

    known: frozenset[str] = frozenset()
    unresolved: frozenset[str] = frozenset()
    reconciling: str = ""
    over: frozenset[str] = frozenset()


NONE_FOUND = Discrepancies()


def evolve(state: Discrepancies, event: ReconciliationEvent) -> Discrepancies:
    """The state after the event."""
    match event:
        case DiscrepancyFound():
            found = {event.discrepancy_id}
            return Discrepancies(state.known | found, state.unresolved | found, state.reconciling, state.over)
        case DiscrepancyResolved():
            left = state.unresolved - {event.discrepancy_id}
            return Discrepancies(state.known, left, state.reconciling, state.over)
        case DiscrepancyEnded():
            over = state.over | {event.discrepancy_id}
            return Discrepancies(state.known, state.unresolved, state.reconciling, over)
        case ReconciliationBegun():
            return Discrepancies(state.known, state.unresolved, event.reason, state.over)
        case ReconciliationEnded():
            return Discrepancies(state.known, state.unresolved, over=state.over)
        case _:
            assert_never(event)
