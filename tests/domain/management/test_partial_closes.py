"""Partial closes: each level once, on the lot, and never a rest that no order could close."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.closing import CloseReason
from domain.managed import Rule, recorded
from domain.management import decide
from domain.management.action import Action, Close, Reduce
from domain.management.partial_closes import partial_close
from domain.management.settings import ManagementSettings, partial_levels
from domain.position import Open
from tests.domain.history import NOW, an_instrument
from tests.domain.management.positions import D, a_long, a_short, acted, read
from tests.replacing import replace

RULES = an_instrument()
LEVELS = ("0.01:0.5", "0.02:0.25")
WHOLE = Close(CloseReason.LAST_PARTIAL_CLOSE)


def closed(state: Open, price: Decimal, done: int, levels: tuple[str, ...] = LEVELS) -> Action | None:
    return closed_after(
        state, price, f"{partial_levels(levels)[done - 1].profit:f}" if done else None, levels
    )


def closed_after(
    state: Open, price: Decimal, from_profit: str | None, levels: tuple[str, ...]
) -> Action | None:
    """What is closed where the level of this profit was the last that was done."""
    last = {} if from_profit is None else {Rule.PARTIAL_CLOSE: acted(from_profit=D(from_profit))}
    found = partial_close(read(state, price, ManagementSettings(partial_closes=levels), last=last))
    return None if found is None else found.action


@pytest.mark.parametrize(
    ("state", "price", "done", "action"),
    [
        (a_long(), D("100.9"), 0, None),
        (a_long(), D(101), 0, Reduce(D("1.000"), 1)),
        (a_long(), D(101), 1, None),
        # both at once: 0.75 * 2
        (a_long(), D(102), 0, Reduce(D("1.500"), 2)),
        # a quarter of what was opened, not of what is held
        (a_long(quantity=D(1), cost=D(100)), D(102), 1, Reduce(D("0.500"), 2)),
        (a_long(), D(110), 2, None),
        (a_short(), D("99.1"), 0, None),
        (a_short(), D(99), 0, Reduce(D("1.000"), 1)),
        # 0.5 * 0.333 = 0.1665, on the lot 0.166
        (a_long(quantity=D("0.333"), entered=D("0.333"), cost=D("33.3")), D(101), 0, Reduce(D("0.166"), 1)),
        # a person has closed all but 0.4, so the level takes all that is left
        (a_long(quantity=D("0.4"), cost=D(40)), D(101), 0, WHOLE),
        # 0.5 * 0.09 = 0.045, a notional of 4.5 below the least of 5: nothing until the second level
        (a_long(quantity=D("0.09"), entered=D("0.09"), cost=D(9)), D(101), 0, None),
        # 0.75 * 0.09 = 0.067, and the rest of 0.023 could not be reduced: all of it
        (a_long(quantity=D("0.09"), entered=D("0.09"), cost=D(9)), D(102), 0, WHOLE),
    ],
)
def test_each_level_closes_its_share_once(
    state: Open, price: Decimal, done: int, action: Action | None
) -> None:
    assert closed(state, price, done) == action


def test_without_levels_nothing_is_closed() -> None:
    assert closed(a_long(), D(1_000), 0, ()) is None


def test_levels_that_share_out_the_whole_close_it() -> None:
    assert closed(a_long(quantity=D(1), cost=D(100)), D(102), 1, ("0.01:0.5", "0.02:0.5")) == WHOLE


def test_levels_that_share_out_the_whole_close_what_was_added_after_one_of_them() -> None:
    """1 of 2 was closed, then 1 was added: half of 3 would leave 0.5."""
    added = a_long(quantity=D(2), entered=D(3), cost=D(200))
    assert closed(added, D(102), 1, ("0.01:0.5", "0.02:0.5")) == WHOLE
    assert closed(added, D(102), 1, ("0.01:0.5", "0.02:0.4")) == Reduce(D("1.200"), 2)


def test_nothing_is_closed_while_another_order_closes_a_part() -> None:
    settings = ManagementSettings(partial_closes=LEVELS)
    assert partial_close(read(a_long(), D(101), settings, can_reduce=False)) is None


@pytest.mark.parametrize(
    ("levels", "price", "action"),
    [
        (("0.03:0.25", "0.05:0.25"), D("102.9"), None),
        (("0.03:0.25", "0.05:0.25"), D("103.5"), Reduce(D("0.500"), 1)),
        (("0.01:0.25", "0.03:0.25"), D("103.5"), Reduce(D("0.500"), 2)),
        (("0.005:0.25", "0.01:0.25"), D("103.5"), None),
    ],
)
def test_levels_of_changed_settings_are_done_up_to_the_profit_of_the_last_level_done(
    levels: tuple[str, ...], price: Decimal, action: Action | None
) -> None:
    held = a_long(quantity=D(1), cost=D(100))
    assert closed_after(held, price, "0.01", levels) == action


def test_the_profit_of_the_last_level_done_is_recorded_with_its_order() -> None:
    (found,) = decide(read(a_long(), D(102), ManagementSettings(partial_closes=LEVELS)))
    last = recorded({}, found, NOW)
    assert (last.levels, last.from_profit) == (2, D("0.02"))


@given(
    quantity=st.decimals(min_value="0.001", max_value=50, places=3),
    shares=st.lists(st.decimals(min_value="0.01", max_value="0.3", places=2), min_size=1, max_size=3),
    prices=st.lists(st.decimals(min_value=99, max_value=106, places=1), max_size=30),
)
def test_what_is_left_can_always_be_closed_and_no_level_is_done_twice(
    quantity: Decimal, shares: list[Decimal], prices: list[Decimal]
) -> None:
    levels = tuple(f"{D('0.01') * number}:{share}" for number, share in enumerate(shares, 1))
    state, done = a_long(quantity=quantity, entered=quantity, cost=quantity * 100, spent=quantity * 100), 0
    for price in prices:
        action = closed(state, price, done, levels)
        if isinstance(action, Close):
            return
        if not isinstance(action, Reduce):
            continue
        assert done < action.levels <= len(levels)
        assert price >= 100 + action.levels
        assert action.quantity % RULES.lot == 0
        assert action.quantity * price >= RULES.min_notional
        left = state.quantity - action.quantity
        assert left * price >= RULES.min_notional
        done, state = action.levels, replace(state, quantity=left, cost=left * 100)
    assert state.quantity >= quantity * (1 - sum(shares)) - RULES.lot * len(levels)
