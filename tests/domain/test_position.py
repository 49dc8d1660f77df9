from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.arithmetic import EXACT, ZERO
from domain.direction import Direction, Purpose
from domain.position import (
    FLAT,
    Ended,
    Open,
    PositionClosed,
    PositionEvent,
    PositionFunded,
    PositionIncreased,
    PositionReduced,
    PositionState,
    ProtectionMoved,
    evolve,
    notional,
    realised_profit,
    released_cost,
)
from tests.domain.history import D, a_closing, an_opening
from tests.replacing import replace

OPENED = an_opening(quantity=D(3), cost=D(300), fee=D("0.3"))


def a_position_with(*events: PositionEvent) -> Open:
    state: PositionState = reduce(evolve, events, evolve(FLAT, OPENED))
    assert isinstance(state, Open)
    return state


def test_a_position_opens_with_its_first_fill() -> None:
    held = a_position_with()
    assert (held.direction, held.quantity, held.cost, held.average_price) == (
        Direction.LONG,
        D(3),
        D(300),
        D(100),
    )
    assert (held.gross, held.fees, held.funding, held.stop, held.target) == (
        ZERO,
        D("0.3"),
        ZERO,
        D("97.9"),
        D("105.9"),
    )


def test_fills_and_funding_add_up() -> None:
    held = a_position_with(
        PositionIncreased(order_id="abc-e1", quantity=D(1), price=D(104), cost=D(104), fee=D("0.1")),
        PositionReduced(
            order_id="abc-t1", quantity=D(2), price=D(110), released=D(202), realised=D(18), fee=D("0.2")
        ),
        PositionFunded(D("-0.25")),
        PositionFunded(D("0.05")),
        ProtectionMoved(D(100), None),
    )
    assert (held.quantity, held.cost, held.average_price) == (D(2), D(202), D(101))
    assert (held.gross, held.fees, held.funding) == (D(18), D("0.6"), D("-0.20"))
    assert (held.stop, held.target) == (D(100), None)


def test_a_closed_position_ends_with_its_net() -> None:
    assert evolve(a_position_with(), a_closing(D("-1.5"), D(9_998))) == Ended(D("-1.5"))


AFTER: list[PositionEvent] = [
    PositionIncreased(order_id="abc-e1", quantity=D(1), price=D(104), cost=D(104), fee=D("0.1")),
    PositionReduced(
        order_id="abc-t1", quantity=D(2), price=D(110), released=D(202), realised=D(18), fee=D("0.2")
    ),
    PositionFunded(D("-0.25")),
    ProtectionMoved(D(100), None),
    a_closing(D(1), D(10_001)),
]


@pytest.mark.parametrize("event", AFTER)
@pytest.mark.parametrize("state", [FLAT, Ended(D(1))])
def test_an_event_of_a_position_that_is_not_open_raises(state: PositionState, event: PositionEvent) -> None:
    with pytest.raises(ValueError, match="recorded on a position that is not open"):
        evolve(state, event)


def test_opening_an_open_position_raises() -> None:
    with pytest.raises(ValueError, match="PositionOpened was recorded on a position that was opened before"):
        evolve(a_position_with(), OPENED)


parts = st.lists(st.integers(1, 50), min_size=1, max_size=10)
costs = st.decimals("0.000000001", "99999999", places=15, allow_nan=False, allow_infinity=False)


@given(parts, costs)
def test_the_released_costs_of_all_parts_add_up_to_the_cost(lots: list[int], cost: D) -> None:
    quantity = D(sum(lots)) / 1000
    held: PositionState = evolve(FLAT, replace(OPENED, quantity=quantity, cost=cost))
    released_so_far = ZERO
    for number, lot in enumerate(lots, start=1):
        assert isinstance(held, Open)
        part = D(lot) / 1000
        released = released_cost(held, part)
        released_so_far = EXACT.add(released_so_far, released)
        if number < len(lots):
            held = evolve(
                held,
                PositionReduced(
                    order_id="abc-t1", quantity=part, price=D(1), released=released, realised=ZERO, fee=ZERO
                ),
            )
    assert released_so_far == cost


def test_profit_is_proceeds_less_cost_and_the_reverse_for_a_short() -> None:
    assert realised_profit(Direction.LONG, D(110), D(100)) == D(10)
    assert realised_profit(Direction.SHORT, D(110), D(100)) == D(-10)
    assert notional(D("0.00000001"), D("123456789.123456789")) == D("1.23456789123456789")


def test_a_closing_has_a_reason() -> None:
    closing = a_closing(D(1), D(10_001))
    assert isinstance(closing, PositionClosed)
    assert closing.reason is Purpose.TARGET
