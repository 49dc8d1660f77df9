"""The commands of reconciliation: one records a discrepancy, the other resolves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct

from domain.errors import Refused
from domain.reconciliation import (
    Discrepancies,
    DiscrepancyFound,
    DiscrepancyResolved,
    ReconciliationEvent,
)
from domain.reconciliation.differences import Difference


class RecordDiscrepancy(Struct, frozen=True, gc=False):
    """Records that exchange and log differ about `subject`."""

    discrepancy_id: str
    subject: str
    found: str


@dataclass(frozen=True, slots=True)
class ResolveDiscrepancy:
    """Resolves the discrepancy; `resolution` states how."""

    discrepancy_id: str
    resolution: str


ReconciliationCommand = RecordDiscrepancy | ResolveDiscrepancy


def decide(command: ReconciliationCommand, state: Discrepancies) -> Sequence[ReconciliationEvent]:
    """The events that follow; none for a discrepancy that is already recorded, or already resolved.

    Raises Refused for an unknown id.
    """
    if isinstance(command, RecordDiscrepancy):
        if command.discrepancy_id in state.known:
            return []
        return [DiscrepancyFound(command.discrepancy_id, command.subject, command.found)]
    if command.discrepancy_id not in state.known:
        raise Refused(f"no discrepancy {command.discrepancy_id} was ever found")
    if command.discrepancy_id not in state.unresolved:
        return []
    return [DiscrepancyResolved(command.discrepancy_id, command.resolution)]


def recorded(difference: Difference) -> RecordDiscrepancy:
    """The command that records the difference. Its id is the same whenever the same difference is found again."""
    kind = type(difference).__name__
    return RecordDiscrepancy(
        f"difference:{kind}:{':'.join(difference.key)}", difference.subject, f"{kind}: {difference.found}"
    )
