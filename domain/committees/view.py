"""The view: the recorded state at one instant, by which the committees judge an entry or an exit."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from domain.account import Account
from domain.errors import InstrumentNotListed
from domain.instrument import Instrument
from domain.portfolio import Portfolio
from domain.scored import SignalScored
from domain.settings import InForce, RiskSettings


class View(Struct, frozen=True, gc=False, kw_only=True):
    """The instant of a decision: `now` (UTC), the settings in force, the instrument's rules, the portfolio.

    `instrument` holds the rules of the entry's instrument, None if the instrument is not listed. `score` is what the
    champion returned for the entry, None where no champion is in force. A view that is folded again from the log up to
    the signal and its score equals the recorded decision's view and gives an equal decision.
    """

    now: datetime
    settings: InForce
    instrument: Instrument | None
    portfolio: Portfolio
    score: SignalScored | None = None

    @property
    def account(self) -> Account:
        """The account; raises AccountNotOpened before its first event."""
        return self.portfolio.account

    @property
    def listed(self) -> Instrument:
        """The rules of the entry's instrument; raises InstrumentNotListed if there are none."""
        if self.instrument is None:
            raise InstrumentNotListed("the instrument of the entry is not listed")
        return self.instrument

    @property
    def risk(self) -> RiskSettings:
        """The Risk committee's limits in force."""
        return self.settings.settings.risk
