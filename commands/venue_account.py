"""The port to an account at an exchange beside its orders: what a live engine checks before it trades."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from commands.clock_reading import ClockReading, check_clock
from commands.exchange import Funded, Liquidated
from domain.errors import Refused


class KeyRights(Struct, frozen=True, gc=False):
    """What the API key may do."""

    may_trade: bool
    may_withdraw: bool


class TradingTerms(Struct, frozen=True, gc=False, kw_only=True):
    """How the account trades one instrument; `leverage` is the largest ratio of notional to margin."""

    instrument: str
    is_one_way: bool
    is_isolated: bool
    leverage: Decimal


Permitted = Callable[[str], Sequence[Decimal]]
"""The leverages that an instrument may have at the exchange, by its id: the one to be set first."""
MOST_APART = timedelta(minutes=1)
"""The most by which the time of an exchange's prices may differ from this machine's clock at a start."""


class VenueAccount(Protocol):
    """One account at an exchange.

    Every call but `silence` raises ExchangeUnreachable if no response arrived and ExchangeRefused if the venue refused.
    """

    def clock_reading(self) -> ClockReading:
        """The difference of the venue's clock from this machine's, by one query."""
        ...

    def market_time(self, instrument: str) -> datetime | None:
        """The time (UTC) that the venue states with the prices of the instrument now; None where it states none."""
        ...

    def rights(self) -> KeyRights:
        """What the key of this connection may do."""
        ...

    def terms(self, instruments: Sequence[str]) -> Sequence[TradingTerms]:
        """The terms in force for each of the instruments, in their order."""
        ...

    def set_one_way(self, instrument: str) -> None:
        """Puts the instrument in one-way mode; raises ExchangeRefused while it has a position or an order."""
        ...

    def set_leverage(self, instrument: str, leverage: Decimal) -> None:
        """Sets the leverage of the instrument, for both directions; one that it has already is no refusal."""
        ...

    def settlements(self, since: datetime) -> Sequence[Funded | Liquidated]:
        """The funding and forced closes at or after `since`, in order of time, with the facts of their reports."""
        ...

    def silence(self) -> str:
        """Why reports do not arrive now; empty where they arrive. Raises nothing."""
        ...


def check(account: VenueAccount, instruments: Sequence[str], permitted: Permitted) -> Sequence[TradingTerms]:
    """Checks clock, key and margin mode, in this order, and changes nothing.

    Returns the terms of the instruments that are not in one-way mode, or have another leverage. Raises Refused with
    what a person has to change, and what the account's calls raise.
    """
    check_clock(account.clock_reading)
    _check_rights(account.rights())
    found = account.terms(instruments)
    crossed = [one.instrument for one in found if not one.is_isolated]
    if crossed:
        raise Refused(
            "; ".join(
                f"{name}: the account's margin mode is not isolated: change it at the exchange"
                for name in crossed
            )
        )
    return [one for one in found if not one.is_one_way or one.leverage not in permitted(one.instrument)]


def check_market_time(account: VenueAccount, instrument: str, at: datetime) -> None:
    """Checks that prices, and so executions, have the time `at` (UTC) of this run.

    Executions with another time, as a venue that plays a recording has them, are outside of what a comparison queries:
    what a cut hides would never be found. Raises Refused, and what the account's calls raise.
    """
    stated = account.market_time(instrument)
    if stated is not None and abs(stated - at) > MOST_APART:
        theirs, ours = (one.isoformat(timespec="seconds") for one in (stated, at))
        raise Refused(
            f"the exchange's market has the time {theirs}, and this machine's clock shows {ours}: executions of "
            "another time are not found after a cut. A venue that plays a recording, or at another pace than the "
            "clock's, is not for live trading"
        )


def set_terms(account: VenueAccount, differing: Sequence[TradingTerms], permitted: Permitted) -> None:
    """Sets one-way mode and leverage where these terms differ.

    Raises Refused for terms that stay as they are, and what the account's calls raise.
    """
    for one in differing:
        if not one.is_one_way:
            account.set_one_way(one.instrument)
        leverages = permitted(one.instrument)
        if one.leverage not in leverages:
            account.set_leverage(one.instrument, leverages[0])
    now = account.terms([one.instrument for one in differing]) if differing else ()
    faults = [fault for one in now for fault in _faults(one, permitted(one.instrument))]
    if faults:
        raise Refused("; ".join(faults))


def _check_rights(rights: KeyRights) -> None:
    if rights.may_withdraw:
        raise Refused("the API key may withdraw money: use a key that may only trade")
    if not rights.may_trade:
        raise Refused("the API key may not trade: use a key that may place orders of contracts")


def _faults(now: TradingTerms, leverages: Sequence[Decimal]) -> Iterator[str]:
    if not now.is_one_way:
        yield f"{now.instrument}: it is in hedge mode, and this program trades in one-way mode"
    if now.leverage not in leverages:
        yield f"{now.instrument}: the leverage is {now.leverage:f} after it was set to {leverages[0]:f}"
