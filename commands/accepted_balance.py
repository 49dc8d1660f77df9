"""Until when the log's balance contains what happened at the exchange, although no event of the log states it.

A person resolves a difference of the balance with a transfer of exactly its amount. The balance of the log is then that
of the exchange at the time of the discrepancy, so funding from before, of which the stream and the list of executions
did not state anything then, is in the transfer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from commands.reconciliation import subject_of
from domain.account import BalanceChanged, BalanceReason
from domain.log import Envelope
from domain.reconciliation import DiscrepancyFound, DiscrepancyResolved
from domain.reconciliation.differences import BalanceDiffers


class KeptBalance(Struct, frozen=True, gc=False):
    """What a snapshot keeps: see `AcceptedBalance`."""

    until: datetime | None = None
    found: Mapping[str, datetime] = {}


class AcceptedBalance:
    """Folded from the log. `until` (UTC) is when the last discrepancy that a transfer resolved was found, or None."""

    def __init__(self) -> None:
        self.until: datetime | None = None
        self._found: dict[str, datetime] = {}
        self._is_transferred = False

    def observe(self, envelope: Envelope) -> None:
        """Takes the next event of the log. The transfer of a resolution is the event before it."""
        match envelope.event:
            case DiscrepancyFound(discrepancy_id=name) if subject_of(name, BalanceDiffers):
                self._found[name] = envelope.meta.recorded_at
            case BalanceChanged(reason=BalanceReason.TRANSFER):
                self._is_transferred = True
            case DiscrepancyResolved(discrepancy_id=name):
                self._resolved(self._found.pop(name, None))
            case _:
                pass

    def _resolved(self, found_at: datetime | None) -> None:
        if found_at is not None and self._is_transferred:
            self.until = found_at if self.until is None else max(self.until, found_at)
        self._is_transferred = False

    def kept(self) -> KeptBalance:
        """For a snapshot."""
        return KeptBalance(self.until, dict(self._found))

    def restore(self, kept: KeptBalance) -> None:
        """Takes what a snapshot kept, before any event."""
        self.until, self._found = kept.until, dict(kept.found)
