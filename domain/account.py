"""An account: its balance, its reserved funds, its trading day, the kill switch and its forgotten keys."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from domain.arithmetic import EXACT, ZERO, total


class BalanceReason(StrEnum):
    """Why the balance changed: a fill's profit less its fee, funding, or a transfer (a deposit or a withdrawal)."""

    FILL = "FILL"
    FUNDING = "FUNDING"
    TRANSFER = "TRANSFER"


class AccountOpened(Struct, frozen=True, gc=False):
    """The account starts with `balance`, in `currency`; `leverage` is the largest ratio of notional to margin."""

    currency: str
    balance: Decimal
    leverage: Decimal


class FundsReserved(Struct, frozen=True, gc=False):
    """Margin and fees that an entry order may need, reserved from its placement until it ends."""

    order_id: str
    amount: Decimal


class FundsReleased(Struct, frozen=True, gc=False):
    """The entry order ended, so the funds reserved for it are available again."""

    order_id: str
    amount: Decimal


class BalanceChanged(Struct, frozen=True, gc=False):
    """The balance changed by `amount`; `balance` is the balance after the change."""

    reason: BalanceReason
    amount: Decimal
    balance: Decimal


class DayOpened(Struct, frozen=True, gc=False):
    """A trading day (UTC) began with this balance; the daily loss is measured against it."""

    day: str
    balance: Decimal


class DayClosed(Struct, frozen=True, gc=False):
    """A trading day (UTC) ended; `realised` is `balance` less the balance at the start of the day."""

    day: str
    balance: Decimal
    realised: Decimal


class KillSwitchTripped(Struct, frozen=True, gc=False):
    """No new exposure is allowed until a person resets the switch.

    `positions` are the streams of the positions that were open at the trip, `entries` the ids of the orders that may
    fill before their cancel arrives at the exchange. Events of version 1 name neither.
    """

    reason: str
    positions: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


class KillSwitchReset(Struct, frozen=True, gc=False):
    """A person allowed trading again."""

    reason: str


class PersonalKeyForgotten(Struct, frozen=True, gc=False):
    """A person removed the key with this id (16 hexadecimal digits): nobody can read the texts any more that it sealed.

    The event is recorded before the key is removed (decision 0091).
    """

    key_id: str
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
    | PersonalKeyForgotten
)


class Unopened(Struct, frozen=True, gc=False, tag=True):
    """No account of this name has been opened yet."""


class Account(Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """An open account; `balance` and `reserved` (by order id) are in `currency`.

    `day` is the ISO date of the trading day, empty before the first day. `tripped` is the reason why the kill switch
    was tripped, empty while it is not tripped. `forgotten` are the ids of the forgotten keys of personal texts.
    """

    currency: str
    balance: Decimal
    leverage: Decimal
    reserved: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    day: str = ""
    day_balance: Decimal = ZERO
    tripped: str = ""
    forgotten: tuple[str, ...] = ()

    @property
    def available(self) -> Decimal:
        """Balance less the funds reserved for entry orders, in `currency`."""
        return EXACT.subtract(self.balance, total(self.reserved.values()))

    @property
    def day_realised(self) -> Decimal:
        """Realised profit of the trading day so far, in `currency`; negative is a loss."""
        return EXACT.subtract(self.balance, self.day_balance)


AccountState = Unopened | Account
UNOPENED = Unopened()


def evolve(state: AccountState, event: AccountEvent) -> AccountState:
    """The state after the event; raises ValueError for an account that was never opened, or is opened again."""
    if isinstance(event, AccountOpened):
        return _opened(state, event)
    if isinstance(state, Unopened):
        raise ValueError(f"{type(event).__name__} was recorded for an account that was never opened")
    match event:
        case BalanceChanged():
            return _changed(state, event)
        case FundsReserved():
            return with_reserved(state, reserved={**state.reserved, event.order_id: event.amount})
        case FundsReleased():
            return with_reserved(state, reserved=_without(state.reserved, event.order_id))
        case DayOpened() | DayClosed():
            return _turned(state, event)
        case KillSwitchTripped():
            return _with_switch(state, tripped=event.reason)
        case KillSwitchReset():
            return _with_switch(state, tripped="")
        case PersonalKeyForgotten():
            return _with_forgotten(state, forgotten=(*state.forgotten, event.key_id))
        case _:
            assert_never(event)


def _opened(state: AccountState, event: AccountOpened) -> Account:
    if isinstance(state, Account):
        raise ValueError("AccountOpened was recorded for an account that was opened before")
    return Account(currency=event.currency, balance=event.balance, leverage=event.leverage)


def with_balance(state: Account, *, balance: Decimal) -> Account:
    """The account with this balance, in its currency."""
    return replace(state, balance=balance)


def _changed(state: Account, event: BalanceChanged) -> Account:
    """A transfer is neither a profit nor a loss of its day: the balance that the day began with moves, too."""
    moved = with_balance(state, balance=event.balance)
    if event.reason is not BalanceReason.TRANSFER or not state.day:
        return moved
    return _with_day(moved, day=state.day, day_balance=EXACT.add(state.day_balance, event.amount))


def _turned(state: Account, event: DayOpened | DayClosed) -> Account:
    """The close of a day is a statement; the opening of the next one begins it."""
    if isinstance(event, DayClosed):
        return state
    return _with_day(state, day=event.day, day_balance=event.balance)


def with_reserved(state: Account, *, reserved: Mapping[str, Decimal]) -> Account:
    """The account with these reserved funds, by order id."""
    return replace(state, reserved=reserved)


def _with_day(state: Account, *, day: str, day_balance: Decimal) -> Account:
    return replace(state, day=day, day_balance=day_balance)


def _with_switch(state: Account, *, tripped: str) -> Account:
    return replace(state, tripped=tripped)


def _with_forgotten(state: Account, *, forgotten: tuple[str, ...]) -> Account:
    return replace(state, forgotten=forgotten)


def _without(reserved: Mapping[str, Decimal], order_id: str) -> Mapping[str, Decimal]:
    return {key: amount for key, amount in reserved.items() if key != order_id}
