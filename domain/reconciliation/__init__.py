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


class ReconciliationBegun(Struct, frozen=True, gc=False):
    """The log may lack what happened at the exchange, for this reason: no new exposure until it was compared."""

    reason: str


class ReconciliationEnded(Struct, frozen=True, gc=False):
    """The log was compared with the exchange: `taken_in` differences were made equal, `left` were recorded."""

    taken_in: int
    left: int


ReconciliationEvent = DiscrepancyFound | DiscrepancyResolved | ReconciliationBegun | ReconciliationEnded


class Discrepancies(Struct, frozen=True, gc=False):
    """The ids of all discrepancies found so far, and of the unresolved ones.

    `reconciling` is why the log is being compared with the exchange; empty where it is not.
    """

    known: frozenset[str] = frozenset()
    unresolved: frozenset[str] = frozenset()
    reconciling: str = ""


NONE_FOUND = Discrepancies()


def evolve(state: Discrepancies, event: ReconciliationEvent) -> Discrepancies:
    """The state after the event."""
    match event:
        case DiscrepancyFound():
            found = {event.discrepancy_id}
            return Discrepancies(state.known | found, state.unresolved | found, state.reconciling)
        case DiscrepancyResolved():
            left = state.unresolved - {event.discrepancy_id}
            return Discrepancies(state.known, left, state.reconciling)
        case ReconciliationBegun():
            return Discrepancies(state.known, state.unresolved, event.reason)
        case ReconciliationEnded():
            return Discrepancies(state.known, state.unresolved)
        case _:
            assert_never(event)
