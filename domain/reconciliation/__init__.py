"""Reconciliation: where the exchange and the log disagree, said aloud."""

from __future__ import annotations

from typing import assert_never

from msgspec import Struct


class DiscrepancyFound(Struct, frozen=True, gc=False):
    """The exchange told us something of `subject` (an order id, an instrument) that the log does not know."""

    discrepancy_id: str
    subject: str
    found: str


class DiscrepancyResolved(Struct, frozen=True, gc=False):
    """Settled, by a person or by what the exchange told us later."""

    discrepancy_id: str
    resolution: str


ReconciliationEvent = DiscrepancyFound | DiscrepancyResolved


class Discrepancies(Struct, frozen=True, gc=False):
    """The ids of those found so far, and of those still open."""

    known: frozenset[str] = frozenset()
    unresolved: frozenset[str] = frozenset()


NONE_FOUND = Discrepancies()


def evolve(state: Discrepancies, event: ReconciliationEvent) -> Discrepancies:
    """The state after the event."""
    match event:
        case DiscrepancyFound():
            found = {event.discrepancy_id}
            return Discrepancies(state.known | found, state.unresolved | found)
        case DiscrepancyResolved():
            return Discrepancies(state.known, state.unresolved - {event.discrepancy_id})
        case _:
            assert_never(event)
