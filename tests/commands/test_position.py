from __future__ import annotations

import pytest

from commands.position import ApplyFill, ApplyFunding, MoveProtection, settlement
from commands.routes import Command
from domain.direction import Direction, Purpose
from domain.errors import InvalidInput, Refused
from domain.position import (
    PositionClosed,
    PositionEvent,
    PositionFunded,
    PositionIncreased,
    PositionOpened,
    PositionReduced,
    ProtectionMoved,
)
from domain.streams import position_stream
from tests.commands.sentence import given
from tests.domain.history import ACCOUNT, BTC, NOW, D, an_opening
from tests.replacing import replace

STREAM = position_stream(ACCOUNT, BTC, Direction.LONG, 1)
OPENED = an_opening(quantity=D(3), cost=D(300), fee=D("0.3"))
IN = ApplyFill(
    stream=STREAM,
    instrument=BTC,
    direction=Direction.LONG,
    order_id="abc-e1",
    quantity=D(3),
    price=D(100),
    fee=D("0.3"),
    reason=Purpose.ENTRY,
    stop=D("97.9"),
    target=D("105.9"),
    balance=D(10_000),
    opened_at=NOW,
)
OUT = replace(IN, direction=Direction.SHORT, order_id="abc-t1", reason=Purpose.TARGET)


def test_the_first_fill_opens_a_position() -> None:
    given().when(IN).then(OPENED)


def test_a_fill_in_the_same_direction_increases_a_position() -> None:
    more = replace(IN, quantity=D(1), price=D("101.5"), fee=D("0.1"))
    given(OPENED).when(more).then(
        PositionIncreased(order_id="abc-e1", quantity=D(1), price=D("101.5"), cost=D("101.5"), fee=D("0.1"))
    )


def test_the_released_parts_of_an_indivisible_cost_add_up_to_it() -> None:
    cost = replace(OPENED, cost=D(100), price=D("33.33"))
    third = replace(OUT, quantity=D(1), price=D(40), fee=D("0.04"), balance=D(10_000))
    given(cost).when(third, third, third).then(
        PositionReduced(
            order_id="abc-t1",
            quantity=D(1),
            price=D(40),
            released=D("33.333333333333"),
            realised=D("6.666666666667"),
            fee=D("0.04"),
        ),
        PositionReduced(
            order_id="abc-t1",
            quantity=D(1),
            price=D(40),
            released=D("33.333333333334"),
            realised=D("6.666666666666"),
            fee=D("0.04"),
        ),
        PositionClosed(
            order_id="abc-t1",
            quantity=D(1),
            price=D(40),
            released=D("33.333333333333"),
            realised=D("6.666666666667"),
            fee=D("0.04"),
            reason=Purpose.TARGET,
            opened_at=NOW,
            gross=D(20),
            fees=D("0.42"),
            funding=D(0),
            net=D("19.58"),
            balance=D("10006.626666666667"),
        ),
    )


def test_a_short_bought_back_at_a_lower_price_realises_a_profit() -> None:
    sold = replace(OPENED, direction=Direction.SHORT)
    back = replace(OUT, direction=Direction.LONG, quantity=D(1), price=D(90), fee=D(0))
    given(sold).when(back).then(
        PositionReduced(
            order_id="abc-t1", quantity=D(1), price=D(90), released=D(100), realised=D(10), fee=D(0)
        )
    )


def test_a_fill_beyond_the_position_is_refused() -> None:
    given(OPENED).when(replace(OUT, quantity=D("3.001"))).then_error(
        Refused, "holds 3: 3.001 would turn it round"
    )


def test_funding_is_part_of_the_net() -> None:
    result = given(OPENED).when(ApplyFunding(STREAM, D("-0.25")), ApplyFunding(STREAM, D("0.1")), OUT)
    closed = result.then(
        PositionFunded(D("-0.25")),
        PositionFunded(D("0.1")),
        PositionClosed(
            order_id="abc-t1",
            quantity=D(3),
            price=D(100),
            released=D(300),
            realised=D(0),
            fee=D("0.3"),
            reason=Purpose.TARGET,
            opened_at=NOW,
            gross=D(0),
            fees=D("0.6"),
            funding=D("-0.15"),
            net=D("-0.75"),
            balance=D("9999.7"),
        ),
    )
    assert closed.state.net == D("-0.75")


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_funding_that_is_not_finite_is_refused(amount: str) -> None:
    given(OPENED).when(ApplyFunding(STREAM, D(amount))).then_error(InvalidInput, f"funding of {amount}")


def test_protection_is_moved_only_to_other_prices() -> None:
    given(OPENED).when(
        MoveProtection(STREAM, D("97.9"), D("105.9")), MoveProtection(STREAM, D(99), None)
    ).then(ProtectionMoved(D(99), None))


@pytest.mark.parametrize("command", [ApplyFunding(STREAM, D(1)), MoveProtection(STREAM, None, None)])
def test_funding_and_protection_of_a_flat_position_are_refused(command: Command) -> None:
    given().when(command).then_error(Refused, f"{STREAM} is flat")


@pytest.mark.parametrize("command", [IN, ApplyFunding(STREAM, D(1)), MoveProtection(STREAM, None, None)])
def test_a_command_to_an_ended_position_is_refused(command: Command) -> None:
    given(OPENED).when(OUT, command).then_error(Refused, "has ended; a new position has a stream of its own")


SETTLED: list[tuple[PositionEvent, str]] = [
    (OPENED, "-0.3"),
    (PositionIncreased(order_id="abc-e1", quantity=D(1), price=D(100), cost=D(100), fee=D("-0.1")), "0.1"),
    (
        PositionReduced(
            order_id="abc-t1", quantity=D(1), price=D(40), released=D(33), realised=D(7), fee=D("0.5")
        ),
        "6.5",
    ),
    (PositionFunded(D("-0.25")), "-0.25"),
    (ProtectionMoved(None, None), "0"),
]


@pytest.mark.parametrize(("event", "amount"), SETTLED)
def test_the_settlement_of_an_event_is_profit_less_fee_or_funding(event: PositionEvent, amount: str) -> None:
    assert settlement(event) == D(amount)


def test_a_fee_of_many_digits_is_settled_exactly() -> None:
    fee = D("0.1234567890123456789012345678901234567")
    assert str(settlement(replace(OPENED, fee=fee))) == f"-{fee}"
    assert isinstance(OPENED, PositionOpened)
