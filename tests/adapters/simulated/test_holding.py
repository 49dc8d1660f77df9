"""Quantity, cost and realised profit of a holding are exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulated.holding import Holding
from domain.direction import Side
from tests.adapters.simulated.scene import BUY, SELL, d

LOTS = st.integers(1, 5000).map(lambda lots: Decimal(lots) / 1000)
PRICES = st.integers(1, 2_000_000).map(lambda ticks: Decimal(ticks) / 10)


def test_a_reduction_releases_its_share_of_the_cost() -> None:
    held = Holding()
    assert held.trade(BUY, d("1"), d("100")) == 0
    assert held.trade(BUY, d("2"), d("103")) == 0
    assert held.trade(SELL, d("1"), d("110")) == d("8")
    assert (held.quantity, held.cost) == (d("2"), d("204"))


def test_an_indivisible_share_is_rounded_and_the_last_fill_releases_the_rest() -> None:
    held = Holding()
    held.trade(BUY, d("3"), d("33.4"))
    held.trade(BUY, d("4"), d("33.3"))
    first = held.trade(SELL, d("3"), d("40"))
    assert first == d("120") - d("100.028571428571")
    assert first + held.trade(SELL, d("4"), d("40")) == d("280") - d("233.4")


def test_a_fill_that_would_reverse_the_holding_is_refused() -> None:
    held = Holding(d("1"), d("100"))
    with pytest.raises(ValueError, match="would reverse"):
        held.trade(SELL, d("1.1"), d("100"))
    assert held.quantity == d("1")


@given(st.sampled_from(Side), st.lists(st.tuples(LOTS, PRICES), min_size=1), st.lists(LOTS), PRICES)
def test_the_profit_from_flat_to_flat_is_proceeds_less_cost(
    side: Side, grown: list[tuple[Decimal, Decimal]], cuts: list[Decimal], price: Decimal
) -> None:
    held, profit, paid, got = Holding(), Decimal(0), Decimal(0), Decimal(0)
    for quantity, at in grown:
        profit += held.trade(side, quantity, at)
        paid += quantity * at
    for cut in [*cuts, Decimal(10**9)]:
        taken = min(cut, held.size)
        if taken:
            profit += held.trade(side.opposite, taken, price)
            got += taken * price
    assert (held.quantity, held.cost) == (Decimal(0), Decimal(0))
    assert profit == (got - paid if side is BUY else paid - got)
