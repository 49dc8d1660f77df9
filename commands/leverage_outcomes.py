"""What became of a change of the leverage that was not answered, or that an ended process may have sent."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from commands.identity import EXCHANGE
from commands.leverage import LeverageRefused, LeverageReport, LeverageSet
from commands.venue_account import VenueAccount
from domain.errors import ExchangeRefused
from domain.instrument import Instrument
from domain.portfolio import Portfolio

_log = logging.getLogger(__name__)
_GIVEN_UP = timedelta(hours=1)
"""Lists of instruments are kept for an hour, so by then a delisted one is gone from them."""


class Listing(Protocol):
    """An exchange with its name in facts, and the instruments that can be traded there."""

    @property
    def venue(self) -> str:
        """See `OrderEntry.venue`."""
        ...

    def instruments(self) -> Sequence[Instrument]:
        """See `VenueQueries.instruments`."""
        ...


def waiting(portfolio: Portfolio, until: datetime) -> Sequence[str]:
    """The instruments whose change was requested at or before `until` (UTC) and has no known outcome."""
    return [
        name
        for name, one in portfolio.leverages.items()
        if one.state.requested is not None and one.requested_at <= until
    ]


def expected(portfolio: Portfolio, since: datetime, until: datetime) -> bool:
    """Whether a change that was requested after `since`, and not after `until` (both UTC), has no known outcome.

    An outcome that is still unknown long after its request is no reason to compare more often than usual.
    """
    return any(portfolio.leverages[name].requested_at > since for name in waiting(portfolio, until))


def outcomes(
    account: VenueAccount, exchange: Listing, instruments: Sequence[str], portfolio: Portfolio, at: datetime
) -> Sequence[LeverageReport]:
    """A report for each of these instruments that the exchange states the terms of at `at` (UTC); the others wait.

    An instrument without stated terms that the exchange does not list an hour after the request has the leverage
    before: it is reported as refused. Raises ExchangeUnreachable.
    """
    return [report for name in instruments for report in _outcome(account, exchange, name, portfolio, at)]


def _outcome(
    account: VenueAccount, exchange: Listing, instrument: str, portfolio: Portfolio, at: datetime
) -> Iterator[LeverageReport]:
    held = portfolio.leverages[instrument]
    requested = held.state.requested
    assert requested is not None
    fact = f"{EXCHANGE}:{exchange.venue}:leverage-{instrument}-stated-{at:%Y%m%dT%H%M%S%f}"
    try:
        (terms,) = account.terms([instrument])
    except ExchangeRefused as refused:
        if at - held.requested_at >= _GIVEN_UP and not _is_listed(exchange, instrument):
            reason = (
                f"the exchange does not list the instrument any more, and states no terms of it: {refused}"
            )
            yield LeverageRefused(instrument=instrument, at=at, fact=fact, leverage=requested, reason=reason)
        else:
            _log.warning(
                "the outcome of the change of the leverage of %s is not known: %s", instrument, refused
            )
        return
    if terms.leverage == requested:
        yield LeverageSet(instrument=instrument, at=at, fact=fact, leverage=requested)
    else:
        reason = f"the exchange states a leverage of {terms.leverage:f} after the request"
        yield LeverageRefused(instrument=instrument, at=at, fact=fact, leverage=requested, reason=reason)


def _is_listed(exchange: Listing, instrument: str) -> bool:
    return any(one.id == instrument for one in exchange.instruments())
