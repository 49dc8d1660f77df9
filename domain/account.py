"""An account: its money, what of it is spoken for, its trading day, and the kill switch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from domain.arithmetic import EXACT, ZERO, total


class BalanceReason(StrEnum):
    """What moved the balance: a fill's profit less its fee, or funding."""

    FILL = "FILL"
    FUNDING = "FUNDING"


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """The starting balance, in `currency`; `leverage` is how many times its margin a position may be."""

    currency: str
    balance: Decimal
    leverage: Decimal


@dataclass(frozen=True, slots=True)
class FundsReserved:
    """Margin and fees an entry order may need, set aside when it is placed, until it ends."""

    order_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class FundsReleased:
    """The entry order ended: nothing is set aside for it any more."""

    order_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class BalanceChanged:
    """Money came or went; `balance` is what there is afterwards."""

    reason: BalanceReason
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class DayOpened:
    """A trading day (UTC) began with this balance; the daily loss is measured against it."""

    day: str
    balance: Decimal


@dataclass(frozen=True, slots=True)
class DayClosed:
    """A trading day (UTC) ended; `realised` is the balance now less the balance it began with."""

    day: str
    balance: Decimal
    realised: Decimal


@dataclass(frozen=True, slots=True)
class KillSwitchTripped:
    """No new exposure from here on, until a person resets the switch."""

    reason: str


@dataclass(frozen=True, slots=True)
class KillSwitchReset:
    """A person allows trading again."""

    reason: str


AccountEvent = (
    AccountOpened
    | FundsReserved
    | FundsReleased
    | BalanceChanged
    | DayOpened
    | DayClosed
    | KillSwitchTripped
    | KillSwitchReset
)


@dataclass(frozen=True, slots=True)
class Unopened:
    """No account of this name yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`balance` and `reserved` in `currency`; `day` is an ISO date, empty before the first; `tripped` a reason."""

    currency: str
    balance: Decimal
    leverage: Decimal
    reserved: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    day: str = ""
    day_balance: Decimal = ZERO
    tripped: str = ""

    @property
    def available(self) -> Decimal:
        """Balance less what is set aside for entry orders, in `currency`."""
        return EXACT.subtract(self.balance, total(self.reserved.values()))

    @property
    def day_realised(self) -> Decimal:
        """What the day has brought so far, in `currency`; negative is a loss."""
        return EXACT.subtract(self.balance, self.day_balance)


AccountState = Unopened | Account
UNOPENED = Unopened()


def evolve(state: AccountState, event: AccountEvent) -> AccountState:
    """The state after the event; raises ValueError for an account that was never opened, or is opened again."""
    if isinstance(event, AccountOpened):
        return _opened(state, event)
    if isinstance(state, Unopened):
        raise ValueError(f"{type(event).__name__} was recorded of an account that was never opened")
    match event:
        case BalanceChanged():
            return _with_balance(state, event.balance)
        case FundsReserved():
            return _with_reserved(state, {**state.reserved, event.order_id: event.amount})
        case FundsReleased():
            return _with_reserved(state, _without(state.reserved, event.order_id))
        case DayOpened():
            return replace(state, day=event.day, day_balance=event.balance)
        case DayClosed():
            return state
        case KillSwitchTripped():
            return replace(state, tripped=event.reason)
        case KillSwitchReset():
            return replace(state, tripped="")
        case _:
            assert_never(event)


def _opened(state: AccountState, event: AccountOpened) -> Account:
    if isinstance(state, Account):
        raise ValueError("AccountOpened was recorded of an account that was opened before")
    return Account(currency=event.currency, balance=event.balance, leverage=event.leverage)


# What happens with every order is built directly: `replace` takes twice as long, and replay has millions of these.
def _with_balance(state: Account, balance: Decimal) -> Account:
    return Account(
        currency=state.currency,
        balance=balance,
        leverage=state.leverage,
        reserved=state.reserved,
        day=state.day,
        day_balance=state.day_balance,
        tripped=state.tripped,
    )


def _with_reserved(state: Account, reserved: Mapping[str, Decimal]) -> Account:
    return Account(
        currency=state.currency,
        balance=state.balance,
        leverage=state.leverage,
        reserved=reserved,
        day=state.day,
        day_balance=state.day_balance,
        tripped=state.tripped,
    )


def _without(reserved: Mapping[str, Decimal], order_id: str) -> Mapping[str, Decimal]:
    return {key: amount for key, amount in reserved.items() if key != order_id}
