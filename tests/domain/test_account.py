from __future__ import annotations

from functools import reduce
from typing import get_args

import pytest

from domain.account import (
    UNOPENED,
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
    evolve,
)
from tests.domain.history import D, money

OPENED = AccountOpened("USDT", D(10_000), D(5))
DAY = DayOpened("2025-04-03", D(10_000))
AFTER: list[AccountEvent] = [
    FundsReserved("abc-e1", D(1)),
    FundsReleased("abc-e1", D(1)),
    BalanceChanged(BalanceReason.FILL, D(1), D(10_001)),
    DAY,
    DayClosed("2025-04-03", D(10_000), D(0)),
    KillSwitchTripped("overfill"),
    KillSwitchReset("looked at"),
    PersonalKeyForgotten("0123456789abcdef", "she has left"),
]


def an_account_with(*events: AccountEvent) -> Account:
    state: AccountState = reduce(evolve, events, evolve(UNOPENED, OPENED))
    assert isinstance(state, Account)
    return state


def test_the_table_covers_every_account_event() -> None:
    assert {type(event) for event in (OPENED, *AFTER)} == set(get_args(AccountEvent))


def test_an_opened_account_has_its_balance_and_nothing_else() -> None:
    assert an_account_with() == Account(currency="USDT", balance=D(10_000), leverage=D(5))
    assert an_account_with().available == D(10_000)


def test_reserved_funds_are_not_available_until_they_are_released() -> None:
    account = an_account_with(FundsReserved("abc-e1", D("99.5")), FundsReserved("abd-e1", D("0.5")))
    assert (account.balance, account.available) == (D(10_000), D(9_900))
    assert evolve(account, FundsReleased("abc-e1", D("99.5"))) == an_account_with(
        FundsReserved("abd-e1", D("0.5"))
    )


def test_the_balance_is_the_one_last_recorded() -> None:
    account = an_account_with(DAY, FundsReserved("abc-e1", D(1)), money(D("-2.5"), D("9997.5")))
    assert (account.balance, account.day, account.day_balance) == (D("9997.5"), "2025-04-03", D(10_000))
    assert (account.day_realised, account.available) == (D("-2.5"), D("9996.5"))


def test_a_day_begins_with_its_own_balance() -> None:
    account = an_account_with(
        DAY,
        money(D(5), D(10_005)),
        DayClosed("2025-04-03", D(10_005), D(5)),
        DayOpened("2025-04-04", D(10_005)),
    )
    assert (account.day, account.day_balance, account.day_realised) == ("2025-04-04", D(10_005), D(0))


def test_the_kill_switch_keeps_its_reason_until_it_is_reset() -> None:
    tripped = an_account_with(KillSwitchTripped("overfill"))
    assert (tripped.tripped, tripped.currency, tripped.leverage) == ("overfill", "USDT", D(5))
    assert evolve(tripped, KillSwitchReset("looked at")) == an_account_with()


def test_sums_of_an_account_keep_every_digit() -> None:
    fine = D("0.00000000000000000000000000000000001")
    account = an_account_with(DAY, FundsReserved("abc-e1", fine))
    assert str(account.available) == "9999.99999999999999999999999999999999999"
    moved = evolve(account, money(fine, D(10_000) + 0))
    assert isinstance(moved, Account)
    assert moved.reserved == {"abc-e1": fine}


@pytest.mark.parametrize("event", AFTER)
def test_an_event_of_an_unopened_account_raises(event: AccountEvent) -> None:
    with pytest.raises(ValueError, match="account that was never opened"):
        evolve(UNOPENED, event)


def test_opening_an_open_account_raises() -> None:
    with pytest.raises(ValueError, match="AccountOpened was recorded for an account that was opened before"):
        evolve(an_account_with(), OPENED)
