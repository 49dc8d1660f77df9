"""The moment a process looks at: an event that has just happened, in the world as it is with it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from commands.world import Branch
from domain.log import Envelope
from domain.portfolio import Portfolio
from domain.streams import parse


class Moment(Struct, frozen=True, kw_only=True):
    """`now` is when the unit of work is recorded."""

    envelope: Envelope
    branch: Branch
    now: datetime
    account: str

    @property
    def portfolio(self) -> Portfolio:
        """What the account holds and owes, this event included."""
        return self.branch.portfolio

    @property
    def subject(self) -> str:
        """The id within the event's stream: of the signal, of the order."""
        return parse(self.envelope.meta.stream).id
