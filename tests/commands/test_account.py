from __future__ import annotations

import pytest

from commands.account import (
    OpenAccount,
    ReleaseFunds,
    ReserveFunds,
    ResetKillSwitch,
    SettleBalance,
    TripKillSwitch,
    TurnDay,
)
from commands.routes import Command
from domain.account import (
    AccountOpened,
    BalanceChanged,
    BalanceReason,
    DayClosed,
    DayOpened,
    FundsReleased,
    FundsReserved,
    KillSwitchReset,
    KillSwitchTripped,
)
from domain.errors import InvalidInput, Refused
from tests.commands.sentence import given
from tests.domain.history import D, money

OPENED = AccountOpened("USDT", D(10_000), D(5))
OPEN = OpenAccount("USDT", D(10_000), D(5))


def test_opening_an_open_account_again_changes_nothing() -> None:
    given().when(OPEN, OPEN).then(OPENED)


@pytest.mark.parametrize("balance", ["0", "-1", "NaN", "Infinity"])
def test_a_starting_balance_that_is_not_positive_and_finite_is_refused(balance: str) -> None:
    given().when(OpenAccount("USDT", D(balance), D(5))).then_error(
        InvalidInput, f"a starting balance of {balance} USDT is not a positive sum"
    )


@pytest.mark.parametrize("balance", ["1e18", "0.000000000000000001", "10000.123456789012345678"])
def test_a_starting_balance_within_the_exact_digits_is_accepted(balance: str) -> None:
    command = OpenAccount("USDT", D(balance), D(5))
    given().when(command).then(AccountOpened("USDT", D(balance), D(5)))


@pytest.mark.parametrize("balance", ["1e70", "1000000000000000001", "1e-19", "0.1234567890123456789"])
def test_a_starting_balance_beyond_the_exact_digits_is_refused(balance: str) -> None:
    given().when(OpenAccount("USDT", D(balance), D(5))).then_error(
        InvalidInput, f"a starting balance of {D(balance)} USDT is above 1E+18 or finer than 1E-18"
    )


@pytest.mark.parametrize("leverage", ["0.5", "201", "NaN", "Infinity"])
def test_a_leverage_out_of_range_is_refused(leverage: str) -> None:
    given().when(OpenAccount("USDT", D(1), D(leverage))).then_error(
        InvalidInput, f"a leverage of {leverage} is not in 1 … 200"
    )


@pytest.mark.parametrize(
    "command", [ReserveFunds("abc-e1", D(1)), TurnDay("2025-04-03"), TripKillSwitch("overfill")]
)
def test_a_command_to_an_unopened_account_is_refused(command: Command) -> None:
    given().when(command).then_error(Refused, "the account was never opened")


def test_funds_are_reserved_once_and_released_once() -> None:
    given(OPENED).when(
        ReserveFunds("abc-e1", D("99.5")),
        ReserveFunds("abc-e1", D("99.5")),
        ReleaseFunds("abc-e1"),
        ReleaseFunds("abc-e1"),
    ).then(FundsReserved("abc-e1", D("99.5")), FundsReleased("abc-e1", D("99.5")))


def test_all_available_funds_can_be_reserved_and_no_more() -> None:
    given(OPENED, FundsReserved("abc-e1", D(9_999))).when(ReserveFunds("abd-e1", D(1))).then(
        FundsReserved("abd-e1", D(1))
    )
    given(OPENED, FundsReserved("abc-e1", D(9_999))).when(ReserveFunds("abd-e1", D("1.01"))).then_error(
        Refused, "1.01 USDT for order abd-e1 is more than the 1 available"
    )


def test_the_balance_is_settled_to_the_last_digit() -> None:
    fine = D("0.00000000000000000000000000000000001")
    given(OPENED).when(
        SettleBalance(BalanceReason.FILL, fine),
        SettleBalance(BalanceReason.FUNDING, D("-0.5")),
        SettleBalance(BalanceReason.FILL, D("0.00")),
    ).then(
        money(fine, D("10000.00000000000000000000000000000000001")),
        BalanceChanged(BalanceReason.FUNDING, D("-0.5"), D("9999.50000000000000000000000000000000001")),
    )


def test_a_day_is_opened_once_and_never_reversed() -> None:
    given(OPENED).when(TurnDay("2025-04-03"), TurnDay("2025-04-03"), TurnDay("2025-04-02")).then(
        DayOpened("2025-04-03", D(10_000))
    )


def test_a_closed_day_records_its_realised_profit() -> None:
    given(OPENED, DayOpened("2025-04-03", D(10_000)), money(D("-12.5"), D("9987.5"))).when(
        TurnDay("2025-04-04")
    ).then(DayClosed("2025-04-03", D("9987.5"), D("-12.5")), DayOpened("2025-04-04", D("9987.5")))


def test_the_kill_switch_is_tripped_once_and_reset_once() -> None:
    given(OPENED).when(
        ResetKillSwitch("nothing to reset"),
        TripKillSwitch("overfill"),
        TripKillSwitch("again"),
        ResetKillSwitch("looked at"),
    ).then(KillSwitchTripped("overfill"), KillSwitchReset("looked at"))
