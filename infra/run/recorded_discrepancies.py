"""The discrepancies of a log: which are open, and which a person has accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from commands.endings import ends_with_resolution
from commands.identity import RESERVED_ACTORS
from commands.reconciliation import unnumbered
from domain.log import Envelope
from domain.reconciliation import DiscrepancyEnded, DiscrepancyFound, DiscrepancyResolved


class RecordedDiscrepancy(Struct, frozen=True, gc=False, kw_only=True):
    """A recorded discrepancy; times are UTC. `resolved_at` is None while it is open.

    `is_over`: the log states that exchange and log do not differ in it any more.
    """

    found: DiscrepancyFound
    found_at: datetime
    resolved_at: datetime | None = None
    resolved_by: str = ""
    resolution: str = ""
    is_over: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it halts entries."""
        return self.resolved_at is None

    @property
    def is_accepted(self) -> bool:
        """Whether a person has resolved it and left the difference as it was.

        The discrepancy of a position or an accepted order that the exchange does not have cannot be accepted: it ends
        with the resolution.
        """
        if self.is_open or self.is_over or self.resolved_by in RESERVED_ACTORS:
            return False
        return not ends_with_resolution(self.found.discrepancy_id)


class RecordedDiscrepancies:
    """Folds the events of a log, one after the other."""

    def __init__(self) -> None:
        self._by_id: dict[str, RecordedDiscrepancy] = {}
        self._latest: dict[str, str] = {}

    def fold(self, envelope: Envelope) -> None:
        """Takes in the next event; most change nothing."""
        event, meta = envelope.event, envelope.meta
        match event:
            case DiscrepancyFound():
                self._by_id[event.discrepancy_id] = RecordedDiscrepancy(
                    found=event, found_at=meta.occurred_at
                )
                self._latest[unnumbered(event.discrepancy_id)] = event.discrepancy_id
            case DiscrepancyResolved():
                self._by_id[event.discrepancy_id] = replace(
                    self._by_id[event.discrepancy_id],
                    resolved_at=meta.occurred_at,
                    resolved_by=meta.actor,
                    resolution=event.resolution,
                )
            case DiscrepancyEnded():
                self._by_id[event.discrepancy_id] = replace(self._by_id[event.discrepancy_id], is_over=True)
            case _:
                pass

    def latest(self, discrepancy_id: str) -> RecordedDiscrepancy | None:
        """The last record of this difference, whose id may have a number; None where it was never recorded.

        `discrepancy_id` is the id without a number.
        """
        name = self._latest.get(discrepancy_id)
        return None if name is None else self._by_id[name]

    def unresolved(self) -> Sequence[RecordedDiscrepancy]:
        """The open ones, in the order in which they were found."""
        return [one for one in self._by_id.values() if one.is_open]
