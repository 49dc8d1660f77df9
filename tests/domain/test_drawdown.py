"""A drawdown is the exact fall from the highest value so far."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from domain.drawdown import Drawdown, drawdown_after

D = Decimal
MONEY = st.decimals("-99999999", "99999999", places=8)


def test_a_new_high_becomes_the_peak_without_a_fall() -> None:
    higher = drawdown_after(D(100), D(101))
    assert higher == Drawdown(D(101), D(101))
    assert (higher.fall, higher.fraction) == (D(0), D(0))


def test_a_fall_is_measured_from_the_peak() -> None:
    fallen = drawdown_after(D(100), D("87.5"))
    assert (fallen.peak, fallen.fall, fallen.fraction) == (D(100), D("12.5"), D("0.125"))


def test_reaching_the_peak_again_keeps_its_digits() -> None:
    assert str(drawdown_after(D("100.00"), D(100)).peak) == "100.00"


def test_a_peak_at_or_below_zero_has_no_fraction() -> None:
    assert drawdown_after(D(0), D(-5)).fraction is None
    assert drawdown_after(D(-3), D(-5)).fraction is None


@given(st.lists(MONEY, min_size=1, max_size=20))
def test_the_peak_is_the_highest_value_and_the_fall_is_exact(figures: list[Decimal]) -> None:
    peaks = list(accumulate(figures, lambda peak, now: drawdown_after(peak, now).peak))
    for number, (peak, now) in enumerate(zip(peaks, figures, strict=True), 1):
        assert peak == max(figures[:number])
        assert Fraction(Drawdown(peak, now).fall) == Fraction(peak) - Fraction(now) >= 0


@given(st.decimals("0.00000001", "99999999", places=8), MONEY)
def test_the_fraction_is_exact_to_fifty_digits(peak: Decimal, now: Decimal) -> None:
    fallen = drawdown_after(peak, now)
    assert fallen.fraction is not None
    exact = (Fraction(fallen.peak) - Fraction(now)) / Fraction(fallen.peak)
    assert abs(Fraction(fallen.fraction) - exact) <= exact * Fraction(1, 10**50)
