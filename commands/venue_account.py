"""The port to an account at an exchange beside its orders: what a live engine checks before it trades."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from commands.exchange import Funded, Liquidated
from domain.errors import ExchangeRefused, Refused

_MOST_SKEW = timedelta(seconds=1)


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


class VenueAccount(Protocol):
    """One account at an exchange.

    Every call but `silence` raises ExchangeUnreachable if no response arrived and ExchangeRefused if the venue refused.
    """

    def clock_skew(self) -> timedelta:
        """By how much the venue's clock is ahead of this machine's."""
        ...

    def rights(self) -> KeyRights:
        """What the key of this connection may do."""
        ...

    def terms(self, instrument: str) -> TradingTerms:
        """The terms in force for the instrument."""
        ...

    def set_one_way(self, instrument: str) -> None:
        """Puts the instrument in one-way mode; raises ExchangeRefused while it has a position or an order."""
        ...

    def set_leverage(self, instrument: str, leverage: Decimal) -> None:
        """Sets the leverage of the instrument."""
        ...

    def settlements(self, since: datetime) -> Sequence[Funded | Liquidated]:
        """The funding and forced closes at or after `since`, in order of time, with the facts of their reports."""
        ...

    def silence(self) -> str:
        """Why reports do not arrive now; empty where they arrive. Raises nothing."""
        ...


def prepare(account: VenueAccount, instruments: Sequence[str], leverage: Decimal) -> None:
    """Checks clock, key and terms, in this order, and sets one-way mode and leverage where they differ.

    Raises Refused with what a person has to change, and what the account's calls raise.
    """
    _check_skew(account.clock_skew())
    _check_rights(account.rights())
    faults = [fault for name in instruments for fault in _set_or_refused(account, name, leverage)]
    if faults:
        raise Refused("; ".join(faults))


def _check_skew(skew: timedelta) -> None:
    if abs(skew) > _MOST_SKEW:
        raise Refused(
            f"this machine's clock differs from the exchange's by {abs(skew).total_seconds():.1f} s, of at most "
            f"{_MOST_SKEW.total_seconds():g} s: set it right, as by NTP"
        )


def _check_rights(rights: KeyRights) -> None:
    if rights.may_withdraw:
        raise Refused("the API key may withdraw money: use a key that may only trade")
    if not rights.may_trade:
        raise Refused("the API key may not trade: use a key that may place orders of contracts")


def _set_or_refused(account: VenueAccount, name: str, leverage: Decimal) -> Iterator[str]:
    try:
        yield from _set(account, name, leverage)
    except ExchangeRefused as refused:
        yield f"{name}: the exchange refuses to state or set its terms: {refused}"


def _set(account: VenueAccount, name: str, leverage: Decimal) -> Iterator[str]:
    found = account.terms(name)
    if not found.is_isolated:
        yield f"{name}: the account's margin mode is not isolated: change it at the exchange"
        return
    if not found.is_one_way:
        account.set_one_way(name)
    if found.leverage != leverage:
        account.set_leverage(name, leverage)
    if found.is_one_way and found.leverage == leverage:
        return
    now = account.terms(name)
    if not now.is_one_way:
        yield f"{name}: it is in hedge mode, and this program trades in one-way mode"
    if now.leverage != leverage:
        yield f"{name}: the leverage is {now.leverage:f} after it was set to {leverage:f}"
