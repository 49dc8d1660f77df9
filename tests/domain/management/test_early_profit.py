"""Early profit: what a close now leaves after all costs, of positions whose figures were computed by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.management.early_profit import Bound, EarlyProfit, early_profit
from domain.management.profit import move_share, net_share
from domain.position import FLAT, Open, PositionIncreased, PositionReduced, evolve
from tests.domain.history import an_opening
from tests.domain.management.positions import D, a_long, a_short

LIMITS = EarlyProfit(least_profit=D("0.003"), most_loss=D("0.02"), seconds=60)
A_MINUTE = timedelta(minutes=1)
RATE = D("0.001")


@pytest.mark.parametrize(
    ("state", "price", "net"),
    [
        # 2 * (101 - 100) = 2 - 0.2 of the entry - 202 * 0.001 = 1.598, of 200
        (a_long(), D(101), D("0.00799")),
        # 2 * (100 - 99) = 2 - 0.2 - 198 * 0.001 = 1.602, of 200
        (a_short(), D(99), D("0.00801")),
        # without a move both fees are lost
        (a_long(), D(100), D("-0.002")),
        # funding that was paid
        (a_long(funding=D(-1)), D(101), D("0.00299")),
        # one half was closed with a profit of 4 and a fee of 0.1: 4 + 1 - 0.3 - 0.101 = 4.599, of all 200
        (a_long(quantity=D(1), cost=D(100), gross=D(4), fees=D("0.3")), D(101), D("0.022995")),
    ],
)
def test_the_net_share_counts_every_fee_and_funding(state: Open, price: Decimal, net: Decimal) -> None:
    assert net_share(state, price, RATE) == net


# (2p - 200 - 0.2 - 0.002p) / 200 = 0.003 at p = 200.8 / 1.998
PROFIT_AT = D("200.8") / D("1.998")


@pytest.mark.parametrize(
    ("price", "held_for", "bound"),
    [
        (PROFIT_AT + D("0.0001"), A_MINUTE, Bound.PROFIT),
        (PROFIT_AT - D("0.0001"), A_MINUTE, None),
        (PROFIT_AT + D("0.0001"), A_MINUTE - timedelta(microseconds=1), None),
        # -0.02 at p = 196.2 / 1.998 = 98.198…
        (D("98.19"), A_MINUTE, Bound.LOSS),
        (D("98.20"), A_MINUTE, None),
        (D("98.19"), timedelta(0), None),
    ],
)
def test_a_bound_closes_the_position_once_it_was_held_long_enough(
    price: Decimal, held_for: timedelta, bound: Bound | None
) -> None:
    found = early_profit(a_long(), held_for, price, RATE, LIMITS)
    assert (None if found is None else found.bound) is bound


def test_a_move_that_only_pays_the_fees_is_no_profit() -> None:
    """0.3 % of price, which is 0.1 % after two fees of 0.1 %."""
    assert early_profit(a_long(), A_MINUTE, D("100.3"), RATE, LIMITS) is None


@pytest.mark.parametrize("price", [D(1), D(98), D(100), D(150), D(10_000)])
def test_limits_of_zero_close_nothing(price: Decimal) -> None:
    assert early_profit(a_long(), timedelta(days=9), price, RATE, EarlyProfit()) is None


@given(
    price=st.decimals(min_value=1, max_value=1_000, places=2),
    quantity=st.decimals(min_value="0.001", max_value=100, places=3),
)
def test_a_long_and_its_mirror_move_by_opposite_shares(price: Decimal, quantity: Decimal) -> None:
    long, short = a_long(quantity=quantity), a_short(quantity=quantity)
    entry = D(100)
    assert move_share(long.direction, entry, price) == -move_share(short.direction, entry, price)


def test_entries_add_up_and_reductions_do_not_take_from_them() -> None:
    state = evolve(FLAT, an_opening(quantity=D(2), cost=D(200)))
    state = evolve(
        state, PositionIncreased(order_id="abc-e2", quantity=D(1), price=D(110), cost=D(110), fee=D(0))
    )
    state = evolve(
        state,
        PositionReduced(
            order_id="abc-x1", quantity=D(2), price=D(120), released=D(200), realised=D(40), fee=D(0)
        ),
    )
    assert isinstance(state, Open)
    assert (state.quantity, state.entered, state.spent) == (D(1), D(3), D(310))
