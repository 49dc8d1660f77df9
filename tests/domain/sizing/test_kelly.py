"""The Kelly fraction, compared with a search over all fractions and with the cases that are solved by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sizing.kelly import NO_EDGE, TOO_FEW, growth_optimal, kelly, ruled
from domain.sizing.settings import KellyFallback, SizingRule, SizingSettings

D = Decimal
BY_KELLY = SizingSettings(rule=SizingRule.KELLY)
GOOD = (D("1.5"),) * 18 + (D(-1),) * 12
"""30 trades, 60 % of them win 1.5 R."""
MULTIPLES = st.lists(
    st.decimals(D(-3), D(6), places=6, allow_nan=False, allow_infinity=False), min_size=30, max_size=60
)


def growth(fraction: float, results: tuple[Decimal, ...]) -> float:
    """The mean of ln(1 + f·R); minus infinity where a trade loses the whole balance."""
    left = 1 + fraction * np.array([float(one) for one in results])
    return float(np.log(left).mean()) if (left > 0).all() else float("-inf")


def best_growth(results: tuple[Decimal, ...]) -> float:
    """The greatest growth of the fractions 0, 0.0005, … 1."""
    multiples = np.array([float(one) for one in results])
    left = 1 + np.outer(np.linspace(0, 1, 2001), multiples)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where((left > 0).all(axis=1), np.log(left).mean(axis=1), -np.inf)
    return float(found.max())


@pytest.mark.parametrize(
    ("wins", "losses", "won", "expected"),
    [(18, 12, D("1.5"), "0.333333"), (20, 10, D(1), "0.333333"), (12, 18, D(2), "0.1"), (10, 20, D(2), "0")],
)
def test_for_one_size_of_win_and_loss_it_is_the_formula_of_the_textbooks(
    wins: int, losses: int, won: Decimal, expected: str
) -> None:
    """f = W - (1 - W)/b: 0.6 - 0.4/1.5, 2/3 - 1/3, 0.4 - 0.6/2, and 1/3 - (2/3)/2."""
    assert growth_optimal((won,) * wins + (D(-1),) * losses) == pytest.approx(D(expected), abs=D("1e-6"))


def test_a_loss_of_its_fees_beyond_the_stop_lowers_the_fraction() -> None:
    """By hand: 0.6·1.4/(1 + 1.4f) = 0.4·1.1/(1 - 1.1f), so f = (0.84 - 0.44)/(1.4·1.1) = 0.259740…"""
    assert growth_optimal((D("1.4"),) * 18 + (D("-1.1"),) * 12) == D("0.259740")


def test_one_loss_of_five_times_the_risk_bounds_the_fraction_below_a_fifth() -> None:
    results = (D(2),) * 29 + (D(-5),)
    found = growth_optimal(results)
    assert D("0.1") < found < D("0.2")
    assert growth(float(found), results) >= best_growth(results) - 1e-9


def test_trades_that_never_lose_give_the_whole_balance_which_the_cap_cuts() -> None:
    results = (D(1),) * 30
    assert growth_optimal(results) == 1
    assert kelly(BY_KELLY, results).risk == BY_KELLY.kelly_cap == D("0.25")


@given(MULTIPLES)
def test_no_other_fraction_grows_faster(given_results: list[Decimal]) -> None:
    results = tuple(given_results)
    found = float(growth_optimal(results))
    assert growth(found, results) >= best_growth(results) - 1e-9
    assert growth(found + 1e-5, results) <= growth(found, results) + 1e-12 or found == 1


@given(MULTIPLES)
def test_the_fraction_is_above_0_only_where_the_mean_result_is(given_results: list[Decimal]) -> None:
    found = kelly(BY_KELLY, tuple(given_results))
    assert found.mean is not None
    assert (found.risk > 0) is (found.reason == "")
    assert found.risk == 0 or sum(given_results) > 0
    assert 0 <= found.risk <= BY_KELLY.kelly_cap


def test_half_of_the_fraction_is_risked_up_to_the_cap() -> None:
    half = kelly(BY_KELLY, GOOD)
    assert (half.trades, half.wins, half.mean, half.fraction) == (30, 18, D("0.5"), D("0.333333"))
    assert half.risk == D("0.1666665")
    capped = SizingSettings(rule=SizingRule.KELLY, kelly_multiplier=D(1), kelly_cap=D("0.1"))
    assert kelly(capped, GOOD).risk == D("0.1")


def test_trades_without_a_gain_on_average_risk_nothing_with_the_reason() -> None:
    losing = (D(1),) * 15 + (D(-1),) * 15
    found = kelly(BY_KELLY, losing)
    assert (found.fraction, found.risk, found.reason) == (D(0), D(0), NO_EDGE)


@pytest.mark.parametrize(
    ("fallback", "risk", "reason"),
    [(KellyFallback.RISK, D("0.01"), ""), (KellyFallback.SKIP, D(0), TOO_FEW)],
    ids=str,
)
def test_fewer_than_30_trades_are_sized_by_the_fallback(
    fallback: KellyFallback, risk: Decimal, reason: str
) -> None:
    settings = SizingSettings(rule=SizingRule.KELLY, kelly_fallback=fallback)
    found = kelly(settings, GOOD[1:])
    assert (found.trades, found.mean, found.fraction) == (29, None, None)
    assert (found.risk, found.reason) == (risk, reason)


def test_only_the_latest_trades_of_the_window_count() -> None:
    settings = SizingSettings(rule=SizingRule.KELLY, kelly_window=30)
    by = ruled(settings, (*((D(-1),) * 100), *GOOD))
    assert by.kelly is not None
    assert (by.kelly.trades, by.settings.risk) == (30, D("0.1666665"))


@pytest.mark.parametrize("rule", [one for one in SizingRule if one is not SizingRule.KELLY])
def test_other_rules_read_no_results(rule: SizingRule) -> None:
    settings = SizingSettings(rule=rule)
    by = ruled(settings, GOOD)
    assert by.settings is settings
    assert by.kelly is None
