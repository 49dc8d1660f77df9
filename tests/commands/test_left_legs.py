"""Which orders work beside a later position than their own, and the cancel that follows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.flatness import left_over
from commands.left_legs import LeftLegs, cancels
from commands.order import CancelOrder
from commands.processes.withdrawing import POSITION_CLOSED
from commands.stimulus import clock_fact
from domain.direction import Direction, Purpose, Side
from domain.order import (
    OrderAccepted,
    OrderCancelled,
    OrderCancelRefused,
    OrderCancelRequested,
    OrderEvent,
    OrderOutcomeUnknown,
    OrderTriggered,
    OrderType,
)
from domain.position import PositionIncreased
from tests.domain.history import NOW, D, History, a_closing, a_fill, a_stop, an_open_day, an_opening, an_order

SECOND = timedelta(seconds=1)


def a_plan() -> History:
    """A long whose entry is filled, with a stop and a target that work."""
    target = a_stop(type=OrderType.LIMIT, limit_price=D("105.9"), trigger_price=None, purpose=Purpose.TARGET)
    return (
        an_open_day()
        .order("abc-e1", an_order())
        .order("abc-s1", a_stop(), OrderAccepted("v2"))
        .order("abc-t1", target, OrderAccepted("v3"))
        .order("abc-e1", OrderAccepted("v1"), a_fill(D(10)))
        .position(an_opening())
    )


def closed(history: History) -> History:
    return history.position(a_closing(D(0), D(10_000)))


def folded(history: History) -> LeftLegs:
    legs = LeftLegs()
    for envelope in history.envelopes:
        legs.observe(envelope)
    return legs


def left(history: History, after: timedelta = SECOND) -> list[str]:
    return list(folded(history).left(history.portfolio(), NOW + after - SECOND))


def reopened(history: History, direction: Direction) -> History:
    side = Side.BUY if direction is Direction.LONG else Side.SELL
    number = 2 if direction is Direction.LONG else 1
    return history.order("def-e1", an_order(side=side), a_fill(D(10), "x2")).position(
        an_opening(order_id="def-e1", direction=direction, stop=None, target=None),
        direction=direction,
        n=number,
    )


def test_the_legs_of_an_open_position_are_not_left() -> None:
    assert left(a_plan()) == []


def test_the_legs_of_a_closed_position_are_no_left_legs_while_nothing_is_held() -> None:
    """They stay until a query has proved the position flat."""
    history = closed(a_plan())
    assert left(history) == []
    assert list(left_over(history.portfolio())) == ["abc-s1", "abc-t1"]


@pytest.mark.parametrize("direction", list(Direction))
def test_the_legs_of_a_closed_position_are_left_beside_the_next_position(direction: Direction) -> None:
    assert left(reopened(closed(a_plan()), direction)) == ["abc-s1", "abc-t1"]


def test_a_leg_is_left_only_some_time_after_its_position_was_closed() -> None:
    history = reopened(closed(a_plan()), Direction.SHORT)
    assert left(history, SECOND - timedelta(microseconds=1)) == []
    assert left(history, SECOND) == ["abc-s1", "abc-t1"]


@pytest.mark.parametrize(
    ("events", "is_left"),
    [
        ((OrderTriggered(D(97)),), True),
        ((OrderCancelRequested("x"), OrderCancelRefused("busy")), True),
        ((OrderCancelRequested("x"),), False),
        ((OrderOutcomeUnknown("timeout"),), False),
        ((OrderCancelled("x"),), False),
    ],
    ids=["triggered", "cancel refused", "cancel requested", "outcome unknown", "cancelled"],
)
def test_a_leg_whose_cancel_is_requested_or_whose_outcome_is_open_is_not_left(
    events: tuple[OrderEvent, ...], *, is_left: bool
) -> None:
    history = reopened(closed(a_plan().order("abc-s1", *events)), Direction.SHORT)
    assert left(history) == [*(["abc-s1"] if is_left else []), "abc-t1"]


def test_the_legs_of_an_entry_that_increased_the_held_position_are_not_left() -> None:
    """Its stop was placed before the position was opened, and another entry opened it."""
    waiting = a_stop(parent="old-e1")
    history = (
        an_open_day()
        .order("old-e1", an_order(), OrderAccepted("v8"))
        .order("old-s1", waiting, OrderAccepted("v9"))
        .order("abc-e1", an_order(), a_fill(D(10)))
        .position(an_opening())
        .order("old-e1", a_fill(D(10), "x2"))
        .position(
            PositionIncreased(order_id="old-e1", quantity=D(10), price=D(100), cost=D(1000), fee=D("0.1"))
        )
    )
    assert left(history) == []
    assert left(reopened(closed(history), Direction.LONG)) == ["old-s1"]


def test_the_legs_of_an_entry_whose_rest_still_works_are_not_left() -> None:
    history = (
        an_open_day()
        .order("abc-e1", an_order(), OrderAccepted("v1"))
        .order("abc-s1", a_stop(), OrderAccepted("v2"))
        .order("abc-e1", a_fill(D(4)))
        .position(an_opening(quantity=D(4), cost=D(400)))
        .position(a_closing(D(0), D(10_000)))
    )
    reopened(history, Direction.LONG)
    assert left(history) == []
    assert left(history.order("abc-e1", OrderCancelled("x"))) == ["abc-s1"]


def test_a_stop_without_an_entry_belongs_to_the_position_that_was_open_when_it_was_placed() -> None:
    own = a_stop(parent=None)
    before = an_open_day().order("other-s1", own, OrderAccepted("v4"))
    history = before.order("abc-e1", an_order(), a_fill(D(10))).position(an_opening())
    history.order("abc-s2", own, OrderAccepted("v5"))
    assert left(history) == []
    assert left(reopened(closed(history), Direction.LONG)) == ["abc-s2"], (
        "nobody knows which position the other one protects"
    )


def test_a_snapshot_keeps_what_is_needed_to_find_left_legs() -> None:
    before = a_plan().order("abc-s2", a_stop(parent=None), OrderAccepted("v5"))
    legs = LeftLegs()
    legs.restore(folded(before).kept(before.portfolio()))
    seen = len(before.envelopes)
    after = reopened(closed(before), Direction.LONG)
    for envelope in after.envelopes[seen:]:
        legs.observe(envelope)
    assert list(legs.left(after.portfolio(), NOW)) == ["abc-s1", "abc-t1", "abc-s2"]


def test_left_legs_are_cancelled_with_the_reason_of_a_closed_position() -> None:
    made = cancels(["abc-s1", "abc-t1"], NOW)
    assert [one.command for one in made.asks] == [
        CancelOrder("abc-s1", POSITION_CLOSED),
        CancelOrder("abc-t1", POSITION_CLOSED),
    ]
    assert {one.cause for one in made.asks} == {clock_fact(NOW)}
