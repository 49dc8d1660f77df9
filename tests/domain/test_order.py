"""The status of an order after every pair of a status and an event, including the pairs that change nothing."""

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
from tests.replacing import replace

S = OrderStatus
PLACED = an_order()
SUBMITTED, ACCEPTED = OrderSubmitted("v1"), OrderAccepted("v1")
PART, WHOLE = a_fill(D(4), "x1"), a_fill(D(10), "x2")
CANCEL, AMEND = OrderCancelRequested("requested"), OrderAmendRequested(D(8), None, None)
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
"""The events that lead to each status; each pending status follows SUBMITTED."""

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
"""The status after each event, by status; a dot means no change. Only a fill changes an order that has ended."""

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


def test_the_grid_covers_every_event_in_every_open_status() -> None:
    listed = {type(event) for event in EVENTS.values()} | {OrderPlaced}
    assert listed == set(get_args(OrderEvent))
    assert set(LED_TO) == set(OrderStatus)
    assert set(CELLS) == {(status, name) for status in UNENDED for name in EVENTS}
    assert set(LIFE) == listed - {OrderPlaced, OrderFilled, OrderOverfilled}
    assert set(ANSWERS) < set(LIFE)


@pytest.mark.parametrize("status", LED_TO)
def test_the_listed_events_lead_to_each_status(status: OrderStatus) -> None:
    assert an_order_that(*LED_TO[status]).status is status


@pytest.mark.parametrize(("status", "name"), CELLS)
def test_the_status_after_an_event_is_the_one_in_the_grid(status: OrderStatus, name: str) -> None:
    after = an_order_that(*LED_TO[status], EVENTS[name])
    assert after.status is CELLS[status, name]
    assert isinstance(after, Closed) is (after.status in CLOSED)


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("status", sorted(CLOSED))
def test_an_ended_order_is_changed_by_a_fill_alone(status: OrderStatus, name: str) -> None:
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
def test_an_answer_restores_the_status_before_the_request(
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
def test_a_report_under_a_pending_request_sets_the_status_to_restore(
    stands: OrderStatus, name: str, pending: OrderEvent
) -> None:
    order = an_order_that(*LED_TO[stands], pending, EVENTS[name])
    at_once = CELLS[stands, name]
    assert isinstance(order, Working)
    assert order.restored is at_once
    assert order.status is (at_once if pending is UNKNOWN else LIFE[type(pending)][stands])


def test_a_request_during_a_pending_request_restores_the_status_before_both() -> None:
    order = an_order_that(ACCEPTED, PART, AMEND, CANCEL, UNKNOWN)
    assert isinstance(order, Working)
    assert (order.status, order.restored) == (S.OUTCOME_UNKNOWN, S.PARTIALLY_FILLED)


def test_the_status_to_restore_is_never_a_pending_one() -> None:
    for status in UNENDED:
        for event in EVENTS.values():
            after = an_order_that(*LED_TO[status], event)
            if isinstance(after, Working):
                assert after.restored not in PENDING
                assert after.restored is after.status or after.status in PENDING


def test_an_accepted_amendment_keeps_the_cancel_requested_after_it() -> None:
    order = an_order_that(ACCEPTED, AMEND, CANCEL, OrderAmended(D(8), None, None))
    assert (order.status, order.terms.quantity) == (S.CANCEL_REQUESTED, D(8))


def test_an_amendment_to_the_filled_quantity_ends_the_order() -> None:
    order = an_order_that(ACCEPTED, PART, AMEND, OrderAmended(D(4), None, None))
    assert isinstance(order, Closed)
    assert (order.status, order.filled, leaves(order), overfill(order)) == (S.FILLED, D(4), D(0), D(0))


def test_an_order_that_reduces_and_was_filled_works_again_at_a_larger_quantity() -> None:
    leg = replace(PLACED, reduce_only=True)
    events: Sequence[OrderEvent] = (ACCEPTED, OrderAmended(D(4), None, None), PART)
    state: OrderState = reduce(evolve, events, evolve(UNPLACED, leg))
    assert isinstance(state, Closed)
    for larger, status in ((D(4), S.FILLED), (D(10), S.PARTIALLY_FILLED)):
        after = evolve(state, OrderAmended(larger, None, None))
        assert isinstance(after, Working | Closed)
        assert (after.status, after.filled, leaves(after)) == (status, D(4), larger - 4)
        assert (after.notional, after.executions) == (state.notional, state.executions)
    ended = evolve(evolve(state, OrderAmended(D(10), None, None)), a_fill(D(6), "x9"))
    assert isinstance(ended, Closed)
    assert (ended.status, overfill(ended)) == (S.FILLED, D(0))


def test_distinct_executions_add_up_and_a_repeated_one_counts_once() -> None:
    twice = an_order_that(ACCEPTED, PART, PART, a_fill(D(3), "x9"), PART)
    assert (twice.filled, twice.notional, twice.fees) == (D(7), D(700), D("0.2"))
    assert (sorted(twice.executions), leaves(twice)) == (["x1", "x9"], D(3))


def test_fees_are_added_in_the_currency_of_the_first_fee_alone() -> None:
    paid = [("0", "ETH"), ("0.0005", "BNB"), ("0.1", "USDT"), ("0.0002", "BNB")]
    fills = [
        replace(a_fill(D(1), f"x{number}"), fee=D(fee), fee_currency=currency)
        for number, (fee, currency) in enumerate(paid)
    ]
    order = an_order_that(ACCEPTED, *fills, AMEND, OrderAmended(D(8), None, None))
    assert (order.fees, order.fee_currency, order.filled) == (D("0.0007"), "BNB", D(4))
    ended = an_order_that(ACCEPTED, *fills, OrderCancelled("by hand"))
    assert (ended.fees, ended.fee_currency) == (D("0.0007"), "BNB")


def test_a_fill_beyond_the_order_is_its_overfill() -> None:
    over = an_order_that(PART, WHOLE)
    assert (over.status, overfill(over), leaves(over)) == (S.FILLED, D(4), D(0))


def test_quantities_keep_more_digits_than_the_default_context() -> None:
    fine = D("0.00000000000000000000000000000000000001")
    order = an_order_that(a_fill(D(4) + fine - fine, "x1"), a_fill(fine, "x2"))
    assert str(order.filled) == "4.00000000000000000000000000000000000001"
    assert str(leaves(order)) == "5.99999999999999999999999999999999999999"


def test_the_venue_order_id_is_kept_once_it_is_known() -> None:
    assert an_order_that(SUBMITTED, OrderAccepted("")).venue_order_id == "v1"
    assert an_order_that(PART, ACCEPTED).venue_order_id == "v1"


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_of_an_unplaced_order_raises(name: str) -> None:
    with pytest.raises(ValueError, match="never placed"):
        evolve(UNPLACED, EVENTS[name])


def test_placing_a_placed_order_raises() -> None:
    with pytest.raises(ValueError, match="placed before"):
        evolve(an_order_that(), PLACED)


def test_the_opposite_of_buy_is_sell() -> None:
    assert (Side.BUY.opposite, Side.SELL.opposite) == (Side.SELL, Side.BUY)
