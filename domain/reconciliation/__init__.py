"""Reconciliation: the recorded differences between the exchange and the log.

`comparing` finds the differences, `differences` defines their kinds, and `statement` defines the compared statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final, assert_never

from msgspec import Struct
from msgspec.structs import replace

ENGINE_STARTS: Final = "the engine starts"
"""The reason of the reconciliation with which a live engine begins each session."""


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
    """The ids of all discrepancies found so far, and of the resolved ones that are over; the event of each unresolved
    one, by its id (`found`).

    One that is neither unresolved nor over was accepted by a person, and may still stand. `reconciling` is why the log
    is being compared with the exchange; empty where it is not.
    """

    known: frozenset[str] = frozenset()
    reconciling: str = ""
    over: frozenset[str] = frozenset()
    found: Mapping[str, DiscrepancyFound] = MappingProxyType({})

    @property
    def unresolved(self) -> AbstractSet[str]:
        """The ids of the unresolved ones."""
        return self.found.keys()

    @property
    def accepted(self) -> AbstractSet[str]:
        """The ids of those that were accepted by a person, and may still stand."""
        return self.known - self.unresolved - self.over


NONE_FOUND = Discrepancies()


def evolve(state: Discrepancies, event: ReconciliationEvent) -> Discrepancies:
    """The state after the event."""
    match event:
        case DiscrepancyFound(discrepancy_id=name):
            return replace(state, known=state.known | {name}, found={**state.found, name: event})
        case DiscrepancyResolved(discrepancy_id=name):
            return replace(state, found={one: event for one, event in state.found.items() if one != name})
        case DiscrepancyEnded():
            return replace(state, over=state.over | {event.discrepancy_id})
        case ReconciliationBegun():
            return replace(state, reconciling=event.reason)
        case ReconciliationEnded():
            return replace(state, reconciling="")
        case _:
            assert_never(event)
