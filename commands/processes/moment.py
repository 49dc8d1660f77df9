"""The input of a process: an event that was just decided, and the state after it."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from commands.scorer import NO_SCORES, Scores
from commands.world import Branch
from domain.log import Envelope
from domain.portfolio import Portfolio
from domain.signal import SignalDetected
from domain.streams import own_id


class Moment(Struct, frozen=True, kw_only=True):
    """An event, the branch after it and its portfolio; `now` is the time at which the unit of work is recorded (UTC).

    `policy` is the version of the policy by which a signal is judged, `scores` are those of the unit's signals.
    """

    envelope: Envelope
    branch: Branch
    portfolio: Portfolio
    now: datetime
    account: str
    policy: int
    scores: Scores = NO_SCORES

    @property
    def subject(self) -> str:
        """The id in the name of the event's stream: the id of the signal or the order."""
        return own_id(self.envelope.meta.stream)


def fresh_until(moment: Moment) -> datetime:
    """The time until which an order placed now may be sent (UTC)."""
    settings = moment.portfolio.settings.settings
    return moment.now + timedelta(seconds=settings.order_freshness_seconds)


def entry_fresh_until(moment: Moment, signal: SignalDetected, until: datetime | None = None) -> datetime:
    """The time until which the entry of a signal may be sent (UTC): `until`, by default that of every order, and no
    longer than the book that it was judged with would count as fresh.
    """
    latest = fresh_until(moment) if until is None else until
    if signal.book is None:
        return latest
    stale_after = moment.portfolio.settings.settings.book_of(signal.strategy).stale_after
    return min(latest, moment.now + stale_after)
