"""The order's life: a test for every pair of a status and an event, those that change nothing included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import get_args

import pytest

from domain.direction import Side
from domain.order import (
    ANSWERS,
    CLOSED,
    LIFE,
    PENDING,
    UNPLACED,
    Closed,
    OrderAccepted,
    OrderAmended,
    OrderAmendRefused,
    OrderAmendRequested,
    OrderCancelled,
    OrderCancelRefused,
    OrderCancelRequested,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderOutcomeUnknown,
    OrderOverfilled,
    OrderPlaced,
    OrderRejected,
    OrderState,
    OrderStatus,
    OrderSubmitted,
    OrderTriggered,
    Working,
    evolve,
    leaves,
    overfill,
)
from tests.domain.history import D, a_fill, an_order

S = OrderStatus
PLACED = an_order()
SUBMITTED, ACCEPTED = OrderSubmitted("v1"), OrderAccepted("v1")
PART, WHOLE = a_fill(D(4), "x1"), a_fill(D(10), "x2")
CANCEL, AMEND = OrderCancelRequested("asked"), OrderAmendRequested(D(8), None, None)
UNKNOWN = OrderOutcomeUnknown("timeout")

EVENTS: Mapping[str, OrderEvent] = {
    "submitted": SUBMITTED,
    "accepted": ACCEPTED,
    "triggered": OrderTriggered(D(98)),
    "filled in part": a_fill(D(3), "x3"),
    "filled wholly": WHOLE,
    "overfilled": OrderOverfilled(D(1)),
    "cancel requested": CANCEL,
    "cancel refused": OrderCancelRefused("too late"),
    "cancelled": OrderCancelled("CancelByUser"),
    "amend requested": AMEND,
    "amended": OrderAmended(D(8), None, None),
    "amend refused": OrderAmendRefused("too late"),
    "rejected": OrderRejected("110007"),
    "expired": OrderExpired("GTD"),
    "denied": OrderDenied("halted"),
    "outcome unknown": UNKNOWN,
}

LED_TO: Mapping[OrderStatus, Sequence[OrderEvent]] = {
    S.PLACED: (),
    S.SUBMITTED: (SUBMITTED,),
    S.ACCEPTED: (ACCEPTED,),
    S.TRIGGERED: (ACCEPTED, OrderTriggered(D(98))),
    S.PARTIALLY_FILLED: (ACCEPTED, PART),
    S.CANCEL_REQUESTED: (SUBMITTED, CANCEL),
    S.AMEND_REQUESTED: (SUBMITTED, AMEND),
    S.OUTCOME_UNKNOWN: (SUBMITTED, UNKNOWN),
    S.FILLED: (ACCEPTED, WHOLE),
    S.CANCELLED: (ACCEPTED, OrderCancelled("CancelByUser")),
    S.REJECTED: (OrderRejected("110007"),),
    S.EXPIRED: (ACCEPTED, OrderExpired("GTD")),
    S.DENIED: (OrderDenied("halted"),),
}
"""How an order gets there; what is pending lies over SUBMITTED."""

GRID = """
                  PLACED    SUBMITTED TRIGGERED ACCEPTED  PARTIAL   CANCEL?   AMEND?    UNKNOWN
submitted         SUBMITTED .         .         .         .         .         .         SUBMITTED
accepted          ACCEPTED  ACCEPTED  .         .         .         .         .         ACCEPTED
triggered         TRIGGERED TRIGGERED .         TRIGGERED .         .         .         TRIGGERED
filled in part    PARTIAL   PARTIAL   PARTIAL   PARTIAL   .         .         .         PARTIAL
filled wholly     FILLED    FILLED    FILLED    FILLED    FILLED    FILLED    FILLED    FILLED
overfilled        .         .         .         .         .         .         .         .
cancel requested  CANCEL?   CANCEL?   CANCEL?   CANCEL?   CANCEL?   .         CANCEL?   .
cancel refused    .         .         .         .         .         SUBMITTED .         .
cancelled         CANCELLED CANCELLED CANCELLED CANCELLED CANCELLED CANCELLED CANCELLED CANCELLED
amend requested   AMEND?    AMEND?    .         AMEND?    AMEND?    .         .         .
amended           .         .         .         .         .         .         SUBMITTED SUBMITTED
amend refused     .         .         .         .         .         .         SUBMITTED .
rejected          REJECTED  REJECTED  REJECTED  REJECTED  REJECTED  REJECTED  REJECTED  REJECTED
expired           EXPIRED   EXPIRED   EXPIRED   EXPIRED   EXPIRED   EXPIRED   EXPIRED   EXPIRED
denied            DENIED    .         .         .         .         .         .         .
outcome unknown   UNKNOWN   UNKNOWN   UNKNOWN   UNKNOWN   UNKNOWN   UNKNOWN   UNKNOWN   .
"""
"""A dot leaves the status as it is. Of what has ended, only a fill changes anything (see below)."""

SHORT = {
    "PARTIAL": S.PARTIALLY_FILLED,
    "CANCEL?": S.CANCEL_REQUESTED,
    "AMEND?": S.AMEND_REQUESTED,
    "UNKNOWN": S.OUTCOME_UNKNOWN,
}


def _status(word: str) -> OrderStatus:
    return SHORT.get(word) or S(word)


def _cells() -> Mapping[tuple[OrderStatus, str], OrderStatus]:
    head, *rows = GRID.strip("\n").splitlines()
    statuses = [_status(word) for word in head.split()]
    cells: dict[tuple[OrderStatus, str], OrderStatus] = {}
    for row in rows:
        name, words = row[:18].strip(), row[18:].split()
        for status, word in zip(statuses, words, strict=True):
            cells[status, name] = status if word == "." else _status(word)
    return cells


CELLS = _cells()
UNENDED = [status for status in S if status not in CLOSED]


def an_order_that(*events: OrderEvent) -> Working | Closed:
    state: OrderState = reduce(evolve, events, evolve(UNPLACED, PLACED))
    assert isinstance(state, Working | Closed)
    return state


def test_every_event_and_every_status_has_its_pair() -> None:
    told = {type(event) for event in EVENTS.values()} | {OrderPlaced}
    assert told == set(get_args(OrderEvent))
    assert set(LED_TO) == set(OrderStatus)
    assert set(CELLS) == {(status, name) for status in UNENDED for name in EVENTS}
    assert set(LIFE) == told - {OrderPlaced, OrderFilled, OrderOverfilled}
    assert set(ANSWERS) < set(LIFE)


@pytest.mark.parametrize("status", LED_TO)
def test_every_status_is_reached(status: OrderStatus) -> None:
    assert an_order_that(*LED_TO[status]).status is status


@pytest.mark.parametrize(("status", "name"), CELLS)
def test_a_pair_in_the_life_of_an_order(status: OrderStatus, name: str) -> None:
    after = an_order_that(*LED_TO[status], EVENTS[name])
    assert after.status is CELLS[status, name]
    assert isinstance(after, Closed) is (after.status in CLOSED)


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("status", sorted(CLOSED))
def test_of_what_has_ended_only_a_fill_changes_anything(status: OrderStatus, name: str) -> None:
    before = an_order_that(*LED_TO[status])
    after = evolve(before, EVENTS[name])
    event = EVENTS[name]
    assert isinstance(after, Closed)
    if isinstance(event, OrderFilled) and event.execution_id not in before.executions:
        assert after.filled == before.filled + event.quantity
        assert after.status is (S.FILLED if after.filled >= D(10) else status)
    else:
        assert after == before


STANDS = [S.PLACED, S.SUBMITTED, S.ACCEPTED, S.TRIGGERED, S.PARTIALLY_FILLED]


AMENDABLE = [stands for stands in STANDS if stands is not S.TRIGGERED]
"""A triggered stop is a market order: there is nothing to amend."""


@pytest.mark.parametrize(
    ("stands", "pending", "name"),
    [
        *[(stands, CANCEL, "cancel refused") for stands in STANDS],
        *[(stands, AMEND, name) for stands in AMENDABLE for name in ("amend refused", "amended")],
    ],
)
def test_an_answer_restores_where_the_order_stood(
    stands: OrderStatus, pending: OrderEvent, name: str
) -> None:
    assert an_order_that(*LED_TO[stands], pending, EVENTS[name]).status is stands


@pytest.mark.parametrize("name", ["submitted", "accepted", "triggered"])
@pytest.mark.parametrize(
    ("stands", "pending"),
    [
        *[(stands, pending) for stands in STANDS for pending in (CANCEL, UNKNOWN)],
        *[(stands, AMEND) for stands in AMENDABLE],
    ],
)
def test_what_is_told_while_something_is_pending_is_what_is_restored(
    stands: OrderStatus, name: str, pending: OrderEvent
) -> None:
    told = an_order_that(*LED_TO[stands], pending, EVENTS[name])
    at_once = CELLS[stands, name]
    assert isinstance(told, Working)
    assert told.restored is at_once
    assert told.status is (at_once if pending is UNKNOWN else LIFE[type(pending)][stands])


def test_a_request_upon_a_request_goes_back_to_where_the_order_stood_before_both() -> None:
    order = an_order_that(ACCEPTED, PART, AMEND, CANCEL, UNKNOWN)
    assert isinstance(order, Working)
    assert (order.status, order.restored) == (S.OUTCOME_UNKNOWN, S.PARTIALLY_FILLED)


def test_a_pending_status_never_lies_under_another() -> None:
    for status in UNENDED:
        for event in EVENTS.values():
            after = an_order_that(*LED_TO[status], event)
            if isinstance(after, Working):
                assert after.restored not in PENDING
                assert after.restored is after.status or after.status in PENDING


def test_an_amendment_that_was_accepted_keeps_the_cancel_that_was_asked_since() -> None:
    order = an_order_that(ACCEPTED, AMEND, CANCEL, OrderAmended(D(8), None, None))
    assert (order.status, order.terms.quantity) == (S.CANCEL_REQUESTED, D(8))


def test_an_amendment_to_what_is_filled_already_ends_the_order() -> None:
    order = an_order_that(ACCEPTED, PART, AMEND, OrderAmended(D(4), None, None))
    assert isinstance(order, Closed)
    assert (order.status, order.filled, leaves(order), overfill(order)) == (S.FILLED, D(4), D(0), D(0))


def test_distinct_executions_add_up_and_one_told_twice_does_not() -> None:
    twice = an_order_that(ACCEPTED, PART, PART, a_fill(D(3), "x9"), PART)
    assert (twice.filled, twice.notional, twice.fees) == (D(7), D(700), D("0.2"))
    assert (sorted(twice.executions), leaves(twice)) == (["x1", "x9"], D(3))


def test_what_was_filled_beyond_the_order_can_be_seen() -> None:
    over = an_order_that(PART, WHOLE)
    assert (over.status, overfill(over), leaves(over)) == (S.FILLED, D(4), D(0))


def test_more_digits_than_any_context_has_are_kept() -> None:
    fine = D("0.00000000000000000000000000000000000001")
    order = an_order_that(a_fill(D(4) + fine - fine, "x1"), a_fill(fine, "x2"))
    assert str(order.filled) == "4.00000000000000000000000000000000000001"
    assert str(leaves(order)) == "5.99999999999999999999999999999999999999"


def test_a_name_given_at_the_exchange_stays_known() -> None:
    assert an_order_that(SUBMITTED, OrderAccepted("")).venue_order_id == "v1"
    assert an_order_that(PART, ACCEPTED).venue_order_id == "v1"


@pytest.mark.parametrize("name", EVENTS)
def test_nothing_happens_to_an_order_that_was_never_placed(name: str) -> None:
    with pytest.raises(ValueError, match="never placed"):
        evolve(UNPLACED, EVENTS[name])


def test_an_order_is_placed_once() -> None:
    with pytest.raises(ValueError, match="placed before"):
        evolve(an_order_that(), PLACED)


def test_the_other_side() -> None:
    assert (Side.BUY.opposite, Side.SELL.opposite) == (Side.SELL, Side.BUY)
