"""Partial closes: each level once, on the lot, and never a rest that no order could close."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.management.partial_closes import PartialClose, partial_close
from domain.position import Open
from tests.domain.history import an_instrument
from tests.domain.management.positions import D, a_long, a_short
from tests.replacing import replace

RULES = an_instrument()
LEVELS = ((D("0.01"), D("0.5")), (D("0.02"), D("0.25")))


@pytest.mark.parametrize(
    ("state", "price", "done", "close"),
    [
        (a_long(), D("100.9"), 0, None),
        (a_long(), D(101), 0, PartialClose(D("1.000"), 1, D("0.01"), whole=False)),
        (a_long(), D(101), 1, None),
        # both at once: 0.75 * 2
        (a_long(), D(102), 0, PartialClose(D("1.500"), 2, D("0.02"), whole=False)),
        # a quarter of what was opened, not of what is held
        (a_long(quantity=D(1), cost=D(100)), D(102), 1, PartialClose(D("0.500"), 2, D("0.02"), whole=False)),
        (a_long(), D(110), 2, None),
        (a_short(), D("99.1"), 0, None),
        (a_short(), D(99), 0, PartialClose(D("1.000"), 1, D("0.01"), whole=False)),
        # 0.5 * 0.333 = 0.1665, on the lot 0.166
        (
            a_long(quantity=D("0.333"), entered=D("0.333"), cost=D("33.3")),
            D(101),
            0,
            PartialClose(D("0.166"), 1, D("0.01"), whole=False),
        ),
        # a person has closed the rest but 0.4, so the level takes all that is left
        (
            a_long(quantity=D("0.4"), cost=D(40)),
            D(101),
            0,
            PartialClose(D("0.4"), 1, D("0.01"), whole=True),
        ),
        # 0.5 * 0.09 = 0.045, a notional of 4.5 below the least of 5: nothing until the second level
        (a_long(quantity=D("0.09"), entered=D("0.09"), cost=D(9)), D(101), 0, None),
        # 0.75 * 0.09 = 0.067, and the rest of 0.023 could not be reduced: all of it
        (
            a_long(quantity=D("0.09"), entered=D("0.09"), cost=D(9)),
            D(102),
            0,
            PartialClose(D("0.09"), 2, D("0.02"), whole=True),
        ),
    ],
)
def test_each_level_closes_its_share_once(
    state: Open, price: Decimal, done: int, close: PartialClose | None
) -> None:
    assert partial_close(state, price, done, LEVELS, RULES) == close


def test_without_levels_nothing_is_closed() -> None:
    assert partial_close(a_long(), D(1_000), 0, (), RULES) is None


def test_levels_that_share_out_the_whole_close_it() -> None:
    levels = ((D("0.01"), D("0.5")), (D("0.02"), D("0.5")))
    state = a_long(quantity=D(1), cost=D(100))
    assert partial_close(state, D(102), 1, levels, RULES) == PartialClose(D(1), 2, D("0.02"), whole=True)


@given(
    quantity=st.decimals(min_value="0.001", max_value=50, places=3),
    shares=st.lists(st.decimals(min_value="0.01", max_value="0.3", places=2), min_size=1, max_size=3),
    prices=st.lists(st.decimals(min_value=99, max_value=106, places=1), max_size=30),
)
def test_what_is_left_can_always_be_closed_and_no_level_is_done_twice(
    quantity: Decimal, shares: list[Decimal], prices: list[Decimal]
) -> None:
    levels = [(D("0.01") * number, share) for number, share in enumerate(shares, 1)]
    state, done = a_long(quantity=quantity, entered=quantity, cost=quantity * 100, spent=quantity * 100), 0
    for price in prices:
        close = partial_close(state, price, done, levels, RULES)
        if close is None:
            continue
        assert done < close.levels <= len(levels)
        assert price >= 100 * (1 + close.profit)
        assert 0 < close.quantity <= state.quantity
        left = state.quantity - close.quantity
        if close.whole:
            assert left == 0
            return
        assert close.quantity % RULES.lot == 0
        assert close.quantity * price >= RULES.min_notional
        assert left * price >= RULES.min_notional
        done, state = close.levels, replace(state, quantity=left, cost=left * 100)
    assert state.quantity >= quantity * (1 - sum(shares)) - RULES.lot * len(levels)
