"""The events of an order after commands and reports that arrive in any sequence, repeated or late."""

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
CANCEL_REQUESTED = OrderCancelRequested("requested by a person")
GONE = OrderCancelled("CancelByUser")
SILENCE = OrderOutcomeUnknown("timeout")
LESS = OrderAmendRequested(D("0.5"), None, None)


def test_every_report_has_its_event_and_is_a_command() -> None:
    assert set(EVENTS) == set(get_args(OrderReport))
    assert set(get_args(OrderReport)) < set(get_args(OrderCommand))


# -- the usual life


def test_placing_the_same_order_again_changes_nothing() -> None:
    given().when(PLACE, PLACE).then(PLACED)


def test_placing_another_order_under_a_used_id_is_refused() -> None:
    other = PlaceOrder(ORDER, replace(PLACED, quantity=D(2)), RULES)
    given(PLACED).when(other).then_error(Refused, "order abc-e1 already exists with other terms")


def test_an_order_is_sent_accepted_and_filled_in_two_executions() -> None:
    result = given(PLACED).when(SUBMITTED, ACCEPTED, filled("x1", "0.4"), filled("x2", "0.6", "101", "0.07"))
    result.then(SENT, WORKS, fill("x1", "0.4"), fill("x2", "0.6", "101", "0.07"))
    assert (result.state.status, result.state.notional, result.state.fees) == (
        S.FILLED,
        D("100.6"),
        D("0.12"),
    )


def test_a_stop_is_triggered_and_filled() -> None:
    result = given(PLACED, WORKS).when(TRIGGERED, filled("x1", "1"))
    result.then(OrderTriggered(D(98)), fill("x1", "1"))


@pytest.mark.parametrize(
    ("report", "event"),
    [
        (REJECTED, OrderRejected("110007")),
        (EXPIRED, OrderExpired("GTD")),
        (CANCELLED, GONE),
    ],
)
def test_a_report_after_the_end_of_an_order_has_no_event(report: OrderReport, event: OrderEvent) -> None:
    given(PLACED, SENT).when(report, report, CANCELLED, EXPIRED).then(event)


@pytest.mark.parametrize("history", [(PLACED,), (PLACED, CANCEL_REQUESTED), (PLACED, SILENCE)])
def test_an_intent_that_was_not_sent_expires(history: tuple[OrderEvent, ...]) -> None:
    given(*history).when(NOT_SENT, NOT_SENT).then(OrderExpired("not sent: stale"))


@pytest.mark.parametrize(
    "history", [(PLACED, SENT), (PLACED, WORKS, CANCEL_REQUESTED), (PLACED, fill("x1", "0.4"))]
)
def test_not_sent_is_ignored_for_an_order_the_exchange_has_reported(history: tuple[OrderEvent, ...]) -> None:
    given(*history).when(NOT_SENT).then_nothing()


def test_an_order_can_be_denied_only_before_it_is_sent() -> None:
    given(PLACED).when(DENY, DENY).then(OrderDenied("STREAM_RECONCILING"))
    given(PLACED, SENT).when(DENY).then_error(Refused, "it may be at the exchange already")
    given(PLACED, SILENCE).when(DENY).then_error(Refused, "order abc-e1 is outcome_unknown")


@pytest.mark.parametrize("command", [CANCEL, amend("0.5"), DENY, SUBMITTED, filled("x1", "1")])
def test_commands_and_reports_of_an_unplaced_order_are_refused(command: OrderCommand) -> None:
    given().when(command).then_error(Refused, "order abc-e1 was never placed here")


# -- out of order, repeated, late


def test_a_fill_before_the_acceptance_is_recorded() -> None:
    result = given(PLACED, SENT).when(filled("x1", "0.4"), ACCEPTED, filled("x2", "0.6"))
    result.then(fill("x1", "0.4"), fill("x2", "0.6"))
    assert result.state.status is S.FILLED


def test_the_venue_order_id_is_taken_from_a_report_after_the_first_fill() -> None:
    result = given(PLACED).when(filled("x1", "0.4"), SUBMITTED, ACCEPTED)
    result.then(fill("x1", "0.4"), SENT)
    assert (result.state.status, result.state.venue_order_id) == (S.PARTIALLY_FILLED, VENUE)


def test_a_complete_fill_before_the_acceptance_closes_the_order() -> None:
    given(PLACED).when(filled("x1", "1"), SUBMITTED, ACCEPTED, TRIGGERED).then(fill("x1", "1"))


def test_a_submission_reported_after_the_acceptance_has_no_event() -> None:
    given(PLACED).when(ACCEPTED, SUBMITTED).then(WORKS)


def test_a_repeated_report_is_recorded_once() -> None:
    given(PLACED).when(SUBMITTED, SUBMITTED, ACCEPTED, ACCEPTED, TRIGGERED, TRIGGERED, UNCLEAR, UNCLEAR).then(
        SENT, WORKS, OrderTriggered(D(98)), SILENCE
    )


def test_a_trigger_repeated_after_a_partial_fill_has_no_event() -> None:
    given(PLACED, WORKS).when(TRIGGERED, filled("x1", "0.4"), TRIGGERED).then(
        OrderTriggered(D(98)), fill("x1", "0.4")
    )


def test_a_repeated_execution_is_recorded_once() -> None:
    given(PLACED, WORKS).when(filled("x1", "0.4"), filled("x1", "0.4"), filled("x1", "0.4")).then(
        fill("x1", "0.4")
    )


def test_a_fill_after_the_cancel_is_recorded() -> None:
    result = given(PLACED, WORKS, GONE).when(filled("x1", "0.4"))
    result.then(fill("x1", "0.4"))
    assert (result.state.status, result.state.reason, result.state.filled) == (
        S.CANCELLED,
        "CancelByUser",
        D("0.4"),
    )


@pytest.mark.parametrize(
    "ending", [GONE, OrderRejected("inferred"), OrderExpired("GTD"), OrderDenied("halted")]
)
def test_a_late_complete_fill_corrects_any_other_ending(ending: OrderEvent) -> None:
    result = given(PLACED, ending).when(filled("x1", "1"))
    result.then(fill("x1", "1"))
    assert result.state.status is S.FILLED


# -- cancels


def test_a_repeated_cancel_is_requested_once() -> None:
    given(PLACED, WORKS).when(CANCEL, CANCEL, CANCELLED, CANCEL).then(CANCEL_REQUESTED, GONE)


def test_a_partial_fill_stays_filled_when_the_rest_is_cancelled() -> None:
    result = given(PLACED, WORKS).when(filled("x1", "0.4"), CANCEL, CANCELLED)
    result.then(fill("x1", "0.4"), CANCEL_REQUESTED, GONE)
    assert (result.state.status, result.state.filled, result.state.fees) == (S.CANCELLED, D("0.4"), D("0.05"))


def test_a_fill_before_a_cancel_leaves_the_order_filled() -> None:
    """The exchange reports the fill, refuses the cancel of the filled order, and reports the execution again."""
    result = given(PLACED, WORKS).when(CANCEL, filled("x1", "1"), CANCEL_REFUSED, filled("x1", "1"))
    result.then(CANCEL_REQUESTED, fill("x1", "1"))
    assert (result.state.status, result.state.filled) == (S.FILLED, D(1))


def test_a_refused_cancel_restores_the_status() -> None:
    result = given(PLACED, WORKS).when(CANCEL, CANCEL_REFUSED, CANCEL_REFUSED)
    result.then(CANCEL_REQUESTED, OrderCancelRefused("EC_OrigClOrdIDDoesNotExist"))
    assert result.state.status is S.ACCEPTED


def test_a_refused_cancel_restores_the_status_of_a_partial_fill_in_between() -> None:
    result = given(PLACED, WORKS).when(CANCEL, filled("x1", "0.4"))
    assert result.state.status is S.CANCEL_REQUESTED
    result = given(PLACED, WORKS).when(CANCEL, filled("x1", "0.4"), CANCEL_REFUSED)
    assert result.state.status is S.PARTIALLY_FILLED


def test_a_refusal_of_a_cancel_that_was_not_requested_has_no_event() -> None:
    given(PLACED, WORKS).when(CANCEL_REFUSED).then_nothing()


# -- amendments


def test_an_accepted_amendment_changes_the_terms() -> None:
    result = given(PLACED, WORKS).when(amend("0.5"), amended("0.5"), amended("0.5"))
    result.then(LESS, OrderAmended(D("0.5"), D(100), None))
    assert (result.state.status, result.state.terms.quantity) == (S.ACCEPTED, D("0.5"))


def test_a_refused_amendment_restores_status_and_terms() -> None:
    result = given(PLACED, WORKS, fill("x1", "0.2")).when(amend("0.5"), AMEND_REFUSED, AMEND_REFUSED)
    result.then(LESS, OrderAmendRefused("too late to replace"))
    assert (result.state.status, result.state.terms.quantity) == (S.PARTIALLY_FILLED, D(1))


def test_an_amendment_accepted_after_a_cancel_request_keeps_the_cancel() -> None:
    result = given(PLACED, WORKS).when(amend("0.5"), CANCEL, amended("0.5"), CANCELLED)
    result.then(LESS, CANCEL_REQUESTED, OrderAmended(D("0.5"), D(100), None), GONE)


def test_an_amendment_below_the_filled_quantity_is_an_overfill() -> None:
    result = given(PLACED, WORKS).when(amend("0.5"), filled("x1", "0.7"), amended("0.5"))
    result.then(LESS, fill("x1", "0.7"), OrderAmended(D("0.5"), D(100), None), OrderOverfilled(D("0.2")))
    assert result.state.status is S.FILLED


def test_an_amendment_to_the_same_terms_has_no_event() -> None:
    given(PLACED, WORKS).when(amend("1", "100"), amend()).then_nothing()


@pytest.mark.parametrize(
    ("history", "words"),
    [
        ((GONE,), "is cancelled: nothing is left to amend"),
        ((WORKS, CANCEL_REQUESTED), "waits for the response to an earlier request"),
        ((SILENCE,), "waits for the response to an earlier request"),
        ((OrderTriggered(D(98)),), "is triggered: it cannot be amended any more"),
    ],
)
def test_an_amendment_of_an_ended_or_pending_order_is_refused(
    history: tuple[OrderEvent, ...], words: str
) -> None:
    given(PLACED, *history).when(amend("0.5")).then_error(Refused, words)


# -- an unknown outcome and its resolutions


def test_an_unclear_outcome_is_not_a_rejection() -> None:
    result = given(PLACED).when(UNCLEAR)
    result.then(SILENCE)
    assert result.state.status is S.OUTCOME_UNKNOWN


def test_an_acceptance_resolves_an_unknown_outcome() -> None:
    result = given(PLACED, SILENCE).when(ACCEPTED)
    result.then(WORKS)
    assert result.state.status is S.ACCEPTED


def test_a_fill_resolves_an_unknown_outcome() -> None:
    result = given(PLACED, SILENCE).when(filled("x1", "1"))
    result.then(fill("x1", "1"))
    assert result.state.status is S.FILLED


def test_a_rejection_resolves_an_unknown_outcome() -> None:
    result = given(PLACED, SILENCE).when(REJECTED)
    result.then(OrderRejected("110007"))
    assert result.state.status is S.REJECTED


def test_an_acceptance_resolves_the_unknown_outcome_of_a_cancel() -> None:
    result = given(PLACED, WORKS, fill("x1", "0.4"), CANCEL_REQUESTED, SILENCE).when(ACCEPTED)
    result.then(WORKS)
    assert result.state.status is S.PARTIALLY_FILLED


def test_a_refused_cancel_does_not_resolve_an_unknown_outcome() -> None:
    result = given(PLACED, SILENCE).when(CANCEL, CANCEL_REFUSED, CANCEL)
    result.then(CANCEL_REQUESTED, CANCEL_REQUESTED)
    assert result.state.status is S.OUTCOME_UNKNOWN


def test_reported_terms_resolve_an_unknown_outcome() -> None:
    result = given(PLACED, WORKS, SILENCE).when(amended("1"))
    result.then(OrderAmended(D(1), D(100), None))
    assert result.state.status is S.ACCEPTED


# -- overfills


def test_an_overfill_is_recorded_with_its_excess() -> None:
    result = given(PLACED, WORKS).when(filled("x1", "0.7"), filled("x2", "0.6"), filled("x3", "0.1"))
    result.then(
        fill("x1", "0.7"),
        fill("x2", "0.6"),
        OrderOverfilled(D("0.3")),
        fill("x3", "0.1"),
        OrderOverfilled(D("0.1")),
    )


def test_an_overfill_after_the_cancel_is_recorded() -> None:
    given(PLACED, fill("x1", "0.7"), GONE).when(filled("x2", "0.4")).then(
        fill("x2", "0.4"), OrderOverfilled(D("0.1"))
    )


# -- invalid figures and terms


@pytest.mark.parametrize("figure", ["0", "-1", "NaN", "sNaN", "Infinity"])
def test_an_execution_that_is_not_positive_and_finite_is_refused(figure: str) -> None:
    given(PLACED).when(filled("x1", figure)).then_error(
        InvalidInput,
        f"the quantity of execution x1 of order abc-e1 {figure} must be a positive, finite number",
    )
    given(PLACED).when(filled("x1", "1", figure)).then_error(
        InvalidInput, f"the price of execution x1 of order abc-e1 {figure} must be a positive, finite number"
    )


@pytest.mark.parametrize("figure", ["NaN", "Infinity"])
def test_an_execution_with_a_fee_that_is_not_finite_is_refused(figure: str) -> None:
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
        "terms for ETHUSDT-LINEAR.BYBIT were checked against the rules of BTCUSDT-LINEAR.BYBIT",
    ),
]


@pytest.mark.parametrize(("changed", "words"), TERMS)
def test_terms_that_the_instrument_does_not_allow_are_refused(changed: dict[str, object], words: str) -> None:
    terms: OrderPlaced = replace(PLACED, **changed)
    given().when(PlaceOrder(ORDER, terms, RULES)).then_error(InvalidInput, words)


def test_an_amendment_is_checked_like_a_new_order() -> None:
    given(PLACED, WORKS).when(amend("0.0005")).then_error(InvalidInput, "quantity 0.0005 has more digits")
    given(PLACED, WORKS).when(amend(None, "100.05")).then_error(
        InvalidInput, "the limit price of a LIMIT order"
    )
    trigger = AmendOrder(order_id=ORDER, quantity=None, limit_price=None, trigger_price=D(98), rules=RULES)
    given(PLACED, WORKS).when(trigger).then_error(InvalidInput, "it has none")


def test_terms_on_their_ticks_are_accepted() -> None:
    check_terms(PLACED, RULES)
    check_terms(replace(PLACED, type=OrderType.STOP, limit_price=None, trigger_price=D("98.1")), RULES)
    check_terms(replace(PLACED, type=OrderType.MARKET, limit_price=None), RULES)
    assert PLACED.instrument == BTC
