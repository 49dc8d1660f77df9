"""Sentences about an order's life: what we ask, what the exchange tells, in whatever order and however often."""

from __future__ import annotations

from typing import get_args

import pytest

from commands.exchange import OrderReport
from commands.order import EVENTS, AmendOrder, OrderCommand, PlaceOrder, check_terms
from domain.errors import InvalidInput, Refused
from domain.order import (
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
    OrderOutcomeUnknown,
    OrderOverfilled,
    OrderPlaced,
    OrderRejected,
    OrderStatus,
    OrderSubmitted,
    OrderTriggered,
    OrderType,
)
from tests.commands.an_order import (
    ACCEPTED,
    AMEND_REFUSED,
    CANCEL,
    CANCEL_REFUSED,
    CANCELLED,
    DENY,
    EXPIRED,
    NOT_SENT,
    ORDER,
    PLACE,
    PLACED,
    REJECTED,
    RULES,
    SUBMITTED,
    TRIGGERED,
    UNCLEAR,
    VENUE,
    amend,
    amended,
    fill,
    filled,
)
from tests.commands.sentence import given
from tests.domain.history import BTC, ETH, D
from tests.replacing import replace

S = OrderStatus
SENT, WORKS = OrderSubmitted(VENUE), OrderAccepted(VENUE)
CANCEL_ASKED = OrderCancelRequested("a person asked")
GONE = OrderCancelled("CancelByUser")
SILENCE = OrderOutcomeUnknown("timeout")
LESS = OrderAmendRequested(D("0.5"), None, None)


def test_every_report_there_is_has_its_event() -> None:
    assert set(EVENTS) == set(get_args(OrderReport))
    assert set(get_args(OrderReport)) < set(get_args(OrderCommand))


# -- the plain life


def test_an_intent_is_recorded_and_asking_again_changes_nothing() -> None:
    given().when(PLACE, PLACE).then(PLACED)


def test_an_order_id_names_one_order() -> None:
    other = PlaceOrder(ORDER, replace(PLACED, quantity=D(2)), RULES)
    given(PLACED).when(other).then_error(Refused, "order abc-e1 already exists with other terms")


def test_sent_accepted_and_filled_in_two_executions() -> None:
    asked = given(PLACED).when(SUBMITTED, ACCEPTED, filled("x1", "0.4"), filled("x2", "0.6", "101", "0.07"))
    asked.then(SENT, WORKS, fill("x1", "0.4"), fill("x2", "0.6", "101", "0.07"))
    assert (asked.state.status, asked.state.notional, asked.state.fees) == (S.FILLED, D("100.6"), D("0.12"))


def test_a_stop_triggers_and_fills() -> None:
    asked = given(PLACED, WORKS).when(TRIGGERED, filled("x1", "1"))
    asked.then(OrderTriggered(D(98)), fill("x1", "1"))


@pytest.mark.parametrize(
    ("report", "event"),
    [
        (REJECTED, OrderRejected("110007")),
        (EXPIRED, OrderExpired("GTD")),
        (CANCELLED, GONE),
    ],
)
def test_an_order_ends_once(report: OrderReport, event: OrderEvent) -> None:
    given(PLACED, SENT).when(report, report, CANCELLED, EXPIRED).then(event)


@pytest.mark.parametrize("history", [(PLACED,), (PLACED, CANCEL_ASKED), (PLACED, SILENCE)])
def test_an_intent_that_was_not_sent_expires(history: tuple[OrderEvent, ...]) -> None:
    given(*history).when(NOT_SENT, NOT_SENT).then(OrderExpired("not sent: stale"))


@pytest.mark.parametrize(
    "history", [(PLACED, SENT), (PLACED, WORKS, CANCEL_ASKED), (PLACED, fill("x1", "0.4"))]
)
def test_what_the_exchange_has_reported_of_was_sent(history: tuple[OrderEvent, ...]) -> None:
    given(*history).when(NOT_SENT).then_nothing()


def test_an_order_is_denied_before_it_is_sent_and_only_then() -> None:
    given(PLACED).when(DENY, DENY).then(OrderDenied("STREAM_RECONCILING"))
    given(PLACED, SENT).when(DENY).then_error(Refused, "it may be at the exchange already")
    given(PLACED, SILENCE).when(DENY).then_error(Refused, "order abc-e1 is outcome_unknown")


@pytest.mark.parametrize("command", [CANCEL, amend("0.5"), DENY, SUBMITTED, filled("x1", "1")])
def test_an_order_that_was_never_placed_is_asked_and_told_nothing(command: OrderCommand) -> None:
    given().when(command).then_error(Refused, "order abc-e1 was never placed here")


# -- out of order, twice, late


def test_a_fill_before_the_acceptance() -> None:
    asked = given(PLACED, SENT).when(filled("x1", "0.4"), ACCEPTED, filled("x2", "0.6"))
    asked.then(fill("x1", "0.4"), fill("x2", "0.6"))
    assert asked.state.status is S.FILLED


def test_a_fill_before_anything_else_learns_the_name_at_the_exchange_later() -> None:
    asked = given(PLACED).when(filled("x1", "0.4"), SUBMITTED, ACCEPTED)
    asked.then(fill("x1", "0.4"), SENT)
    assert (asked.state.status, asked.state.venue_order_id) == (S.PARTIALLY_FILLED, VENUE)


def test_a_fill_of_everything_before_the_acceptance_closes_the_order() -> None:
    given(PLACED).when(filled("x1", "1"), SUBMITTED, ACCEPTED, TRIGGERED).then(fill("x1", "1"))


def test_the_acceptance_before_the_submission() -> None:
    given(PLACED).when(ACCEPTED, SUBMITTED).then(WORKS)


def test_everything_told_twice_is_recorded_once() -> None:
    given(PLACED).when(SUBMITTED, SUBMITTED, ACCEPTED, ACCEPTED, TRIGGERED, TRIGGERED, UNCLEAR, UNCLEAR).then(
        SENT, WORKS, OrderTriggered(D(98)), SILENCE
    )


def test_a_trigger_told_again_after_a_partial_fill_says_nothing_new() -> None:
    given(PLACED, WORKS).when(TRIGGERED, filled("x1", "0.4"), TRIGGERED).then(
        OrderTriggered(D(98)), fill("x1", "0.4")
    )


def test_an_execution_told_twice_is_filled_once() -> None:
    given(PLACED, WORKS).when(filled("x1", "0.4"), filled("x1", "0.4"), filled("x1", "0.4")).then(
        fill("x1", "0.4")
    )


def test_a_fill_after_the_cancel_is_taken_up() -> None:
    asked = given(PLACED, WORKS, GONE).when(filled("x1", "0.4"))
    asked.then(fill("x1", "0.4"))
    assert (asked.state.status, asked.state.reason, asked.state.filled) == (
        S.CANCELLED,
        "CancelByUser",
        D("0.4"),
    )


@pytest.mark.parametrize(
    "ending", [GONE, OrderRejected("inferred"), OrderExpired("GTD"), OrderDenied("halted")]
)
def test_a_fill_of_everything_corrects_any_other_ending(ending: OrderEvent) -> None:
    asked = given(PLACED, ending).when(filled("x1", "1"))
    asked.then(fill("x1", "1"))
    assert asked.state.status is S.FILLED


# -- cancels


def test_a_cancel_is_asked_once_and_answered() -> None:
    given(PLACED, WORKS).when(CANCEL, CANCEL, CANCELLED, CANCEL).then(CANCEL_ASKED, GONE)


def test_a_partial_fill_stays_filled_when_the_rest_is_cancelled() -> None:
    asked = given(PLACED, WORKS).when(filled("x1", "0.4"), CANCEL, CANCELLED)
    asked.then(fill("x1", "0.4"), CANCEL_ASKED, GONE)
    assert (asked.state.status, asked.state.filled, asked.state.fees) == (S.CANCELLED, D("0.4"), D("0.05"))


def test_a_cancel_that_a_fill_has_overtaken() -> None:
    """Two `Filled` pushes: the fill, the cancel refused because the order is gone, then the same execution again."""
    asked = given(PLACED, WORKS).when(CANCEL, filled("x1", "1"), CANCEL_REFUSED, filled("x1", "1"))
    asked.then(CANCEL_ASKED, fill("x1", "1"))
    assert (asked.state.status, asked.state.filled) == (S.FILLED, D(1))


def test_a_cancel_that_is_refused_restores_the_state() -> None:
    asked = given(PLACED, WORKS).when(CANCEL, CANCEL_REFUSED, CANCEL_REFUSED)
    asked.then(CANCEL_ASKED, OrderCancelRefused("EC_OrigClOrdIDDoesNotExist"))
    assert asked.state.status is S.ACCEPTED


def test_a_partial_fill_while_the_cancel_is_under_way_is_what_a_refusal_restores() -> None:
    asked = given(PLACED, WORKS).when(CANCEL, filled("x1", "0.4"))
    assert asked.state.status is S.CANCEL_REQUESTED
    asked = given(PLACED, WORKS).when(CANCEL, filled("x1", "0.4"), CANCEL_REFUSED)
    assert asked.state.status is S.PARTIALLY_FILLED


def test_a_refusal_of_a_cancel_nobody_asked_for_says_nothing() -> None:
    given(PLACED, WORKS).when(CANCEL_REFUSED).then_nothing()


# -- amendments


def test_an_amendment_that_is_accepted() -> None:
    asked = given(PLACED, WORKS).when(amend("0.5"), amended("0.5"), amended("0.5"))
    asked.then(LESS, OrderAmended(D("0.5"), D(100), None))
    assert (asked.state.status, asked.state.terms.quantity) == (S.ACCEPTED, D("0.5"))


def test_an_amendment_that_is_refused_restores_the_state_and_the_terms() -> None:
    asked = given(PLACED, WORKS, fill("x1", "0.2")).when(amend("0.5"), AMEND_REFUSED, AMEND_REFUSED)
    asked.then(LESS, OrderAmendRefused("too late to replace"))
    assert (asked.state.status, asked.state.terms.quantity) == (S.PARTIALLY_FILLED, D(1))


def test_an_amendment_accepted_after_a_cancel_was_asked_does_not_forget_the_cancel() -> None:
    asked = given(PLACED, WORKS).when(amend("0.5"), CANCEL, amended("0.5"), CANCELLED)
    asked.then(LESS, CANCEL_ASKED, OrderAmended(D("0.5"), D(100), None), GONE)


def test_an_amendment_below_what_was_filled_meanwhile_is_an_overfill() -> None:
    asked = given(PLACED, WORKS).when(amend("0.5"), filled("x1", "0.7"), amended("0.5"))
    asked.then(LESS, fill("x1", "0.7"), OrderAmended(D("0.5"), D(100), None), OrderOverfilled(D("0.2")))
    assert asked.state.status is S.FILLED


def test_an_amendment_to_the_terms_it_has_asks_nothing() -> None:
    given(PLACED, WORKS).when(amend("1", "100"), amend()).then_nothing()


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ((GONE,), "is cancelled: nothing is left to amend"),
        ((WORKS, CANCEL_ASKED), "waits for the answer to an earlier request"),
        ((SILENCE,), "waits for the answer to an earlier request"),
        ((OrderTriggered(D(98)),), "is triggered: it cannot be amended any more"),
    ],
)
def test_an_amendment_is_refused_where_there_is_nothing_to_amend(
    history: tuple[OrderEvent, ...], words: str
) -> None:
    given(PLACED, *history).when(amend("0.5")).then_error(Refused, words)


# -- the outcome unknown, and resolved either way


def test_silence_is_never_a_rejection() -> None:
    asked = given(PLACED).when(UNCLEAR)
    asked.then(SILENCE)
    assert asked.state.status is S.OUTCOME_UNKNOWN


def test_the_outcome_was_that_it_works() -> None:
    asked = given(PLACED, SILENCE).when(ACCEPTED)
    asked.then(WORKS)
    assert asked.state.status is S.ACCEPTED


def test_the_outcome_was_that_it_filled() -> None:
    asked = given(PLACED, SILENCE).when(filled("x1", "1"))
    asked.then(fill("x1", "1"))
    assert asked.state.status is S.FILLED


def test_the_outcome_was_that_it_never_came_to_be() -> None:
    asked = given(PLACED, SILENCE).when(REJECTED)
    asked.then(OrderRejected("110007"))
    assert asked.state.status is S.REJECTED


def test_the_outcome_of_a_cancel_was_that_the_partly_filled_order_works_on() -> None:
    asked = given(PLACED, WORKS, fill("x1", "0.4"), CANCEL_ASKED, SILENCE).when(ACCEPTED)
    asked.then(WORKS)
    assert asked.state.status is S.PARTIALLY_FILLED


def test_that_a_cancel_was_refused_does_not_prove_what_became_of_an_order() -> None:
    asked = given(PLACED, SILENCE).when(CANCEL, CANCEL_REFUSED, CANCEL)
    asked.then(CANCEL_ASKED, CANCEL_ASKED)
    assert asked.state.status is S.OUTCOME_UNKNOWN


def test_terms_told_of_an_order_whose_outcome_was_unknown_prove_that_it_works() -> None:
    asked = given(PLACED, WORKS, SILENCE).when(amended("1"))
    asked.then(OrderAmended(D(1), D(100), None))
    assert asked.state.status is S.ACCEPTED


# -- more than was asked for


def test_an_overfill_is_said_with_its_excess() -> None:
    asked = given(PLACED, WORKS).when(filled("x1", "0.7"), filled("x2", "0.6"), filled("x3", "0.1"))
    asked.then(
        fill("x1", "0.7"),
        fill("x2", "0.6"),
        OrderOverfilled(D("0.3")),
        fill("x3", "0.1"),
        OrderOverfilled(D("0.1")),
    )


def test_an_overfill_after_the_cancel_is_said_too() -> None:
    given(PLACED, fill("x1", "0.7"), GONE).when(filled("x2", "0.4")).then(
        fill("x2", "0.4"), OrderOverfilled(D("0.1"))
    )


# -- what cannot be meant


@pytest.mark.parametrize("figure", ["0", "-1", "NaN", "sNaN", "Infinity"])
def test_an_execution_of_nothing_is_refused(figure: str) -> None:
    given(PLACED).when(filled("x1", figure)).then_error(
        InvalidInput,
        f"the quantity of execution x1 of order abc-e1 {figure} must be a positive, finite number",
    )
    given(PLACED).when(filled("x1", "1", figure)).then_error(
        InvalidInput, f"the price of execution x1 of order abc-e1 {figure} must be a positive, finite number"
    )


@pytest.mark.parametrize("figure", ["NaN", "Infinity"])
def test_an_execution_whose_fee_is_no_money_is_refused(figure: str) -> None:
    given(PLACED).when(filled("x1", "1", fee=figure)).then_error(
        InvalidInput, f"the fee of execution x1 of order abc-e1 is {figure}"
    )


TERMS = [
    (
        {"quantity": D("0.0005")},
        "quantity 0.0005 has more digits than the instrument allows: its step is 0.001",
    ),
    ({"quantity": D(0)}, "quantity 0 must be a positive, finite number"),
    ({"quantity": D(-1)}, "quantity -1 must be a positive, finite number"),
    ({"quantity": D("NaN")}, "quantity NaN must be a positive, finite number"),
    ({"quantity": D("Infinity")}, "quantity Infinity must be a positive, finite number"),
    ({"quantity": D("1e90")}, "quantity 1E+90 has more digits than the instrument allows"),
    ({"quantity": 0.5}, "quantity 0.5 is not a Decimal: prices and quantities are exact"),
    (
        {"limit_price": D("100.05")},
        "the limit price of a LIMIT order 100.05 has more digits than the instrument",
    ),
    ({"limit_price": D("-100")}, "the limit price of a LIMIT order -100 must be a positive, finite number"),
    ({"limit_price": None}, "the limit price of a LIMIT order on BTCUSDT-LINEAR.BYBIT is None: it needs one"),
    (
        {"trigger_price": D(98)},
        "the trigger price of a LIMIT order on BTCUSDT-LINEAR.BYBIT is 98: it has none",
    ),
    (
        {"type": OrderType.MARKET},
        "the limit price of a MARKET order on BTCUSDT-LINEAR.BYBIT is 100: it has none",
    ),
    (
        {"type": OrderType.STOP, "limit_price": None},
        "the trigger price of a STOP order on BTCUSDT-LINEAR.BYBIT is None: it needs one",
    ),
    (
        {"type": OrderType.STOP, "limit_price": None, "trigger_price": D("98.01")},
        "the trigger price of a STOP order 98.01 has more digits than the instrument allows",
    ),
    (
        {"instrument": ETH},
        "terms for ETHUSDT-LINEAR.BYBIT were held against the rules of BTCUSDT-LINEAR.BYBIT",
    ),
]


@pytest.mark.parametrize(("changed", "words"), TERMS)
def test_terms_that_the_instrument_does_not_have_are_refused(changed: dict[str, object], words: str) -> None:
    terms: OrderPlaced = replace(PLACED, **changed)
    given().when(PlaceOrder(ORDER, terms, RULES)).then_error(InvalidInput, words)


def test_an_amendment_is_held_to_the_same_terms() -> None:
    given(PLACED, WORKS).when(amend("0.0005")).then_error(InvalidInput, "quantity 0.0005 has more digits")
    given(PLACED, WORKS).when(amend(None, "100.05")).then_error(
        InvalidInput, "the limit price of a LIMIT order"
    )
    trigger = AmendOrder(order_id=ORDER, quantity=None, limit_price=None, trigger_price=D(98), rules=RULES)
    given(PLACED, WORKS).when(trigger).then_error(InvalidInput, "it has none")


def test_terms_on_their_ticks_are_taken() -> None:
    check_terms(PLACED, RULES)
    check_terms(replace(PLACED, type=OrderType.STOP, limit_price=None, trigger_price=D("98.1")), RULES)
    check_terms(replace(PLACED, type=OrderType.MARKET, limit_price=None), RULES)
    assert PLACED.instrument == BTC
