from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.arithmetic import EXACT, distance, exactly, total
from domain.instrument import round_down, round_up

D = Decimal
VALUES = st.decimals(D(0), D(10**9), places=12)
STEPS = st.sampled_from([D("0.00000001"), D("0.001"), D("0.05"), D("0.25"), D(1), D(10)])


@given(VALUES, STEPS)
def test_rounding_returns_the_nearest_multiples_of_the_step_on_both_sides(
    value: Decimal, step: Decimal
) -> None:
    below, above = round_down(value, step), round_up(value, step)
    assert below <= value <= above
    assert EXACT.subtract(value, below) < step
    assert EXACT.subtract(above, value) < step
    assert EXACT.remainder(below, step) == EXACT.remainder(above, step) == 0


def test_a_value_just_under_a_step_is_not_rounded_onto_it() -> None:
    assert round_down(D("2.9999999999999999999999999999999999"), D(1)) == 2
    assert round_up(D("2.0000000000000000000000000000000001"), D(1)) == 3


def test_a_rounded_value_has_the_digits_of_its_step() -> None:
    assert str(round_down(D(14), D("0.001"))) == "14.000"
    assert str(round_up(D("14.0004"), D("0.001"))) == "14.001"


def test_a_total_keeps_every_digit() -> None:
    assert total([D("1e18"), D("1e-18"), D("-1e18")]) == D("1e-18")
    assert total([]) == 0


def test_a_distance_is_the_same_in_both_orders() -> None:
    assert distance(D(98), D(100)) == distance(D(100), D(98)) == 2


def test_a_float_becomes_the_decimal_of_its_shortest_text() -> None:
    assert exactly(0.1) == D("0.1")
