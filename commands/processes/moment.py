"""The moment a process looks at: an event that has just happened, in the world as it is with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from commands.world import Branch
from domain.account import Account
from domain.errors import Refused
from domain.log import Envelope
from domain.portfolio import Holding, Portfolio
from domain.strategies import Direction
from domain.streams import parse


@dataclass(frozen=True, slots=True)
class Moment:
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

    @property
    def funds(self) -> Account:
        """The account; raises Refused where it was never opened."""
        account = self.portfolio.account
        if not isinstance(account, Account):
            raise Refused(f"account {self.account} was never opened")
        return account

    def held(self, instrument: str) -> Holding | None:
        """The open position in an instrument; positions are one-way, so there is one at most."""
        return held_in(self.portfolio, instrument)


def held_in(portfolio: Portfolio, instrument: str) -> Holding | None:
    """The open position in an instrument, whichever its direction."""
    long = portfolio.holding(instrument, Direction.LONG)
    return long or portfolio.holding(instrument, Direction.SHORT)
