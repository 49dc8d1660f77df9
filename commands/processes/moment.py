"""The input of a process: an event that was just decided, and the state after it."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from commands.world import Branch
from domain.log import Envelope
from domain.portfolio import Portfolio
from domain.streams import parse


class Moment(Struct, frozen=True, kw_only=True):
    """An event and the branch after it; `now` is the time at which the unit of work is recorded (UTC).

    `policy` is the version of the policy by which a signal is judged.
    """

    envelope: Envelope
    branch: Branch
    now: datetime
    account: str
    policy: int

    @property
    def portfolio(self) -> Portfolio:
        """The portfolio of the account, this event included."""
        return self.branch.portfolio

    @property
    def subject(self) -> str:
        """The id in the name of the event's stream: the id of the signal or the order."""
        return parse(self.envelope.meta.stream).id


def fresh_until(moment: Moment) -> datetime:
    """The time until which an order placed now may be sent (UTC)."""
    settings = moment.portfolio.settings.settings
    return moment.now + timedelta(seconds=settings.order_freshness_seconds)
