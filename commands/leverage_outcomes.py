"""What became of a change of the leverage that was not answered, or that an ended process may have sent."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from commands.identity import EXCHANGE
from commands.leverage import LeverageRefused, LeverageReport, LeverageSet
from commands.venue_account import VenueAccount
from domain.errors import ExchangeRefused
from domain.portfolio import Portfolio

_log = logging.getLogger(__name__)


def waiting(portfolio: Portfolio, until: datetime) -> Sequence[str]:
    """The instruments whose change was requested at or before `until` (UTC) and has no known outcome."""
    return [
        name
        for name, one in portfolio.leverages.items()
        if one.state.requested is not None and one.requested_at <= until
    ]


def outcomes(
    account: VenueAccount, venue: str, instruments: Sequence[str], portfolio: Portfolio, at: datetime
) -> Sequence[LeverageReport]:
    """A report for each of these instruments that the exchange states the terms of at `at` (UTC); the others wait.

    `venue` is the exchange's name in facts. Raises ExchangeUnreachable.
    """
    return [report for name in instruments for report in _outcome(account, venue, name, portfolio, at)]


def _outcome(
    account: VenueAccount, venue: str, instrument: str, portfolio: Portfolio, at: datetime
) -> Iterator[LeverageReport]:
    requested = portfolio.leverages[instrument].state.requested
    assert requested is not None
    try:
        (terms,) = account.terms([instrument])
    except ExchangeRefused as refused:
        _log.warning("the outcome of the change of the leverage of %s is not known: %s", instrument, refused)
        return
    fact = f"{EXCHANGE}:{venue}:leverage-{instrument}-stated-{at:%Y%m%dT%H%M%S%f}"
    if terms.leverage == requested:
        yield LeverageSet(instrument=instrument, at=at, fact=fact, leverage=requested)
    else:
        reason = f"the exchange states a leverage of {terms.leverage:f} after the request"
        yield LeverageRefused(instrument=instrument, at=at, fact=fact, leverage=requested, reason=reason)
