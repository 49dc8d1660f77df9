"""What a live run reads from the events of its log, and keeps beside the snapshot of its states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.msgpack import Decoder, encode

from commands.accepted_balance import AcceptedBalance, KeptBalance
from commands.in_flight import InFlight
from commands.left_legs import KeptLegs, LeftLegs
from commands.world import World
from domain.log import Envelope
from domain.reconciliation import ReconciliationBegun


class _Kept(Struct, frozen=True, gc=False, kw_only=True):
    first: datetime | None
    last: datetime | None
    begun: datetime | None
    news: Mapping[str, datetime]
    legs: KeptLegs
    balance: KeptBalance = KeptBalance()


class LiveTimes:
    """The times (UTC) of the log's first and last event, of the last reconciliation that began, and of each order.

    `in_flight` has the last event of each order, `legs` its position, `balance` until when the balance was accepted. It
    is a `Beside` of `infra/run/restoring.py`.
    """

    def __init__(self) -> None:
        self.first: datetime | None = None
        self.in_flight, self.legs, self.balance = InFlight(), LeftLegs(), AcceptedBalance()
        self._last: datetime | None = None
        self._begun: datetime | None = None

    def observe(self, envelope: Envelope) -> None:
        """Takes the next event of the log."""
        at = envelope.meta.recorded_at
        self.first, self._last = self.first or at, at
        if isinstance(envelope.event, ReconciliationBegun):
            self._begun = at
        self.in_flight.observe(envelope)
        self.legs.observe(envelope)
        self.balance.observe(envelope)

    def known(self, world: World) -> datetime | None:
        """Up to when the log had the exchange's reports: its last event, or a reconciliation that did not end."""
        return self._begun if world.portfolio.discrepancies.reconciling else self._last

    def kept(self, world: World) -> bytes:
        """See `Beside`."""
        news = self.in_flight.kept(world.portfolio)
        legs = self.legs.kept(world.portfolio)
        return encode(
            _Kept(
                first=self.first,
                last=self._last,
                begun=self._begun,
                news=news,
                legs=legs,
                balance=self.balance.kept(),
            )
        )

    def restore(self, kept: bytes) -> None:
        """See `Beside`."""
        found = _decoded(kept)
        self.first, self._last, self._begun = found.first, found.last, found.begun
        self.in_flight.restore(found.news)
        self.legs.restore(found.legs)
        self.balance.restore(found.balance)


_decoded = Decoder(_Kept).decode
