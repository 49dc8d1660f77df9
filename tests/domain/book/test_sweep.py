from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.book.sweep import sweep
from domain.errors import InvalidInput
from domain.market import Level

D = Decimal
LEVELS = [Level(D(100), D(1)), Level(D(101), D(2)), Level(D(103), D(3))]


def test_a_sweep_within_the_best_level_costs_nothing() -> None:
    found = sweep(LEVELS, D("0.5"))
    assert (found.value, found.vwap, found.cost, found.worst) == (D(50), D(100), D(0), D(100))
    assert found.is_whole


def test_a_sweep_through_two_levels_has_their_mean_price_by_size() -> None:
    found = sweep(LEVELS, D(2))
    assert (found.value, found.vwap, found.cost, found.worst) == (D(201), D("100.5"), D(1), D(101))


def test_a_sweep_of_bids_costs_what_it_gets_less_than_the_best_price() -> None:
    assert sweep(LEVELS[::-1], D(4)).cost == D(2)


def test_a_size_beyond_the_known_levels_is_filled_in_part() -> None:
    found = sweep(LEVELS, D(10))
    assert (found.filled, found.is_whole, found.value) == (D(6), False, D(611))


def test_a_sweep_of_an_empty_side_fills_nothing() -> None:
    found = sweep([], D(1))
    assert (found.filled, found.vwap, found.cost, found.best) == (D(0), None, D(0), None)


@pytest.mark.parametrize("size", ["0", "-1", "NaN", "Infinity"])
def test_a_size_that_is_not_above_zero_is_refused(size: str) -> None:
    with pytest.raises(InvalidInput, match="above 0"):
        sweep(LEVELS, D(size))


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=20),
    st.integers(1, 10**7),
)
def test_a_sweep_equals_the_sum_over_single_lots(rows: list[tuple[int, int]], wanted: int) -> None:
    levels = [Level(D(price), D(lots)) for price, lots in rows]
    found = sweep(levels, D(wanted))
    ends = [sum(lots for _, lots in rows[: n + 1]) for n in range(len(rows))]
    value = sum(
        price * (min(end, wanted) - min(end - lots, wanted))
        for (price, lots), end in zip(rows, ends, strict=True)
    )
    assert (found.value, found.filled) == (D(value), D(min(ends[-1], wanted)))
