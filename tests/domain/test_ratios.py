"""Sharpe and Sortino equal values computed by hand, and idle days are days."""

from __future__ import annotations

import math
from datetime import date

import pytest

from domain.ratios import NO_RATIOS, Transfer, daily_returns, ratios
from tests.domain.history import D

MONDAY = date(2025, 6, 2)


def test_the_ratios_of_thirty_days_equal_values_computed_by_hand() -> None:
    """Twenty days of 2 % and ten of -1 %: mean 1 %, squares of the distances 30 x (2/3 x 1 + 1/3 x 4)."""
    found = ratios([0.02, -0.01, 0.02] * 10)
    assert found.sharpe == pytest.approx(math.sqrt(365) * 0.01 / math.sqrt(30 * 2e-4 / 29))
    assert found.sortino == pytest.approx(math.sqrt(365) * 0.01 / math.sqrt(10 * 1e-4 / 29))


def test_the_order_of_the_returns_does_not_matter() -> None:
    returns = [0.013 * (-1) ** n / (n + 1) for n in range(40)]
    assert ratios(returns) == ratios(sorted(returns))


def test_there_are_no_ratios_under_thirty_days_and_none_without_a_deviation() -> None:
    assert ratios([]) == ratios([0.05, -0.02] * 14 + [0.01]) == NO_RATIOS
    assert ratios([0.01] * 30) == NO_RATIOS
    assert ratios([0.01, 0.02] * 15).sortino is None


def test_days_without_a_close_have_the_return_zero() -> None:
    closes = [(date(2025, 6, 3), D(110)), (date(2025, 6, 6), D(99))]
    assert daily_returns(MONDAY, D(100), closes) == pytest.approx([0.0, 0.1, 0.0, 0.0, -0.1])


def test_a_day_that_begins_without_equity_ends_the_returns() -> None:
    closes = [(MONDAY, D(0)), (date(2025, 6, 3), D(5))]
    assert daily_returns(MONDAY, D(100), closes) == [-1.0]


def test_a_deposit_and_a_withdrawal_are_no_returns() -> None:
    """10 % before the deposit and 50 % after it; then 10 % on what a withdrawal leaves."""
    tuesday = date(2025, 6, 3)
    transfers = {MONDAY: [Transfer(D(110), D(1100))], tuesday: [Transfer(D(1650), D(165))]}
    closes = [(MONDAY, D(1650)), (tuesday, D("181.5")), (date(2025, 6, 4), D("181.5"))]
    assert daily_returns(MONDAY, D(100), closes, transfers) == pytest.approx([0.65, 0.1, 0.0])


def test_an_account_that_was_emptied_has_no_return_until_the_next_deposit() -> None:
    tuesday = date(2025, 6, 3)
    transfers = {MONDAY: [Transfer(D(120), D(0))], tuesday: [Transfer(D(0), D(50))]}
    assert daily_returns(MONDAY, D(100), [(MONDAY, D(0)), (tuesday, D(60))], transfers) == pytest.approx(
        [0.2, 0.2]
    )
