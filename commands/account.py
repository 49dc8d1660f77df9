"""The commands of an account: its funds and balance, its trading day, and its kill switch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from msgspec import Struct

from domain.account import (
    Account,
    AccountEvent,
    AccountOpened,
    AccountState,
    BalanceChanged,
    BalanceReason,
    DayClosed,
    DayOpened,
    FundsReleased,
    FundsReserved,
    KillSwitchReset,
    KillSwitchTripped,
    PersonalKeyForgotten,
    Unopened,
)
from domain.arithmetic import EXACT
from domain.errors import InvalidInput, Refused
from domain.sealed import KEY_ID

_LEAST, _MOST = Decimal("1e-18"), Decimal("1e18")


class OpenAccount(Struct, frozen=True, gc=False):
    """Opens the account with `balance` in `currency`; `leverage` is the largest ratio of notional to margin."""

    currency: str
    balance: Decimal
    leverage: Decimal


class ReserveFunds(Struct, frozen=True, gc=False):
    """Reserves the funds that an entry order may need."""

    order_id: str
    amount: Decimal


class ReleaseFunds(Struct, frozen=True, gc=False):
    """Releases the funds reserved for an entry order."""

    order_id: str


class SettleBalance(Struct, frozen=True, gc=False):
    """Changes the balance by `amount`, in the account's currency."""

    reason: BalanceReason
    amount: Decimal


class TurnDay(Struct, frozen=True, gc=False):
    """Closes the previous trading day and opens this one (UTC, ISO date)."""

    day: str


class TripKillSwitch(Struct, frozen=True, gc=False):
    """Stops all new exposure; open positions keep their stops and can be closed.

    Names what the trip leaves: the streams of open positions and the ids of waiting entries.
    """

    reason: str
    positions: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResetKillSwitch:
    """Allows trading again, by a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class ForgetPersonalKey:
    """Removes the key of personal texts with this id (16 hexadecimal digits), so that nobody reads what it sealed."""

    key_id: str
    reason: str


AccountCommand = (
    OpenAccount
    | ReserveFunds
    | ReleaseFunds
    | SettleBalance
    | TurnDay
    | TripKillSwitch
    | ResetKillSwitch
    | ForgetPersonalKey
)


def decide(command: AccountCommand, state: AccountState) -> Sequence[AccountEvent]:
    """The events that follow; none where the command changes nothing.

    Raises Refused for an account that was never opened and for funds that are not available, InvalidInput for an
    impossible starting balance or leverage and for an id that no key has.
    """
    if isinstance(command, OpenAccount):
        return _open(command, state)
    if isinstance(state, Unopened):
        raise Refused("the account was never opened")
    match command:
        case ReserveFunds():
            return _reserve(command, state)
        case ReleaseFunds():
            amount = state.reserved.get(command.order_id)
            return [] if amount is None else [FundsReleased(command.order_id, amount)]
        case SettleBalance():
            balance = EXACT.add(state.balance, command.amount)
            return [BalanceChanged(command.reason, command.amount, balance)] if command.amount else []
        case TurnDay():
            return _turn(command, state)
        case TripKillSwitch():
            named = KillSwitchTripped(command.reason, command.positions, command.entries)
            return [] if state.tripped else [named]
        case ResetKillSwitch():
            return [KillSwitchReset(command.reason)] if state.tripped else []
        case ForgetPersonalKey():
            return _forget(command, state)


def _forget(command: ForgetPersonalKey, state: Account) -> Sequence[AccountEvent]:
    if KEY_ID.fullmatch(command.key_id) is None:
        raise InvalidInput(
            "the id of a key is 16 hexadecimal digits in small letters; `whence personal` lists them"
        )
    if command.key_id in state.forgotten:
        return []
    return [PersonalKeyForgotten(command.key_id, command.reason)]


def _open(command: OpenAccount, state: AccountState) -> Sequence[AccountEvent]:
    if isinstance(state, Account):
        return []
    if not command.balance.is_finite() or command.balance <= 0:
        raise InvalidInput(
            f"a starting balance of {command.balance} {command.currency} is not a positive sum"
        )
    if command.balance > _MOST or EXACT.remainder(command.balance, _LEAST):
        raise InvalidInput(
            f"a starting balance of {command.balance} {command.currency} is above {_MOST} or finer than {_LEAST}: "
            "its sums could not be kept to the last digit"
        )
    if not command.leverage.is_finite() or not 1 <= command.leverage <= 200:
        raise InvalidInput(f"a leverage of {command.leverage} is not in 1 … 200")
    return [AccountOpened(command.currency, command.balance, command.leverage)]


def check_money(name: str, amount: Decimal) -> None:
    """Raises InvalidInput for an amount that is zero, not finite, or whose sums could not be kept to the last digit."""
    if not amount.is_finite() or not amount:
        raise InvalidInput(f"{name} of {amount} is no sum of money")
    if abs(amount) > _MOST or EXACT.remainder(amount, _LEAST):
        raise InvalidInput(f"{name} of {amount} is above {_MOST} or finer than {_LEAST}")


def _reserve(command: ReserveFunds, state: Account) -> Sequence[AccountEvent]:
    if command.order_id in state.reserved:
        return []
    if command.amount > state.available:
        raise Refused(
            f"{command.amount} {state.currency} for order {command.order_id} "
            f"is more than the {state.available} available"
        )
    return [FundsReserved(command.order_id, command.amount)]


def _turn(command: TurnDay, state: Account) -> Sequence[AccountEvent]:
    if command.day <= state.day:
        return []
    opened = DayOpened(command.day, state.balance)
    if not state.day:
        return [opened]
    return [DayClosed(state.day, state.balance, state.day_realised), opened]
